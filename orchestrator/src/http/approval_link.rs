//! One approval by the link in a mail: looked at and decided by whoever holds the link, as the person it was mailed
//! to, and with that person's rights as they are at that moment.
//!
//! The secret comes as a bearer token, never in an address: nothing that follows links, or fetches them to see
//! whether they are harmless, gets as far as this. Only a POST decides.

use aide::{
    OperationInput,
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use domain::{
    Timestamp, WorkspaceId,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    approval_mail::ApprovalMail,
    canonical::Digest,
    permission::Permission,
    standing::Standing,
    user::User,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;

use super::{
    Http,
    approvals::{ApprovalView, checked, view},
    auth::bearer,
    caller::Arrival,
    input::Json,
    observe,
    problem::{Kind, Problem, described},
    sight::{Seen, Sight},
};
use crate::{
    channels::approval_mail::takes_second_factor,
    intake::Manner,
    sign_in::{APPROVAL_LINK_PREFIX, digest, workspace_of},
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/approval-link", get_with(show, show_docs))
        .api_route("/v1/approval-link/decision", post_with(decide, decide_docs))
        .api_route("/v1/approval-link/undo", post_with(undo, undo_docs))
}

/// Whoever holds a link, as the person it was mailed to.
pub struct Holder {
    workspace: WorkspaceId,
    user: User,
    standing: Standing,
    sight: Sight,
    mail: ApprovalMail,
}

fn not_in_force() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "this link opens nothing: it is not whole, or it was ended because mails were switched off or a password was \
         changed. Open it from the mail once more, or sign in to the console",
    )
}

impl Holder {
    async fn of(token: &str, http: &Http) -> Result<Self, Problem> {
        let workspace = workspace_of(APPROVAL_LINK_PREFIX, token).ok_or_else(not_in_force)?;
        let store = http.app.store.workspace(workspace);
        let mail = store.mail_of_link(&digest(token)).await?.ok_or_else(not_in_force)?;
        // As they are now, and not as they were a moment ago.
        let user = store.user(mail.user_id).await?.filter(|user| user.deactivated_at.is_none());
        let user = user.ok_or_else(|| {
            Problem::forbidden("you are not let in here any more, so your link opens nothing: ask an admin")
        })?;
        let permissions = store.permissions_of(&user.role).await?;
        if !permissions.contains(Permission::DecideApprovals) {
            return Err(Problem::forbidden(format!(
                "your role, {}, does not decide on approvals any more: ask an admin",
                user.role.as_str()
            )));
        }
        let whole = permissions.contains(Permission::SeePersonalData);
        Ok(Self {
            workspace,
            standing: store.standing(&user).await?,
            sight: if whole { Sight::Whole } else { Sight::Masked },
            user,
            mail,
        })
    }

    fn store(&self, http: &Http) -> WorkspaceStore {
        http.app.store.workspace(self.workspace)
    }
}

impl FromRequestParts<Http> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let arrival = Arrival::from_request_parts(parts, http).await?;
        let known = match bearer(&parts.headers) {
            Some(token) => Self::of(token, http).await,
            None => Err(not_in_force()),
        };
        let holder = match known {
            Ok(holder) => holder,
            Err(problem) => {
                http.limits.arrival(arrival.from.0)?;
                return Err(problem);
            }
        };
        http.limits.link(holder.user.id)?;
        observe::is_of(holder.workspace);
        let seen = parts.extensions.get::<Seen>();
        seen.ok_or_else(|| Problem::internal(&"a route is outside of the layer that masks"))?
            .tell(holder.workspace, holder.sight);
        Ok(holder)
    }
}

impl OperationInput for Holder {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push([("approval_link".to_owned(), Vec::new())].into_iter().collect());
    }

    fn inferred_early_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![
            (Some(ApiStatus::Code(401)), described(ctx, "The link opens nothing")),
            (Some(ApiStatus::Code(403)), described(ctx, "Its person may not decide any more")),
            (
                Some(ApiStatus::Code(429)),
                described(ctx, "Too many requests; Retry-After says when to come back"),
            ),
        ]
    }
}

/// What a link leads to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct LinkedApproval {
    /// Whom it was mailed to.
    pub person: String,
    pub workspace: String,
    pub state: LinkState,
    /// What that means and what to do, in words; empty while it can be decided.
    pub detail: String,
    /// What was proposed, in one line.
    pub title: String,
    /// The last decision; null while there is none.
    pub decision: Option<LinkedDecision>,
    /// Everything to decide by; null when there is nothing to decide by this link.
    pub view: Option<ApprovalView>,
    /// Offered to whoever rejects.
    pub reject_reasons: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It can be decided.
    Open,
    /// Somebody has decided, or its own person has and others have to.
    Decided,
    /// Nobody did in time.
    Expired,
    /// The customer wrote again, or the run is over.
    Superseded,
    /// What is proposed is not what was mailed.
    Changed,
    /// Its person is not among those who are asked now.
    NotAsked,
    /// It takes more than a link: the console.
    Console,
}

/// Who decided, what and when.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct LinkedDecision {
    pub by: String,
    /// Whether it was the link's person.
    pub by_you: bool,
    /// `approve`, `edit`, `reject`, `respond` or `escalate`.
    pub kind: String,
    pub at: Timestamp,
    /// Until when the link's person can take it back; null when they cannot.
    pub undo_until: Option<Timestamp>,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getLinkedApproval").tag("approvals").summary("Look at the approval of a link").description(
        "What a mail's link is about, for the person it was mailed to, as they may see it now. Changes nothing. Once \
         it is decided, only who did and what is told.",
    )
}

async fn show(State(http): State<Http>, holder: Holder) -> Result<Json<LinkedApproval>, Problem> {
    linked(&http, &holder).await.map(Json)
}

async fn linked(http: &Http, holder: &Holder) -> Result<LinkedApproval, Problem> {
    let store = holder.store(http);
    let view = view(http, (holder.workspace, holder.mail.approval_id), holder.sight, Some(&holder.standing));
    let view = view.await?;
    let customer_version = view.ticket.as_ref().map(|ticket| ticket.customer_version);
    let (state, detail) = stands(http, holder, &view, customer_version).await?;
    let last = view.decisions.iter().max_by_key(|decision| decision.at);
    let decision = match last {
        Some(last) => Some(told(&store, holder, &view.approval, last).await?),
        None => None,
    };
    Ok(LinkedApproval {
        person: holder.user.name.clone(),
        workspace: store.workspace().await?.map(|workspace| workspace.name).unwrap_or_default(),
        state,
        detail,
        title: view.approval.preview.title.clone(),
        decision,
        view: (state == LinkState::Open).then_some(view),
        reject_reasons: http.app.config.approvals.reject_reasons.clone(),
    })
}

async fn told(
    store: &WorkspaceStore,
    holder: &Holder,
    approval: &Approval,
    decision: &Decision,
) -> Result<LinkedDecision, Problem> {
    let by_you = decision.user_id == holder.user.id;
    let by = store.user(decision.user_id).await?;
    Ok(LinkedDecision {
        by: by.map_or_else(|| "somebody who is here no more".to_owned(), |user| user.name),
        by_you,
        kind: decision.kind.as_str().to_owned(),
        at: decision.at,
        undo_until: approval.undo_until.filter(|_| by_you),
    })
}

/// Whether there is something to decide by this link, and if not, why.
async fn stands(
    http: &Http,
    holder: &Holder,
    view: &ApprovalView,
    customer_version: Option<i64>,
) -> Result<(LinkState, String), Problem> {
    let say = |state, detail: &str| Ok((state, detail.to_owned()));
    let approval = &view.approval;
    let now = http.app.clock.now();
    let mine = view.decisions.iter().any(|decision| decision.user_id == holder.user.id);
    match approval.status {
        ApprovalStatus::Pending => {}
        ApprovalStatus::Expired => {
            return say(LinkState::Expired, "Nobody decided in time. The agent was told and may ask again.");
        }
        ApprovalStatus::Superseded => {
            return say(
                LinkState::Superseded,
                "The customer wrote again, or the agent's run ended, before anybody decided. What the agent proposes \
                 now is in the console.",
            );
        }
        _ if mine => return say(LinkState::Decided, "You have decided on this. This link is used up."),
        _ => return say(LinkState::Decided, "Somebody else was first. Nothing is left to decide here."),
    }
    if now >= approval.expires_at || now >= holder.mail.expires_at {
        return say(LinkState::Expired, "The deadline is over: nobody can decide on this any more.");
    }
    if approval.digest != holder.mail.digest {
        return say(
            LinkState::Changed,
            "What is proposed now is not what was mailed to you. Look at it in the console.",
        );
    }
    if customer_version.is_some_and(|version| version != approval.binding.customer_version) {
        return say(
            LinkState::Superseded,
            "The customer has written since this was proposed. The agent considers it anew.",
        );
    }
    if mine {
        return say(
            LinkState::Decided,
            "You have approved it. Another person has to approve it as well; this link is used up.",
        );
    }
    if let Err(error) = approval.asks(&holder.standing, now) {
        return Ok((LinkState::NotAsked, format!("You are not asked any more: {error}.")));
    }
    if approval.requesters.contains(&holder.user.id) {
        return say(
            LinkState::NotAsked,
            "You asked for this, by your words or your edit: another person has to decide.",
        );
    }
    if !http.app.config.approvals.mail.links || takes_second_factor(&http.app, &holder.user).await? {
        return say(
            LinkState::Console,
            "This takes more than a link: sign in to the console and decide there.",
        );
    }
    Ok((LinkState::Open, String::new()))
}

/// What can be decided by a link. For everything else there is the console.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LinkDecision {
    Approve,
    Reject { reason: String },
}

/// A decision by a link, bound to what was shown.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideByLink {
    /// The `digest` of the approval as it was shown.
    pub digest: Digest,
    pub decision: LinkDecision,
}

fn decide_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("decideByLink").tag("approvals").summary("Decide by a link").description(
        "Approve or reject, as the person whom the link was mailed to. Their rights are asked anew. The first decision \
         is taken, here or in the console: 409 says what became of it. It can be taken back as long as one in the \
         console can. Edits take the console.",
    )
}

async fn decide(
    State(http): State<Http>,
    holder: Holder,
    Json(form): Json<DecideByLink>,
) -> Result<Json<LinkedApproval>, Problem> {
    let kind = checked(match form.decision {
        LinkDecision::Approve => DecisionKind::Approve,
        LinkDecision::Reject { reason } => DecisionKind::Reject { reason },
    })?;
    let before = linked(&http, &holder).await?;
    if before.state != LinkState::Open {
        let who = match &before.decision {
            Some(decision) if !decision.by_you => format!(" It was {}.", decision.by),
            _ => String::new(),
        };
        return Err(Problem::new(Kind::Conflict, format!("{}{who}", before.detail)));
    }
    let manner = Manner { undo: http.app.config.approvals.undo(), by_link: true };
    let standing = holder.standing.clone();
    let approval = holder.mail.approval_id;
    http.app.intake.decide_in(holder.workspace, approval, standing, form.digest, kind, manner).await?;
    linked(&http, &holder).await.map(Json)
}

fn undo_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("undoByLink").tag("approvals").summary("Take a decision by a link back").description(
        "The link person's own, while `undo_until` lies ahead: nothing has come of it, and it is open again. 409 when \
         it is too late.",
    )
}

async fn undo(State(http): State<Http>, holder: Holder) -> Result<Json<LinkedApproval>, Problem> {
    http.app.intake.take_back(holder.workspace, holder.mail.approval_id, holder.user.id).await?;
    linked(&http, &holder).await.map(Json)
}
