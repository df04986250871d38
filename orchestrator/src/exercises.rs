//! Exercises of reviewers: when somebody gets one, what it is made of, and what they are shown.
//!
//! What is shown is made of the source each time, and of nothing that was kept beside it. So when the source was
//! redacted, or its tool is another one now, there is nothing to show any more, and the exercise is over.

use std::time::Duration;

use domain::{
    ApprovalId, ExerciseId, Timestamp, UserId, WorkspaceId,
    approval::{Approval, ApprovalStatus},
    customer::Customer,
    exercise::{Change, Ending, Exercise, Said, changes, remembers, suits, unchanged},
    run::{Run, RunStatus},
    standing::Standing,
    ticket::{Message, Ticket, TicketStatus},
    tool::{AnyTool, Preview},
};
use serde_json::json;
use store::{StoreError, Surroundings};
use tracing::warn;

use crate::{app::App, live::LiveBody};

/// Approvals older than this are no longer made into exercises.
const RECENT: Duration = Duration::from_secs(60 * 24 * 60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The least time for which one waits.
const LEAST_TIME: Duration = Duration::from_secs(60 * 60);
/// Past approvals that are looked at, and how many of them are tried.
const LOOKED_AT: i64 = 80;
const TRIED: usize = 12;
/// The share of exercises in which nothing is wrong, where both can be.
const SECOND_LOOKS: f64 = 1.0 / 3.0;

/// An exercise with what its reviewer is shown: everything as it was when the source was asked for, and moved in
/// time to when the exercise was made.
pub struct Rehearsal {
    pub exercise: Exercise,
    pub source: Approval,
    /// What is wrong; none for a second look.
    pub change: Option<Change>,
    pub shown: Approval,
    pub ticket: Ticket,
    pub messages: Vec<Message>,
    pub customer: Option<Customer>,
    pub run: Run,
}

/// What an exercise can be made of.
struct Material {
    source: Approval,
    tool: std::sync::Arc<dyn AnyTool>,
    ticket: Ticket,
    /// Those that were there when it was asked for.
    messages: Vec<Message>,
    customer: Option<Customer>,
    run: Run,
}

impl Material {
    fn changes(&self) -> Vec<Change> {
        let said: Vec<&str> = self.messages.iter().map(|message| message.body.as_str()).collect();
        changes(&self.source, self.tool.spec(), &said)
    }

    /// The call as it would be shown; none where the tool would not take it, or nobody would see a difference.
    fn preview(&self, change: Option<&Change>) -> Option<Preview> {
        let args = &self.source.binding.call.args;
        let Some(change) = change else { return Some(self.source.preview.clone()) };
        let mut wrong = args.clone();
        change.apply(&mut wrong);
        self.tool.validate(&wrong).ok()?;
        let preview = self.tool.preview(&wrong);
        let only_this = self.tool.preview(args) == self.source.preview && preview != self.source.preview;
        only_this.then_some(preview)
    }

    fn rehearsal(self, exercise: Exercise, change: Option<Change>) -> Option<Rehearsal> {
        let preview = self.preview(change.as_ref())?;
        let shown = exercise.shown(&self.source, change.as_ref(), preview);
        let shown = match exercise.ended {
            Some(ended) => Approval {
                status: status_after(ended.as_)?,
                decided_at: Some(ended.at),
                snoozed_until: None,
                ..shown
            },
            None => shown,
        };
        let by = exercise.made_at.0.saturating_sub(self.source.requested_at.0);
        let moved = |at: Timestamp| Timestamp(at.0.saturating_add(by));
        let mut messages = self.messages;
        for message in &mut messages {
            message.at = moved(message.at);
        }
        let ticket = Ticket {
            status: TicketStatus::WaitingForStaff,
            handoff: None,
            version: self.source.binding.customer_version,
            customer_version: self.source.binding.customer_version,
            message_count: i64::try_from(messages.len()).unwrap_or(i64::MAX),
            created_at: moved(self.ticket.created_at),
            updated_at: exercise.made_at,
            ..self.ticket
        };
        let run = Run {
            status: RunStatus::Waiting,
            waiting_for: Some(format!("a decision on {}", shown.binding.call.tool)),
            wake_at: None,
            lease_owner: None,
            lease_until: None,
            outcome: None,
            error: None,
            created_at: moved(self.run.created_at),
            updated_at: exercise.made_at,
            ..self.run
        };
        let customer = self.customer;
        Some(Rehearsal { exercise, source: self.source, change, shown, ticket, messages, customer, run })
    }
}

/// How a decided exercise reads. Who never decided it has nothing to read.
fn status_after(ending: Ending) -> Option<ApprovalStatus> {
    match ending {
        Ending::Said(Said::Approve) => Some(ApprovalStatus::Approved),
        Ending::Said(Said::Edit) => Some(ApprovalStatus::Edited),
        Ending::Said(Said::Reject) => Some(ApprovalStatus::Rejected),
        Ending::Said(Said::Respond) => Some(ApprovalStatus::Responded),
        Ending::Said(Said::Escalate) => Some(ApprovalStatus::Escalated),
        Ending::Expired | Ending::Withdrawn => None,
    }
}

impl App {
    /// The exercise that waits for somebody, as they see it; masked for who sees masks.
    pub async fn waiting_exercise(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        masked: bool,
    ) -> Result<Option<Rehearsal>, StoreError> {
        let now = self.clock.now();
        let Some(exercise) = self.store.workspace(workspace).open_exercise(user, now).await? else {
            return Ok(None);
        };
        self.rehearsal(workspace, exercise, masked).await
    }

    /// One of theirs by the id under which it is shown, waiting or decided.
    pub async fn exercise(
        &self,
        workspace: WorkspaceId,
        (id, user): (ApprovalId, UserId),
        masked: bool,
    ) -> Result<Option<Rehearsal>, StoreError> {
        let Some(exercise) = self.store.workspace(workspace).exercise(ExerciseId(id.0), user).await? else {
            return Ok(None);
        };
        if exercise.ended.is_none() && !exercise.is_open(self.clock.now()) {
            return Ok(None);
        }
        self.rehearsal(workspace, exercise, masked).await
    }

    async fn rehearsal(
        &self,
        workspace: WorkspaceId,
        exercise: Exercise,
        masked: bool,
    ) -> Result<Option<Rehearsal>, StoreError> {
        if masked && exercise.slip.is_some_and(|slip| !slip.shows_through_masks()) {
            return Ok(None);
        }
        let store = self.store.workspace(workspace);
        let Some(source) = store.approval(exercise.source).await? else { return Ok(None) };
        let Some(material) = self.material(workspace, source).await? else { return Ok(None) };
        let change = match exercise.slip {
            None => None,
            Some(slip) => {
                let change = material.changes().into_iter().nth(exercise.change);
                let Some(change) = change.filter(|change| change.slip == slip) else { return Ok(None) };
                Some(change)
            }
        };
        Ok(material.rehearsal(exercise, change).filter(|it| unchanged(&it.exercise, &it.shown)))
    }

    async fn material(
        &self,
        workspace: WorkspaceId,
        source: Approval,
    ) -> Result<Option<Material>, StoreError> {
        let store = self.store.workspace(workspace);
        let call = &source.binding.call;
        let tool =
            self.catalog.get(&call.tool).filter(|tool| tool.spec().version == source.binding.tool_version);
        let (Some(tool), Some(run)) = (tool, store.run(source.run_id).await?) else { return Ok(None) };
        if store.run_redacted_at(run.id).await?.is_some() {
            return Ok(None);
        }
        let Surroundings { ticket, mut messages, customer, .. } =
            store.around_approval(source.id, source.ticket_id).await?;
        let Some(ticket) = ticket else { return Ok(None) };
        if messages.iter().any(|message| message.redacted.is_some()) {
            return Ok(None);
        }
        messages.retain(|message| message.at <= source.requested_at);
        Ok(Some(Material { source, tool, ticket, messages, customer, run }))
    }

    /// After somebody decided: one in so many times, another item comes to their queue. What goes wrong with it is
    /// no matter of theirs. Says whether the workspace has exercises at all.
    pub async fn after_decision(&self, workspace: WorkspaceId, standing: &Standing, masked: bool) -> bool {
        let store = self.store.workspace(workspace);
        let one_in_so_many = async {
            let settings = store.exercise_settings().await?;
            if settings.on && self.ids.fraction() * (settings.one_in as f64) < 1.0 {
                self.make_exercise(workspace, standing, masked).await?;
            }
            Ok::<_, StoreError>(settings.on)
        };
        one_in_so_many.await.unwrap_or_else(|error| {
            warn!(%error, %workspace, "an exercise could not be made");
            true
        })
    }

    async fn make_exercise(
        &self,
        workspace: WorkspaceId,
        standing: &Standing,
        masked: bool,
    ) -> Result<(), StoreError> {
        let store = self.store.workspace(workspace);
        let now = self.clock.now();
        let mut sources = store.exercise_sources(standing.user_id, now.minus(RECENT), LOOKED_AT).await?;
        let first = self.one_of(sources.len());
        sources.rotate_left(first);
        for source in sources.into_iter().take(TRIED) {
            let decisions = store.decisions(source.id).await?;
            let Some(earlier) = suits(&source, &decisions, standing, now) else { continue };
            if remembers(&decisions, standing.user_id, now) {
                continue;
            }
            let own = decisions.iter().any(|decision| decision.user_id == standing.user_id);
            let Some(material) = self.material(workspace, source).await? else { continue };
            let Some((number, change)) = self.choose(workspace, &material, (earlier, own), masked).await?
            else {
                continue;
            };
            let time = material.source.expires_at.since(material.source.requested_at).max(LEAST_TIME);
            let exercise = Exercise {
                id: ExerciseId::new(&*self.ids),
                user_id: standing.user_id,
                source: material.source.id,
                slip: change.as_ref().map(|change| change.slip),
                change: number,
                digest: material.source.digest.clone(),
                earlier,
                made_at: now,
                expires_at: now.plus(time),
                assigned: false,
                snoozed_until: None,
                claimed_until: None,
                ended: None,
            };
            let Some(made) = material.rehearsal(exercise, change) else { continue };
            let (approval_id, run_id) = (made.shown.id, made.run.id);
            let exercise = Exercise { digest: made.shown.digest, ..made.exercise };
            let begun = store.begin_exercise(exercise, now.minus(DAY)).await?;
            if begun {
                self.live.send(workspace, LiveBody::Waits { by: standing.user_id, approval_id, run_id });
            }
            return Ok(());
        }
        Ok(())
    }

    /// What is to be wrong in it, with its place among what could be, or nothing for a second look; none when
    /// neither can be. Nobody looks a second time at what they decided themselves, and what was rejected is wrong
    /// as it is.
    async fn choose(
        &self,
        workspace: WorkspaceId,
        material: &Material,
        (earlier, own): (Said, bool),
        masked: bool,
    ) -> Result<Option<(usize, Option<Change>)>, StoreError> {
        let mut possible = Vec::new();
        if earlier == Said::Approve {
            for (number, change) in material.changes().into_iter().enumerate() {
                if self.shows(workspace, material, &change, masked).await? {
                    possible.push((number, change));
                }
            }
        }
        let second_look = !own && (possible.is_empty() || self.ids.fraction() < SECOND_LOOKS);
        if second_look {
            return Ok(Some((0, None)));
        }
        if possible.is_empty() {
            return Ok(None);
        }
        let (number, change) = possible.swap_remove(self.one_of(possible.len()));
        Ok(Some((number, Some(change))))
    }

    /// Whether the person could see it.
    async fn shows(
        &self,
        workspace: WorkspaceId,
        material: &Material,
        change: &Change,
        masked: bool,
    ) -> Result<bool, StoreError> {
        let Some(preview) = material.preview(Some(change)) else { return Ok(false) };
        if !masked {
            return Ok(true);
        }
        let names = self.store.workspace(workspace).names_of(&[material.ticket.id]).await?;
        let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
        let served = self.personal.of(workspace);
        let seen = |preview: &Preview| {
            let mut value = json!(preview);
            served.mask(&mut value, &names);
            value
        };
        Ok(change.slip.shows_through_masks() && seen(&preview) != seen(&material.source.preview))
    }

    /// A number below `n`; 0 for 0.
    fn one_of(&self, n: usize) -> usize {
        // In [0, n), and whole.
        ((self.ids.fraction() * n as f64) as usize).min(n.saturating_sub(1))
    }
}
