//! Ways of looking at the queue of approvals: what narrows it, what people keep of that, and how much there is
//! in each.

use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    UserId, ViewId,
    approval::ApprovalStatus,
    permission::Permission,
    queue::{MAX_NAME, MAX_VIEWS, Narrowed, View},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ApprovalFilter, Assigned};

use super::{
    Http,
    auth::{Identity, Staff, may},
    input::{Created, Json, NoContent, Path, text},
    problem::{Kind, Problem},
    sight::Sight,
};

/// Counts stop here.
const MOST: i64 = 1_000;
/// Views that are counted.
const COUNTED: usize = 60;
const SOON: std::time::Duration = std::time::Duration::from_secs(60 * 60);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/approvals/counts", get_with(counts, counts_docs))
        .api_route("/v1/approvals/views", get_with(list, list_docs).post_with(add, add_docs))
        .api_route("/v1/approvals/views/{id}", delete_with(remove, remove_docs))
}

impl<R> Staff<R> {
    fn person_id(&self) -> Option<UserId> {
        match &self.identity {
            Identity::User(user) => Some(user.id),
            Identity::ApiKey(_) => None,
        }
    }

    /// Whom `assignee=me` means.
    pub(super) fn me(&self) -> Result<UserId, Problem> {
        self.person_id()
            .ok_or_else(|| Problem::invalid("assignee is `me`, and a key is nobody: name a person's id"))
    }

    /// What the store is to be asked for. Whoever sees masks must not find out by searching what is behind
    /// them.
    pub(super) async fn narrow(
        &self,
        http: &Http,
        narrowed: Narrowed,
        status: Option<ApprovalStatus>,
    ) -> Result<ApprovalFilter, Problem> {
        let narrowed = narrowed.checked().map_err(|error| Problem::invalid(error.to_string()))?;
        if self.sight == Sight::Masked && (narrowed.text.is_some() || narrowed.customer_id.is_some()) {
            return Err(Problem::forbidden(
                "names and words are masked for you, so they cannot be searched either: it takes the permission see_personal_data",
            ));
        }
        let now = http.app.clock.now();
        let assigned = match narrowed.assignee.as_deref() {
            None => None,
            Some("nobody") => Some(Assigned::Nobody),
            Some("me") => {
                let me = self.me()?;
                let away = self.store(http).approval_delegations(now).await?;
                let theirs = away.into_iter().filter(|one| one.delegate_id == me).map(|one| one.user_id);
                Some(Assigned::To([me].into_iter().chain(theirs).collect()))
            }
            Some(id) => {
                let id = id
                    .parse()
                    .map_err(|_| Problem::invalid("assignee is `me`, `nobody` or a person's id"))?;
                Some(Assigned::To(vec![id]))
            }
        };
        Ok(ApprovalFilter {
            status,
            may: None,
            assigned,
            snoozed: narrowed.snoozed.map(|snoozed| (snoozed, now)),
            expires_before: narrowed.soon.filter(|soon| *soon).map(|_| now.plus(SOON)),
            narrowed,
        })
    }
}

/// How many wait, each counted up to 1000.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalCounts {
    /// Not snoozed.
    pub waiting: i64,
    /// Assigned to the caller, or to somebody whose delegate they are, and not snoozed; 0 for a key.
    pub mine: i64,
    /// Assigned to nobody, and not snoozed.
    pub unassigned: i64,
    pub snoozed: i64,
    /// Whose deadline is within the hour.
    pub soon: i64,
    /// Of the views that are kept, in their order.
    pub views: Vec<ViewCount>,
}

/// How much there is in a view.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ViewCount {
    pub id: ViewId,
    pub count: i64,
}

fn counts_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("countApprovals")
        .tag("approvals")
        .summary("Count what waits")
        .description("In the whole queue, in the usual parts of it, and in the views that the caller sees.")
}

async fn counts(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
) -> Result<Json<ApprovalCounts>, Problem> {
    let store = staff.store(&http);
    let awake = Narrowed { snoozed: Some(false), ..Narrowed::default() };
    let whose = |assignee: &str| Narrowed { assignee: Some(assignee.to_owned()), ..awake.clone() };
    let (exercise, now) = (staff.waiting_exercise(&http).await?, http.app.clock.now());
    let count = async |narrowed: Narrowed| -> Result<i64, Problem> {
        let filter = staff.narrow(&http, narrowed, Some(ApprovalStatus::Pending)).await?;
        // What stands in their lists is in their counts, or it would stand out.
        let more = exercise.as_ref().is_some_and(|exercise| exercise.is_among(&filter, now));
        Ok((store.count_approvals(&filter, MOST).await? + i64::from(more)).min(MOST))
    };
    let mut views = Vec::new();
    for view in store.approval_views(staff.person_id()).await?.into_iter().take(COUNTED) {
        // A view that the caller may not look through counts as empty.
        let count = match count(view.narrowed).await {
            Err(problem) if problem.status().is_client_error() => 0,
            counted => counted?,
        };
        views.push(ViewCount { id: view.id, count });
    }
    Ok(Json(ApprovalCounts {
        waiting: count(awake.clone()).await?,
        mine: if staff.person_id().is_some() { count(whose("me")).await? } else { 0 },
        unassigned: count(whose("nobody")).await?,
        snoozed: count(Narrowed { snoozed: Some(true), ..Narrowed::default() }).await?,
        soon: count(Narrowed { soon: Some(true), ..Narrowed::default() }).await?,
        views,
    }))
}

/// The views of the queue that the caller sees.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ViewList {
    pub items: Vec<View>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listApprovalViews")
        .tag("approvals")
        .summary("List views of the queue")
        .description("One's own and those that are shared, the oldest first.")
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadApprovals>) -> Result<Json<ViewList>, Problem> {
    Ok(Json(ViewList { items: staff.store(&http).approval_views(staff.person_id()).await? }))
}

/// A view to keep.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// Whether everybody of the workspace sees it.
    #[serde(default)]
    pub shared: bool,
    pub narrowed: Narrowed,
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addApprovalView")
        .tag("approvals")
        .summary("Keep a view of the queue")
        .description("Up to 30 of one person. Takes a person.")
}

async fn add(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
    Json(form): Json<NewView>,
) -> Result<Created<View>, Problem> {
    let owner_id = staff.person()?.id;
    let name = text("name", &form.name, MAX_NAME)?;
    staff.narrow(&http, form.narrowed.clone(), None).await?;
    let view = View {
        id: ViewId::new(&*http.app.ids),
        owner_id,
        shared: form.shared,
        name,
        narrowed: form.narrowed,
        created_at: http.app.clock.now(),
    };
    if !staff.store(&http).add_approval_view(view.clone()).await? {
        return Err(Problem::new(
            Kind::Conflict,
            format!("you keep {MAX_VIEWS} views already: remove one that you do not need"),
        ));
    }
    Ok(Created(view))
}

/// The view in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ViewPath {
    /// The view.
    pub id: ViewId,
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeApprovalView")
        .tag("approvals")
        .summary("Remove a view of the queue")
        .description("One's own; a shared one also by whoever manages people. Takes a person.")
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
    Path(path): Path<ViewPath>,
) -> Result<NoContent, Problem> {
    let user = staff.person()?;
    let store = staff.store(&http);
    let view = store.approval_view(path.id).await?.filter(|view| view.shared || view.owner_id == user.id);
    let view = view.ok_or_else(|| Problem::not_found("the view"))?;
    if view.owner_id != user.id {
        staff.must(Permission::ManagePeople)?;
    }
    store.remove_approval_view(view.id).await?;
    Ok(NoContent)
}
