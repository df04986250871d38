//! Exercises as the routes of approvals serve them: to the person whose they are like any other item, and to
//! nobody else. What it was is told once they have decided.

use domain::{
    ApprovalId, DecisionId, Timestamp,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    canonical::Digest,
    commit::CommitError,
    exercise::{Ended, Ending, Exercise, Said, Slip},
    permission::Permission,
    queue::QueueOrder,
    tending::{Claim, Tending},
    user::User,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ApprovalFilter, Assigned, Key, Page};

use super::{
    Http,
    approvals::{ApprovalView, TicketBrief, eligible, findings},
    auth::{Identity, Staff},
    body_html,
    footing::FootingView,
    problem::{Kind, Problem},
    sight::Sight,
};
use crate::{exercises::Rehearsal, inbox::CLAIM, live::LiveBody};

/// What an item turned out to be that was no approval. Nothing was done, whatever was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExerciseResult {
    /// What was wrong in it; null when nothing was, and a second look was wanted.
    pub slip: Option<Slip>,
    /// Where it stood: a JSON pointer into the arguments.
    pub at: Option<String>,
    /// What was right there, and what it was made into; of an amount in cents.
    pub was: Option<String>,
    pub became: Option<String>,
    /// Whether it was found; null when nothing was wrong.
    pub found: Option<bool>,
    /// What was decided about the real one.
    pub earlier: Said,
    /// Whether a second look came to the same; null when something was wrong.
    pub agreed: Option<bool>,
    /// The real one.
    pub approval_id: ApprovalId,
}

impl ExerciseResult {
    fn of(it: &Rehearsal, ended: &Ended) -> Self {
        let change = it.change.as_ref();
        Self {
            slip: it.exercise.slip,
            at: change.map(|change| change.at.clone()),
            was: change.map(|change| change.was.clone()),
            became: change.map(|change| change.became.clone()),
            found: ended.found,
            earlier: it.exercise.earlier,
            agreed: ended.agreed,
            approval_id: it.source.id,
        }
    }
}

impl<R> Staff<R> {
    fn reviewer(&self) -> Option<&User> {
        match &self.identity {
            Identity::User(user) if self.permissions.contains(Permission::DecideApprovals) => Some(user),
            _ => None,
        }
    }

    /// The exercise that waits for the caller.
    pub(super) async fn waiting_exercise(&self, http: &Http) -> Result<Option<Rehearsal>, Problem> {
        let Some(user) = self.reviewer() else { return Ok(None) };
        let masked = self.sight == Sight::Masked;
        Ok(http.app.waiting_exercise(self.workspace, user.id, masked).await?)
    }

    /// The caller's own, by the id under which it is shown, waiting or decided.
    pub(super) async fn exercise(&self, http: &Http, id: ApprovalId) -> Result<Option<Rehearsal>, Problem> {
        let Some(user) = self.reviewer() else { return Ok(None) };
        let masked = self.sight == Sight::Masked;
        Ok(http.app.exercise(self.workspace, (id, user.id), masked).await?)
    }

    /// The same, while it waits.
    pub(super) async fn open_exercise(
        &self,
        http: &Http,
        id: ApprovalId,
    ) -> Result<Option<Rehearsal>, Problem> {
        let Some(it) = self.exercise(http, id).await? else { return Ok(None) };
        if it.shown.status != ApprovalStatus::Pending {
            let status = it.shown.status.as_str();
            return Err(Problem::new(Kind::Conflict, format!("this approval is already {status}")));
        }
        Ok(Some(it))
    }
}

impl Rehearsal {
    pub(super) fn ticket_brief(&self) -> TicketBrief {
        self.ticket.clone().into()
    }

    /// Whether it is among what a list of approvals was asked for.
    pub(super) fn is_among(&self, filter: &ApprovalFilter, now: Timestamp) -> bool {
        let it = &self.shown;
        let narrowed = &filter.narrowed;
        let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|wanted| wanted == has);
        let snoozed = it.snoozed_until.is_some_and(|until| until > now);
        filter.status.is_none_or(|status| status == it.status)
            && filter.may.as_ref().is_none_or(|standing| it.asks(standing, now).is_ok())
            && is(&narrowed.agent, &it.agent)
            && is(&narrowed.tool, &it.binding.call.tool)
            && is(&narrowed.rule, &it.rule)
            && is(&narrowed.intent, &it.intent)
            && narrowed.risk.is_none_or(|risk| risk == it.risk)
            && narrowed.customer_id.is_none_or(|id| self.ticket.customer_id == Some(id))
            && filter.expires_before.is_none_or(|at| it.expires_at <= at)
            && filter.snoozed.is_none_or(|(wanted, _)| wanted == snoozed)
            && match &filter.assigned {
                None => true,
                Some(Assigned::Nobody) => it.assignee.is_none(),
                Some(Assigned::To(people)) => it.assignee.is_some_and(|who| people.contains(&who)),
            }
            && narrowed.text.as_deref().is_none_or(|text| self.holds(&text.trim().to_lowercase()))
    }

    fn holds(&self, words: &str) -> bool {
        let (preview, ticket) = (&self.shown.preview, &self.ticket);
        let number = ticket.number.to_string();
        let fields = preview.fields.iter().map(|field| field.value.as_str());
        let texts = [preview.title.as_str(), ticket.subject.as_str(), number.as_str()].into_iter();
        let customer = self.customer.as_ref().map(|customer| customer.name.as_str());
        let tags = ticket.tags.iter().map(String::as_str);
        let all = texts.chain(fields).chain(preview.body.as_deref()).chain(customer).chain(tags);
        all.into_iter().any(|text| text.to_lowercase().contains(words))
    }

    /// Puts it into a page of approvals where it belongs, as if it were a row.
    pub(super) fn placed(
        &self,
        page: Page<Approval>,
        asked: (i64, Option<&str>),
        filter: &ApprovalFilter,
    ) -> Result<Page<Approval>, Problem> {
        let pending = filter.status == Some(ApprovalStatus::Pending);
        let by_stake = pending && filter.narrowed.order.unwrap_or_default() == QueueOrder::Stake;
        let key = |it: &Approval| -> Key {
            (if by_stake { it.rank() } else { it.requested_at.0 }, it.id.to_string())
        };
        Ok(page.with(self.shown.clone(), asked, !pending, key)?)
    }

    /// As any approval is seen; once it was decided, with what it was.
    pub(super) async fn view<R>(self, http: &Http, staff: &Staff<R>) -> Result<ApprovalView, Problem> {
        let workspace = staff.workspace;
        let standing = staff.standing(http).await?;
        let footing = http.app.footing(workspace, &self.shown, &self.run).await?;
        let footing = footing.as_ref().and_then(|footing| FootingView::of(footing, &self.shown));
        let shown = &self.shown;
        let body_html = http.preview_html(&shown.binding.call.tool, &shown.preview, footing.as_ref());
        let mut messages = self.messages.clone();
        messages.iter_mut().for_each(body_html::show);
        let mut found = Vec::new();
        if staff.sight == Sight::Whole {
            messages.iter_mut().for_each(|message| http.app.personal.mark(workspace, message));
            found = findings(http, workspace, &self.shown)?;
        }
        let may_not = standing.and_then(|it| self.shown.may_not(&it, false, http.app.clock.now()));
        let exercise = self.exercise.ended.as_ref().map(|ended| ExerciseResult::of(&self, ended));
        Ok(ApprovalView {
            may_decide: may_not.is_none(),
            may_not,
            body_html,
            eligible: eligible(http, workspace, &self.shown, &[]).await?,
            ticket: Some(self.ticket),
            messages,
            findings: found,
            footing,
            customer: self.customer,
            decisions: Vec::new(),
            run: self.run,
            approval: self.shown,
            exercise,
        })
    }
}

/// Decides an exercise. It goes the way of an approval up to where something would come of it.
pub(super) async fn decide<R>(
    http: &Http,
    staff: &Staff<R>,
    it: Rehearsal,
    (digest, kind): (Digest, DecisionKind),
) -> Result<(Approval, ExerciseResult), Problem> {
    let user = staff.person()?;
    let standing = http.standing(staff.workspace, user).await?;
    if let DecisionKind::Edit { args } = &kind {
        it.shown.asks(&standing, http.app.clock.now()).map_err(CommitError::from)?;
        let tool = http.app.catalog.get(&it.shown.binding.call.tool);
        let tool = tool.ok_or_else(|| Problem::not_found("the tool"))?;
        tool.validate(args).map_err(|error| Problem::new(Kind::Conflict, error.to_string()))?;
    }
    let decision = Decision {
        id: DecisionId::new(&*http.app.ids),
        approval_id: it.shown.id,
        user_id: user.id,
        role: standing.role.clone(),
        digest,
        kind,
        at: http.app.clock.now(),
        undo_until: None,
        by_link: false,
    };
    let decided = it.exercise.decide(&it.shown, it.change.as_ref(), (&decision, &standing));
    let (after, ended) = decided.map_err(CommitError::from)?;
    end(http, staff, &it.exercise, ended).await?;
    let result = ExerciseResult::of(&it, &ended);
    Ok((after, result))
}

async fn end<R>(http: &Http, staff: &Staff<R>, exercise: &Exercise, ended: Ended) -> Result<(), Problem> {
    let user = staff.person()?;
    if !staff.store(http).end_exercise(exercise.id, (user.id, user.name.clone()), ended).await? {
        return Err(Problem::new(Kind::Conflict, "this approval is over: reload to see what happened"));
    }
    Ok(())
}

async fn keep<R>(http: &Http, staff: &Staff<R>, exercise: Exercise) -> Result<(), Problem> {
    staff.store(http).tend_exercise(exercise).await?;
    Ok(())
}

/// That the caller looks at it, or does so no more.
pub(super) async fn claim<R>(
    http: &Http,
    staff: &Staff<R>,
    it: &Rehearsal,
    looks: bool,
) -> Result<Claim, Problem> {
    let user = staff.person()?;
    let until = http.app.clock.now().plus(CLAIM);
    keep(http, staff, Exercise { claimed_until: looks.then_some(until), ..it.exercise.clone() }).await?;
    http.app.live.send(staff.workspace, LiveBody::Claims);
    Ok(Claim { approval_id: it.shown.id, user_id: user.id, name: user.name.clone(), until })
}

/// The caller's claim of the exercise that waits for them.
pub(super) async fn own_claim<R>(http: &Http, staff: &Staff<R>) -> Result<Option<Claim>, Problem> {
    let (Some(user), now) = (staff.reviewer(), http.app.clock.now()) else { return Ok(None) };
    let open = staff.store(http).open_exercise(user.id, now).await?;
    let claimed = open.and_then(|it| Some((it.id, it.claimed_until.filter(|until| *until > now)?)));
    Ok(claimed.map(|(id, until)| Claim {
        approval_id: ApprovalId(id.0),
        user_id: user.id,
        name: user.name.clone(),
        until,
    }))
}

/// Whose it is, or when it comes up again. Handed to somebody else it is over: it was for this person.
pub(super) async fn tend<R>(
    http: &Http,
    staff: &Staff<R>,
    it: Rehearsal,
    tending: &Tending,
) -> Result<Approval, Problem> {
    let user = staff.person()?;
    let now = http.app.clock.now();
    let after = it.shown.tended(tending, now).map_err(CommitError::from)?;
    if after.assignee.is_some_and(|who| who != user.id) {
        let ended = Ended { at: now, as_: Ending::Withdrawn, found: None, agreed: None };
        end(http, staff, &it.exercise, ended).await?;
        return Ok(after);
    }
    let exercise =
        Exercise { assigned: after.assignee.is_some(), snoozed_until: after.snoozed_until, ..it.exercise };
    keep(http, staff, exercise).await?;
    Ok(after)
}
