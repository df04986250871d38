//! What of all that waits for them somebody has mailed.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::approval_mail::Mailed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    problem::Problem,
};
use crate::channels::{approval_mail::takes_second_factor, letters};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/approvals/mail", get_with(show, show_docs).put_with(set, set_docs))
}

/// What one is mailed, here.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MailedView {
    /// Null: nothing.
    pub mailed: Option<Mailed>,
    /// Whether this service sends mail at all.
    pub possible: bool,
    /// Whether mails hold a link to decide with; otherwise they lead to the console.
    pub by_link: bool,
    /// Seconds in which nobody looked at it before it is mailed.
    pub after_seconds: u64,
    /// Mails an hour; what is beyond comes in one list.
    pub at_most_an_hour: u32,
    /// What `pressing` means: so many cents at stake, or so many minutes to the deadline.
    pub pressing_cents: i64,
    pub pressing_minutes: u64,
}

async fn seen(http: &Http, staff: &Staff<may::DecideApprovals>) -> Result<MailedView, Problem> {
    let user = staff.person()?;
    let config = &http.app.config.approvals.mail;
    Ok(MailedView {
        mailed: staff.store(http).mailed(user.id).await?,
        possible: letters::possible(&http.app.config.email),
        by_link: config.links && !takes_second_factor(&http.app, user).await?,
        after_seconds: config.after_seconds,
        at_most_an_hour: config.at_most_an_hour,
        pressing_cents: config.pressing_cents,
        pressing_minutes: config.pressing_minutes,
    })
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getApprovalMail")
        .tag("approvals")
        .summary("See what one is mailed")
        .description("Of approvals that wait for the signed-in person. Takes a person.")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
) -> Result<Json<MailedView>, Problem> {
    seen(&http, &staff).await.map(Json)
}

/// What one wants to be mailed.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMailed {
    /// Null: nothing, and links in mails that were sent open nothing any more.
    pub mailed: Option<Mailed>,
}

fn set_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("setApprovalMail").tag("approvals").summary("Choose what one is mailed").description(
        "Everything that waits for the signed-in person, with their teams, or only what has much at stake or a near \
         deadline. One mail for each approval, if nobody looked at it meanwhile. Takes a person.",
    )
}

async fn set(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Json(form): Json<SetMailed>,
) -> Result<Json<MailedView>, Problem> {
    let user = staff.person()?;
    staff.store(&http).set_mailed(user.id, form.mailed).await?;
    seen(&http, &staff).await.map(Json)
}
