//! Personal data of one thing as it is, for a person who says why. It is written down before it is given.

use std::time::Duration;

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    MessageId, TicketId, UserId, approval::Approval, audit::AuditAction, rate::RateLimit, ticket::Message,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Http,
    approvals::ApprovalPath,
    auth::{Staff, may},
    body_html,
    input::{Json, Path, text},
    limits,
    problem::Problem,
    sight::Unmasked,
    tickets::{TicketPath, TicketView},
};

const LEAST_REASON: usize = 5;
const MAX_REASON: usize = 500;
/// Things that one person may have unmasked a minute, by all processes together: enough to work, too few to copy
/// a desk.
const A_MINUTE: u32 = 20;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets/{id}/unmask", post_with(ticket, ticket_docs))
        .api_route("/v1/tickets/{id}/messages/{message_id}/unmask", post_with(message, message_docs))
        .api_route("/v1/approvals/{id}/unmask", post_with(approval, approval_docs))
}

/// Why somebody has to see it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unmask {
    /// Written into the audit. What looks like personal data in it is masked there.
    #[schemars(length(min = 5, max = 500), example = "The customer asked to be called back")]
    pub reason: String,
}

/// The message in the path.
#[derive(Deserialize, JsonSchema)]
pub struct MessagePath {
    /// The ticket.
    pub id: TicketId,
    /// A message of it.
    pub message_id: MessageId,
}

/// Somebody who may, and why: asked before anything is read.
struct Asked {
    staff: Staff<may::Unmask>,
    reason: String,
}

impl Asked {
    async fn by(http: &Http, staff: Staff<may::Unmask>, form: &Unmask) -> Result<Self, Problem> {
        let user = staff.person()?;
        let reason = text("reason", &form.reason, MAX_REASON)?;
        if reason.chars().count() < LEAST_REASON {
            return Err(Problem::invalid(format!(
                "reason has fewer than {LEAST_REASON} characters; say what for"
            )));
        }
        one_more(http, user.id).await?;
        // Nobody copies a value into the audit by naming it.
        let reason = http.app.personal.of(staff.workspace).text(&reason);
        Ok(Self { staff, reason })
    }

    async fn given<T>(
        self,
        http: &Http,
        (what, id): (&str, String),
        mut detail: Value,
        value: T,
    ) -> Result<Unmasked<T>, Problem> {
        detail["what"] = what.into();
        detail["reason"] = self.reason.as_str().into();
        let deed = self.staff.deed(http, AuditAction::PersonalDataUnmasked, id, detail);
        Unmasked::after(&self.staff.store(http), deed, value).await
    }
}

/// One more thing that this person has unmasked.
async fn one_more(http: &Http, user: UserId) -> Result<(), Problem> {
    // One of a burst is kept for leases that are used late.
    let limit = RateLimit::new(A_MINUTE, Duration::from_secs(60), Some(A_MINUTE + 1))
        .map_err(|why| Problem::internal(&why))?;
    match http.app.store.lease_permits(format!("unmask:{user}"), limit, 1).await? {
        Ok(_) => Ok(()),
        Err(until) => Err(limits::too_many(until.since(http.app.clock.now()))),
    }
}

const TELLS: &str = "Takes the permission `unmask`, a person and a reason. Who, what, when and why are in the audit before \
                     the text is given; what was read is not. At most 20 a minute.";

fn ticket_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("unmaskTicket").tag("personal data").summary("Unmask a ticket").description(&format!(
        "Subject, fields, customer and contact as they are; messages are unmasked one by one. {TELLS}"
    ))
}

async fn ticket(
    State(http): State<Http>,
    staff: Staff<may::Unmask>,
    Path(path): Path<TicketPath>,
    Json(form): Json<Unmask>,
) -> Result<Unmasked<TicketView>, Problem> {
    let asked = Asked::by(&http, staff, &form).await?;
    let store = asked.staff.store(&http);
    let ticket = store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let number = ticket.number;
    let view = TicketView::of(&store, ticket).await?;
    asked.given(&http, ("ticket", path.id.to_string()), json!({ "ticket": number }), view).await
}

fn message_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("unmaskMessage").tag("personal data").summary("Unmask a message").description(TELLS)
}

async fn message(
    State(http): State<Http>,
    staff: Staff<may::Unmask>,
    Path(path): Path<MessagePath>,
    Json(form): Json<Unmask>,
) -> Result<Unmasked<Message>, Problem> {
    let asked = Asked::by(&http, staff, &form).await?;
    let store = asked.staff.store(&http);
    let found = store.message(path.message_id).await?.filter(|(ticket, _)| *ticket == path.id);
    let (ticket_id, mut message) = found.ok_or_else(|| Problem::not_found("the message"))?;
    body_html::show(&mut message);
    http.app.personal.mark(asked.staff.workspace, &mut message);
    let detail = json!({ "ticket_id": ticket_id });
    asked.given(&http, ("message", path.message_id.to_string()), detail, message).await
}

fn approval_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("unmaskApproval").tag("personal data").summary("Unmask an approval").description(TELLS)
}

async fn approval(
    State(http): State<Http>,
    staff: Staff<may::Unmask>,
    Path(path): Path<ApprovalPath>,
    Json(form): Json<Unmask>,
) -> Result<Unmasked<Approval>, Problem> {
    let asked = Asked::by(&http, staff, &form).await?;
    let store = asked.staff.store(&http);
    let approval = match store.approval(path.id).await? {
        Some(approval) => approval,
        None => {
            let exercise = asked.staff.exercise(&http, path.id).await?;
            exercise.ok_or_else(|| Problem::not_found("the approval"))?.shown
        }
    };
    let detail = json!({ "ticket_id": approval.ticket_id, "tool": approval.binding.call.tool });
    asked.given(&http, ("approval", path.id.to_string()), detail, approval).await
}
