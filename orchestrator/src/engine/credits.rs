//! What a run spends: set aside before a paid call, settled with what came of it.
//!
//! A call that nobody knows the cost of, because the process ended during it, counts with all that was set
//! aside. So a ceiling is never passed, whatever happens.

use domain::{
    ReservationId, Timestamp,
    commit::{Commit, Op, RunTo},
    credit::{Credits, Reservation, Spent},
    effect::Effect,
    meter::Ceiling,
    model::Usage,
    run::CallOutcome,
};

use super::{
    calls::Settled,
    session::{Halt, Session},
    writing::{Refused, Written},
};
use crate::credits::{emails_of, runs_of};

/// What a run that has come to a ceiling says it waits for begins with this.
const WAITS: &str = "a limit: ";

pub(super) fn waits(why: &str) -> String {
    format!("{WAITS}{why}")
}

/// Whether a call can be paid for.
pub(super) enum Afforded {
    /// Nothing has to be set aside, or it is.
    Yes(Option<ReservationId>),
    No(String),
}

impl Session {
    /// Sets aside the most that a call may cost, durably, with all that is not written yet. Where a
    /// ceiling would be passed the run waits for the window's end.
    pub(super) async fn set_aside(&mut self, most: i64) -> Result<Option<ReservationId>, Halt> {
        if most == 0 {
            return Ok(None);
        }
        self.within_run(most)?;
        let (id, op) = self.reserve(ReservationId::new(&*self.house.ids), None, most, true);
        self.ops.push(op);
        self.reserved_or_waits().await?;
        Ok(Some(id))
    }

    /// Writes the reservations that go with the next commit. Where a ceiling is in the way they are taken
    /// back, and it is told.
    async fn reserved(&mut self) -> Result<Option<(String, Timestamp)>, Halt> {
        // Setting aside is no progress by itself; what a model said before is.
        let to = if self.has_unwritten_progress() { RunTo::Running } else { RunTo::Prepared };
        let Written::Exhausted { why, until } = self.write(to, false).await? else { return Ok(None) };
        self.ops.retain(|op| !matches!(op, Op::Reserve { .. }));
        Ok(Some((why, until)))
    }

    async fn reserved_or_waits(&mut self) -> Result<(), Halt> {
        let Some((why, end)) = self.reserved().await? else { return Ok(()) };
        let until = |at| RunTo::Waiting { for_what: waits(&why), wake_at: Some(at) };
        if self.write(until(end), true).await? == Written::Stale {
            // What came meanwhile may need no call that costs anything: it is looked at at once.
            self.write(until(self.house.clock.now()), false).await?;
        }
        Err(Halt::Parked)
    }

    /// Like [`Self::set_aside`], for what the run can do without.
    pub(super) async fn afford(&mut self, most: i64) -> Result<Afforded, Halt> {
        if most == 0 {
            return Ok(Afforded::Yes(None));
        }
        if let Err(Halt::Quarantine(why)) = self.within_run(most) {
            return Ok(Afforded::No(why));
        }
        let (id, op) = self.reserve(ReservationId::new(&*self.house.ids), None, most, true);
        self.ops.push(op);
        Ok(match self.reserved().await? {
            None => Afforded::Yes(Some(id)),
            Some((why, _)) => Afforded::No(why),
        })
    }

    /// What the run has cost so far, in millionths of a credit.
    pub(super) fn spent(&self) -> i64 {
        let unwritten: i64 = self.steps[self.written..].iter().map(|step| step.usage.cost_micros).sum();
        self.run.usage.cost_micros.saturating_add(unwritten)
    }

    fn within_run(&self, most: i64) -> Result<(), Halt> {
        let Some(ceiling) = self.house.budgets.run() else { return Ok(()) };
        let spent = self.spent();
        if spent.saturating_add(most) <= ceiling {
            return Ok(());
        }
        Err(Halt::Quarantine(format!(
            "the run has cost {} credits and its next call may cost {}; `credits.run` lets a run cost {}",
            Credits(spent),
            Credits(most),
            Credits(ceiling)
        )))
    }

    fn reserve(&self, id: ReservationId, tool: Option<&str>, micros: i64, held: bool) -> (ReservationId, Op) {
        let reservation = Reservation {
            id,
            run_id: Some(self.run.id),
            agent: self.run.agent.clone(),
            tool: tool.map(str::to_owned),
            micros,
            at: self.house.clock.now(),
        };
        let ceilings = self.house.budgets.ceilings(&self.run.agent, tool);
        (id, Op::Reserve { reservation: Box::new(reservation), ceilings, held })
    }

    /// Goes with the next commit.
    pub(super) fn settle_credits(&mut self, id: Option<ReservationId>, spent: Spent) {
        let settled = id.map(|id| self.settlement(id, spent));
        self.ops.extend(settled);
    }

    pub(super) fn settlement(&self, reservation_id: ReservationId, spent: Spent) -> Op {
        let at = self.house.clock.now();
        Op::Settle { reservation_id, run_id: Some(self.run.id), spent, at }
    }

    /// What was set aside by a process that ended before it could tell.
    pub(super) fn forfeit(&mut self) {
        for id in self.run.reservations.clone() {
            self.settle_credits(Some(id), Spent::Unknown);
        }
    }

    // Tools.

    /// Sets aside what reads cost that are about to be made, by their tools.
    pub(super) async fn pay_for_reads<'t>(
        &mut self,
        tools: impl Iterator<Item = &'t str>,
    ) -> Result<Vec<Option<ReservationId>>, Halt> {
        let mut paid = Vec::new();
        let mut total: i64 = 0;
        for tool in tools {
            let price = self.house.budgets.price(tool);
            paid.push((price > 0).then(|| {
                let (id, op) = self.reserve(ReservationId::new(&*self.house.ids), Some(tool), price, true);
                self.ops.push(op);
                total = total.saturating_add(price);
                id
            }));
        }
        if total == 0 {
            return Ok(paid);
        }
        if let Err(halt) = self.within_run(total) {
            self.ops.retain(|op| !matches!(op, Op::Reserve { .. }));
            return Err(halt);
        }
        self.reserved_or_waits().await?;
        Ok(paid)
    }

    /// A read that was not answered, or has to wait, costs nothing.
    pub(super) fn settle_read(
        &mut self,
        paid: Option<ReservationId>,
        tool: &str,
        outcome: Option<&CallOutcome>,
    ) -> Usage {
        let answered = paid.is_some() && matches!(outcome, Some(CallOutcome::Ok { .. }));
        let cost_micros = if answered { self.house.budgets.price(tool) } else { 0 };
        self.settle_credits(paid, Spent::Micros(cost_micros));
        Usage { cost_micros, ..Usage::default() }
    }

    /// Sets aside what an effect costs, with its record. Its reservation has its id.
    pub(super) fn pay_for_effect(&mut self, effect: &mut Effect) -> Result<(), Halt> {
        effect.price_micros = self.house.budgets.price(&effect.call.tool);
        if effect.price_micros > 0 {
            self.within_run(effect.price_micros)?;
            let (id, tool) = (ReservationId(effect.id.0), effect.call.tool.clone());
            let (_, op) = self.reserve(id, Some(&tool), effect.price_micros, false);
            self.ops.push(op);
        }
        Ok(())
    }

    /// Settles what an effect cost; its step says so.
    pub(super) fn settle_paid_effect(&mut self, effect: &Effect, done: bool) {
        if effect.price_micros == 0 {
            return;
        }
        let spent = if done { effect.price_micros } else { 0 };
        self.settle_credits(Some(ReservationId(effect.id.0)), Spent::Micros(spent));
        if let Some(step) = self.steps.last_mut() {
            step.usage.cost_micros = spent;
        }
    }

    // What is counted.

    /// Counts the run that begins, with its first commit.
    pub(super) fn count_run(&mut self) {
        let ceilings = runs_of(&self.run.agent, &self.settings.limits);
        if !ceilings.is_empty() {
            self.ops.push(Op::Count { ceilings, at: self.house.clock.now() });
        }
    }

    /// The run is counted before anything is asked or sent in its name: it may not begin at all.
    pub(super) async fn begun(&mut self) -> Result<(), Halt> {
        if self.ops.iter().any(|op| matches!(op, Op::Count { .. })) {
            self.write(RunTo::Prepared, false).await?;
        }
        Ok(())
    }

    /// The run may not begin yet, and nothing was done but what costs nothing: it begins anew then.
    pub(super) async fn begin_later(&mut self, why: &str, until: Timestamp) -> Result<(), Halt> {
        self.steps.clear();
        self.ops.clear();
        (self.run.seen_signals, self.run.seen_version) = (0, 0);
        self.forfeit();
        let to = RunTo::Waiting { for_what: waits(why), wake_at: Some(until) };
        Box::pin(self.write(to, false)).await?;
        Err(Halt::Parked)
    }

    /// Counts a mail before it is written. One that is counted and then not written costs a place.
    pub(super) async fn count_email(&mut self) -> Result<Option<Settled>, Halt> {
        let ceilings: Vec<Ceiling> = emails_of(&self.run.agent, &self.settings.limits);
        if ceilings.is_empty() {
            return Ok(None);
        }
        self.begun().await?;
        let op = Op::Count { ceilings, at: self.house.clock.now() };
        match self.commit(Commit { ops: vec![op] }).await? {
            Ok(_) => Ok(None),
            Err(Refused::Exhausted { why, until }) => {
                Ok(Some(Settled::Waits { for_what: waits(&why), until }))
            }
            Err(Refused::Stale(_)) => Err(Halt::Retry("a mail could not be counted".to_owned())),
        }
    }
}
