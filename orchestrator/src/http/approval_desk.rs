//! What people do about an approval besides deciding it: look at it, take it, hand it on, put it off, take a
//! decision back, and see what was decided about others like it.

use std::time::Duration;

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ApprovalId, Timestamp, UserId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    queue::Delegation,
    standing::Standing,
    tending::{Claim, MAX_NOTE, Tending},
    user::{Role, User},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;
use tracing::warn;

use super::{
    Http,
    approvals::{ApprovalPath, TicketBrief, the_one},
    auth::{Staff, may},
    exercises,
    input::{Json, NoContent, Path},
    people::let_in,
    problem::{Kind, Problem},
};
use crate::{
    inbox::{CLAIM, precedents},
    live::LiveBody,
};

/// Earlier decisions that are looked at for those that are alike.
const LOOKED_AT: i64 = 200;
/// And how many of them are shown.
const SHOWN: usize = 5;
/// The longest that somebody may be away, and that an approval may be put off.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/approvals/desk", get_with(desk, desk_docs))
        .api_route("/v1/approvals/claims", get_with(claims, claims_docs))
        .api_route(
            "/v1/approvals/delegation",
            put_with(delegate, delegate_docs).delete_with(come_back, come_back_docs),
        )
        .api_route(
            "/v1/approvals/{id}/claim",
            post_with(claim, claim_docs).delete_with(release, release_docs),
        )
        .api_route("/v1/approvals/{id}/assign", post_with(assign, assign_docs))
        .api_route("/v1/approvals/{id}/snooze", post_with(snooze, snooze_docs))
        .api_route("/v1/approvals/{id}/undo", post_with(undo, undo_docs))
        .api_route("/v1/approvals/{id}/similar", get_with(similar, similar_docs))
}

/// What the page of approvals needs to know of the workspace.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDesk {
    /// Seconds in which a decision can be taken back before anything comes of it; 0 for none.
    pub undo_seconds: u64,
    /// Offered to whoever rejects; other words can be given.
    pub reject_reasons: Vec<String>,
    /// Colleagues who are let in. To whom one approval can be handed is its `eligible`.
    pub people: Vec<Colleague>,
    /// Who sees to whose approvals now.
    pub delegations: Vec<Delegation>,
}

/// Enough of a colleague to hand something to them.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    /// Roles whose approvals they may decide.
    pub answers_for: Vec<Role>,
}

fn desk_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getApprovalDesk").tag("approvals").summary("See how approvals are worked on").description(
        "Colleagues, delegations, reasons to choose from, and how long a decision can be taken back.",
    )
}

async fn desk(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
) -> Result<Json<ApprovalDesk>, Problem> {
    let store = staff.store(&http);
    let settings = &http.app.config.approvals;
    let colleague = |(user, standing): (User, Standing)| Colleague {
        id: user.id,
        name: user.name,
        role: user.role,
        answers_for: standing.answers_for,
    };
    let people = store.standings().await?.into_iter().map(colleague).collect();
    Ok(Json(ApprovalDesk {
        undo_seconds: settings.undo_seconds,
        reject_reasons: settings.reject_reasons.clone(),
        people,
        delegations: store.approval_delegations(http.app.clock.now()).await?,
    }))
}

/// Who looks at what.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClaimList {
    pub items: Vec<Claim>,
}

fn claims_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listApprovalClaims").tag("approvals").summary("See who looks at which approval").description(
        "Claims end by themselves two minutes after their last sign of life. They keep nobody from deciding.",
    )
}

async fn claims(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
) -> Result<Json<ClaimList>, Problem> {
    let mut items = staff.store(&http).approval_claims(http.app.clock.now()).await?;
    items.extend(exercises::own_claim(&http, &staff).await?);
    Ok(Json(ClaimList { items }))
}

fn claim_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("claimApproval").tag("approvals").summary("Say that you look at it").description(
        "For two minutes, and for two more each time it is said again. The answer names who looks at it, which is \
         somebody else when they were first. It keeps nobody from deciding: the first decision is taken. Takes a \
         person.",
    )
}

async fn claim(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
) -> Result<Json<Claim>, Problem> {
    let user = staff.person()?;
    let store = staff.store(&http);
    if let Some(exercise) = staff.open_exercise(&http, path.id).await? {
        return exercises::claim(&http, &staff, &exercise, true).await.map(Json);
    }
    let approval = pending(&store, path.id).await?;
    let now = http.app.clock.now();
    let held = store.claim_approval(approval.id, user.id, now, now.plus(CLAIM)).await?;
    http.app.live.send(staff.workspace, LiveBody::Claims);
    held.map(Json).ok_or_else(|| Problem::internal(&"a claim was written and is not there"))
}

fn release_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("releaseApproval")
        .tag("approvals")
        .summary("Say that you look at it no more")
        .description("Somebody else's claim stays. Takes a person.")
}

async fn release(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
) -> Result<NoContent, Problem> {
    let user = staff.person()?;
    let store = staff.store(&http);
    if let Some(exercise) = staff.exercise(&http, path.id).await? {
        exercises::claim(&http, &staff, &exercise, false).await?;
        return Ok(NoContent);
    }
    existing(&store, path.id).await?;
    if store.release_approval(path.id, user.id).await? {
        http.app.live.send(staff.workspace, LiveBody::Claims);
    }
    Ok(NoContent)
}

/// Whose it is from now on.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// Null: anybody's.
    pub to: Option<UserId>,
    /// For them to read; on the ticket's timeline.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub note: String,
}

fn assign_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("assignApproval").tag("approvals").summary("Assign or hand over").description(
        "To a person who may decide on it, or to nobody. It gives no right: others who may can still decide. 422 \
         when the person may not decide on it. Takes a person.",
    )
}

async fn assign(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
    Json(form): Json<Assign>,
) -> Result<Json<Approval>, Problem> {
    let by = staff.person()?.id;
    let note = form.note.trim().to_owned();
    if note.chars().count() > MAX_NOTE {
        return Err(Problem::invalid(format!("note has more than {MAX_NOTE} characters")));
    }
    let store = staff.store(&http);
    let exercise = staff.open_exercise(&http, path.id).await?;
    let approval = match &exercise {
        Some(exercise) => exercise.shown.clone(),
        None => pending(&store, path.id).await?,
    };
    let to = match form.to {
        None => None,
        Some(id) => {
            let to = let_in(&store, id).await?;
            if let Err(why) = approval.asks(&store.standing(&to).await?, http.app.clock.now()) {
                return Err(Problem::invalid(format!("{} cannot decide on this: {why}", to.name)));
            }
            if approval.requesters.contains(&to.id) {
                return Err(Problem::invalid(format!(
                    "{} asked for this: another person has to decide",
                    to.name
                )));
            }
            Some((to.id, to.name))
        }
    };
    let tending = Tending::Assign { to, note };
    if let Some(exercise) = exercise {
        return exercises::tend(&http, &staff, exercise, &tending).await.map(Json);
    }
    the_one(http.app.intake.tend(staff.workspace, path.id, tending, by).await?, path.id).map(Json)
}

/// When it comes up again.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// Null: at once.
    pub until: Option<Timestamp>,
}

fn snooze_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("snoozeApproval").tag("approvals").summary("Put off").description(
        "Out of the queue until the time, for everybody. It is back earlier when its deadline nears (half an hour, or \
         a quarter of its time), and when the customer writes, which brings the agent to propose anew. 409 when the \
         deadline is near. Takes a person.",
    )
}

async fn snooze(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
    Json(form): Json<Snooze>,
) -> Result<Json<Approval>, Problem> {
    let by = staff.person()?.id;
    let tending = Tending::Snooze { until: form.until };
    if let Some(exercise) = staff.open_exercise(&http, path.id).await? {
        return exercises::tend(&http, &staff, exercise, &tending).await.map(Json);
    }
    existing(&staff.store(&http), path.id).await?;
    the_one(http.app.intake.tend(staff.workspace, path.id, tending, by).await?, path.id).map(Json)
}

fn undo_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("undoApprovalDecision").tag("approvals").summary("Take a decision back").description(
        "One's own, while `undo_until` of the approval lies ahead: nothing has come of it, and it is open again. A \
         vote of several that are needed can be taken back until the last one is cast. 409 when it is too late. \
         Takes a person.",
    )
}

async fn undo(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
) -> Result<Json<Approval>, Problem> {
    let by = staff.person()?.id;
    if staff.exercise(&http, path.id).await?.is_some() {
        return Err(Problem::new(Kind::Conflict, "there is nothing to take back: nothing came of it"));
    }
    let open = the_one(http.app.intake.take_back(staff.workspace, path.id, by).await?, path.id)?;
    // It was taken back, whatever becomes of this; deciding again writes over it.
    if let Err(error) = staff.store(&http).forget_attention(path.id, by).await {
        warn!(%error, approval = %path.id, "how long a decision took that was taken back is still kept");
    }
    Ok(Json(open))
}

/// Who sees to one's approvals, and how long.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegate {
    pub to: UserId,
    /// Within 90 days.
    pub until: Timestamp,
}

fn delegate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("delegateApprovals").tag("approvals").summary("Name who sees to your approvals").description(
        "While you are away, what is assigned to you is also listed as theirs (`assignee=me`). It gives them no right \
         to decide that they do not have. Takes a person.",
    )
}

async fn delegate(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Json(form): Json<Delegate>,
) -> Result<Json<ApprovalDelegations>, Problem> {
    let user = staff.person()?;
    let now = http.app.clock.now();
    let store = staff.store(&http);
    if form.to == user.id {
        return Err(Problem::invalid("name a colleague: nobody stands in for themselves"));
    }
    let_in(&store, form.to).await?;
    if form.until <= now || form.until > now.plus(LONGEST) {
        return Err(Problem::invalid("until lies ahead, within 90 days"));
    }
    let who = (user.id, user.name.clone());
    store.delegate_approvals(who, Some((form.to, form.until)), now).await?;
    Ok(Json(ApprovalDelegations { items: store.approval_delegations(now).await? }))
}

/// Who sees to whose approvals now.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDelegations {
    pub items: Vec<Delegation>,
}

fn come_back_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("endApprovalDelegation")
        .tag("approvals")
        .summary("See to your approvals yourself again")
        .description("Ends the delegation, if there is one. Takes a person.")
}

async fn come_back(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
) -> Result<NoContent, Problem> {
    let user = staff.person()?;
    let who = (user.id, user.name.clone());
    staff.store(&http).delegate_approvals(who, None, http.app.clock.now()).await?;
    Ok(NoContent)
}

/// What was decided about calls like this one.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SimilarList {
    /// The most alike first; at most five.
    pub items: Vec<SimilarDecision>,
}

/// An earlier decision about a call of the same tool.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SimilarDecision {
    pub approval_id: ApprovalId,
    pub title: String,
    pub status: ApprovalStatus,
    /// What was said with it; empty for an approval.
    pub words: String,
    /// Who decided, by name; empty when they are here no more.
    pub by: String,
    pub decided_at: Option<Timestamp>,
    pub ticket: Option<TicketBrief>,
    /// 0 to 1.
    pub likeness: f32,
}

fn similar_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("similarDecisions").tag("approvals").summary("See what was decided before").description(
        "Up to five of the last 200 decisions about the same tool that are most like this proposal: by their words, \
         amounts, what the customer wants, and the agent.",
    )
}

async fn similar(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
    Path(path): Path<ApprovalPath>,
) -> Result<Json<SimilarList>, Problem> {
    let store = staff.store(&http);
    let exercise = staff.exercise(&http, path.id).await?.map(|exercise| exercise.shown);
    let approval = match &exercise {
        Some(shown) => shown.clone(),
        None => existing(&store, path.id).await?,
    };
    let mut earlier = store.decided_about(&approval.binding.call.tool, LOOKED_AT).await?;
    // What was decided about the ticket itself lies ahead of it.
    earlier.retain(|each| exercise.is_none() || each.ticket_id != approval.ticket_id);
    let found = precedents(&approval, earlier, SHOWN);
    if found.is_empty() {
        return Ok(Json(SimilarList { items: Vec::new() }));
    }
    let about: Vec<_> = found.iter().filter_map(|(approval, _)| approval.ticket_id).collect();
    let tickets = store.tickets_by_id(&about).await?;
    let people = store.users().await?;
    let mut items = Vec::with_capacity(found.len());
    for (earlier, likeness) in found {
        let last = store.decisions(earlier.id).await?.into_iter().next_back();
        let (by, words) = last.map(|decision| (decision.user_id, said(decision.kind))).unzip();
        let name = people.iter().find(|user| Some(user.id) == by).map(|user| user.name.clone());
        let ticket = tickets.iter().find(|ticket| Some(ticket.id) == earlier.ticket_id);
        items.push(SimilarDecision {
            approval_id: earlier.id,
            title: earlier.preview.title,
            status: earlier.status,
            words: words.unwrap_or_default(),
            by: name.unwrap_or_default(),
            decided_at: earlier.decided_at,
            ticket: ticket.cloned().map(TicketBrief::from),
            likeness,
        });
    }
    Ok(Json(SimilarList { items }))
}

fn said(kind: DecisionKind) -> String {
    match kind {
        DecisionKind::Approve | DecisionKind::Edit { .. } => String::new(),
        DecisionKind::Reject { reason } | DecisionKind::Escalate { reason } => reason,
        DecisionKind::Respond { message } => message,
    }
}

async fn existing(store: &WorkspaceStore, id: ApprovalId) -> Result<Approval, Problem> {
    store.approval(id).await?.ok_or_else(|| Problem::not_found("the approval"))
}

async fn pending(store: &WorkspaceStore, id: ApprovalId) -> Result<Approval, Problem> {
    let approval = existing(store, id).await?;
    if approval.status != ApprovalStatus::Pending {
        let status = approval.status.as_str();
        return Err(Problem::new(Kind::Conflict, format!("this approval is already {status}")));
    }
    Ok(approval)
}
