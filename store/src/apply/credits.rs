//! Credits set aside and settled, and what is counted.

use domain::{
    ReservationId, RunId, Timestamp,
    commit::CommitError,
    credit::{Entry, Reservation, Spent, meters, settle},
    meter::{Ceiling, Meter, MeterKey},
};

use super::Unit;

impl Unit<'_> {
    fn entries(&self, id: ReservationId) -> Vec<Entry> {
        let mut entries = self.state.credits.get(&(self.workspace, id)).cloned().unwrap_or_default();
        entries.extend(self.changes.entries.iter().filter(|entry| entry.reservation_id == id).cloned());
        entries
    }

    fn meter(&self, key: &MeterKey) -> Meter {
        let id = key.to_string();
        let known = self.changes.meters.get(&id).or_else(|| self.state.meters.get(&(self.workspace, id)));
        known.cloned().unwrap_or_else(|| Meter::new(key.clone()))
    }

    fn store_meter(&mut self, meter: Meter) {
        self.changes.meters.insert(meter.key.to_string(), meter);
    }

    /// Refuses what would pass one of the ceilings.
    fn within(&self, ceilings: &[Ceiling], amount: i64, at: Timestamp) -> Result<(), CommitError> {
        let passed = ceilings.iter().filter_map(|ceiling| {
            let meter = self.meter(&ceiling.key(at));
            (!meter.allows(amount, ceiling, at)).then(|| (ceiling, meter.opens_at(amount, ceiling, at)))
        });
        // The one that opens last: before that there is no use in trying again.
        let Some((ceiling, until)) = passed.max_by_key(|(_, until)| *until) else { return Ok(()) };
        let mut why = ceiling.words();
        if amount > ceiling.most {
            why.push_str(&format!(", and one call may take {}", ceiling.unit.words(amount)));
        }
        Err(CommitError::Exhausted { why, until })
    }

    fn mark(&mut self, ceilings: &[Ceiling], amount: i64, at: Timestamp) {
        for ceiling in ceilings {
            let mut meter = self.meter(&ceiling.key(at));
            if meter.warned_by(amount, ceiling) {
                self.touched.warnings.push(ceiling.words());
            }
            let before = meter.over_since;
            meter.mark(ceiling, at);
            if meter.over_since != before {
                self.store_meter(meter);
            }
        }
    }

    pub(super) fn reserve(
        &mut self,
        reservation: &Reservation,
        ceilings: &[Ceiling],
        held: bool,
    ) -> Result<(), CommitError> {
        let (id, at) = (reservation.id, reservation.at);
        if !self.entries(id).is_empty() {
            return Err(CommitError::Conflict(format!("credits were set aside under {id} before")));
        }
        let entry = reservation.entry()?;
        self.within(ceilings, entry.micros, at)?;
        for key in meters(&entry.agent, entry.tool.as_deref(), at) {
            let mut meter = self.meter(&key);
            meter.reserved += entry.micros;
            self.store_meter(meter);
        }
        self.mark(ceilings, entry.micros, at);
        if let (true, Some(run)) = (held, reservation.run_id) {
            let mut run = self.run(run)?.clone();
            run.reservations.push(id);
            self.store_run(run);
        }
        self.changes.entries.push(entry);
        Ok(())
    }

    pub(super) fn settle_credits(
        &mut self,
        id: ReservationId,
        run: Option<RunId>,
        spent: Spent,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let so_far = self.entries(id);
        let reserved_at = so_far.first().map_or(at, |entry| entry.at);
        for entry in settle(id, &so_far, spent, at)? {
            let (reserved, used) = entry.moves();
            for key in entry.meters(reserved_at) {
                let mut meter = self.meter(&key);
                meter.reserved += reserved;
                meter.used += used;
                self.store_meter(meter);
            }
            self.changes.entries.push(entry);
        }
        if let Some(run) = run {
            let run = self.run(run)?;
            if run.reservations.contains(&id) {
                let mut run = run.clone();
                run.reservations.retain(|held| *held != id);
                self.store_run(run);
            }
        }
        Ok(())
    }

    pub(super) fn count(&mut self, ceilings: &[Ceiling], at: Timestamp) -> Result<(), CommitError> {
        self.within(ceilings, 1, at)?;
        for ceiling in ceilings {
            let mut meter = self.meter(&ceiling.key(at));
            meter.used += 1;
            self.store_meter(meter);
        }
        self.mark(ceilings, 1, at);
        Ok(())
    }
}
