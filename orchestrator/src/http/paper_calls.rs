//! Calls on paper of a ticket: what an agent would have done at the lowest rung of the ladder, beside what a person did.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    PaperId, RunId, TicketId, Timestamp,
    paper::{self, Comparison, PaperCall},
    ticket::Message,
    tool::{Preview, Risk},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use similar::TextDiff;
use store::WorkspaceStore;

use super::{
    Http,
    approvals::{FieldFinding, findings_in},
    auth::{Staff, may},
    body_html,
    input::{Json, Path},
    problem::Problem,
    sight::Sight,
    tickets::TicketPath,
};

/// Words of a reply that are compared.
const MOST_WORDS: usize = 2_000;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets/{id}/paper-calls", get_with(list, list_docs))
        .api_route("/v1/tickets/{id}/paper-calls/{paper_id}/comparison", put_with(compare, compare_docs))
}

/// The call on paper in the path.
#[derive(Deserialize, JsonSchema)]
pub struct PaperCallPath {
    /// The ticket.
    pub id: TicketId,
    /// The call.
    pub paper_id: PaperId,
}

/// A ticket's calls on paper.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaperCallList {
    /// Oldest first; of very many the newest 100.
    pub items: Vec<PaperCallView>,
}

/// A call that was written down and not done, beside what a person did.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaperCallView {
    pub id: PaperId,
    pub run_id: RunId,
    pub agent: String,
    pub tool: String,
    pub risk: Risk,
    /// What would have happened, as a reviewer sees it.
    pub preview: Preview,
    /// `preview.body` as HTML, like a message's, when it is a message that the desk would have written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// Where personal data is in `/preview`, for those who see it.
    pub findings: Vec<FieldFinding>,
    /// In thousandths.
    pub confidence: i64,
    pub at: Timestamp,
    /// Of a reply: what a person wrote to the customer next. Null as long as nobody has.
    pub reply: Option<ReplyBeside>,
    /// Null as long as nobody compared it.
    pub comparison: Option<Comparison>,
}

/// What a person wrote, beside what the agent would have written.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplyBeside {
    pub message: Message,
    /// How alike the words are, 0 to 1: twice those in common, in order, of all in both. Blanks, capitals, the marks of
    /// sources and the greeting count for nothing.
    pub likeness: f64,
}

/// Whether a person did the same.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareCall {
    pub same: bool,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listPaperCalls").tag("tickets").summary("List a ticket's calls on paper").description(
        "What agents would have done where the ladder of autonomy has them on paper alone (`shadow`): written down, not \
         done, and compared with what a person did. A person's reply with the same words is the same by itself; \
         one with other words counts as something else until somebody says that it came to the same.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<TicketPath>,
) -> Result<Json<PaperCallList>, Problem> {
    let store = staff.store(&http);
    store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let calls = store.paper_calls(path.id).await?;
    Ok(Json(PaperCallList { items: views(&http, &staff, &store, calls).await? }))
}

fn compare_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("comparePaperCall").tag("tickets").summary("Say whether a person did the same").description(
        "As evidence for the rungs of the ladder: the same speaks for the agent, something else against it. A later word \
         replaces the one before, until the ticket is closed (409). It stands in the ticket's timeline and in the audit. \
         Takes a person.",
    )
}

async fn compare(
    State(http): State<Http>,
    staff: Staff<may::EditTickets>,
    Path(path): Path<PaperCallPath>,
    Json(form): Json<CompareCall>,
) -> Result<Json<PaperCallView>, Problem> {
    staff.person()?;
    let store = staff.store(&http);
    let ticket = store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let missing = || Problem::not_found("the call on paper");
    let call = store.paper_call(ticket.id, path.paper_id).await?.ok_or_else(missing)?;
    // The word of a person stands when the service has said the same.
    let by = staff.actor();
    let said = call.comparison.as_ref().is_some_and(|it| it.same == form.same && it.by == by);
    if !said {
        http.app.intake.compare(staff.workspace, &call, by, form.same).await?;
    }
    let call = store.paper_call(ticket.id, path.paper_id).await?.ok_or_else(missing)?;
    let view = views(&http, &staff, &store, vec![call]).await?.pop().ok_or_else(missing)?;
    Ok(Json(view))
}

async fn views<P>(
    http: &Http,
    staff: &Staff<P>,
    store: &WorkspaceStore,
    calls: Vec<PaperCall>,
) -> Result<Vec<PaperCallView>, Problem> {
    let replies = calls.iter().filter(|call| call.reply().is_some());
    let since = replies.map(|call| (call.ticket_id, call.version)).min_by_key(|(_, version)| *version);
    let written = match since {
        Some((ticket, version)) => store.messages_with_versions(ticket, Some(version)).await?,
        None => Vec::new(),
    };
    calls.into_iter().map(|call| view(http, staff, call, &written)).collect()
}

fn view<P>(
    http: &Http,
    staff: &Staff<P>,
    call: PaperCall,
    written: &[(i64, Message)],
) -> Result<PaperCallView, Problem> {
    let whole = staff.sight == Sight::Whole;
    let next = |(version, message): &&(i64, Message)| *version > call.version && paper::answers(message);
    let reply = call.reply().and_then(|reply| {
        let (_, message) = written.iter().find(next)?;
        let mut message = message.clone();
        let likeness = likeness(reply, &message.body);
        body_html::show(&mut message);
        if whole {
            http.app.personal.mark(staff.workspace, &mut message);
        }
        Some(ReplyBeside { message, likeness })
    });
    let preview = match http.app.catalog.get(&call.call.tool) {
        Some(tool) => tool.preview(&call.call.args),
        None => Preview { title: call.call.tool.clone(), ..Preview::default() },
    };
    let body_html = http.preview_html(&call.call.tool, &preview, None);
    // For those who see masks, the texts hold them already when they arrive.
    let findings = match whole {
        true => findings_in(http, staff.workspace, &json!({ "preview": preview })),
        false => Vec::new(),
    };
    Ok(PaperCallView {
        id: call.id,
        run_id: call.run_id,
        agent: call.agent,
        tool: call.call.tool,
        risk: call.risk,
        preview,
        body_html,
        findings,
        confidence: call.confidence,
        at: call.at,
        reply,
        comparison: call.comparison,
    })
}

fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (paper::plain(one), paper::plain(other));
    let (one, other): (Vec<&str>, Vec<&str>) =
        (one.split(' ').take(MOST_WORDS).collect(), other.split(' ').take(MOST_WORDS).collect());
    f64::from(TextDiff::from_slices(&one, &other).ratio())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_goes_from_nothing_in_common_to_the_same() {
        let like = |one: &str, other: &str| (likeness(one, other) * 100.0).round();
        assert_eq!(like("Hello Anna, it takes 30 days.", "It takes 30 days. "), 100.0);
        assert_eq!(like("it takes 30 days", "it takes 60 days"), 75.0);
        assert_eq!(like("yes", "we are sorry"), 0.0);
    }
}
