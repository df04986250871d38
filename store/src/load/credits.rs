//! Entries of reservations that are to be settled, and the meters that a batch moves.

use std::collections::BTreeMap;

use domain::{
    credit::{Entry, meters},
    meter::MeterKey,
};

use super::{In, Loader, pairs};
use crate::{
    StoreError,
    read::credits::{self, METERS},
    rows::workspace_of,
    sql::Keyed,
};

impl Loader<'_> {
    pub(super) async fn credits(&mut self) -> Result<(), StoreError> {
        let settled = std::mem::take(&mut self.needs.settled);
        let (known, unknown): (Vec<_>, Vec<_>) =
            settled.into_iter().partition(|key| self.state.credits.contains_key(key));
        let wanted = Keyed {
            name: "credit_entries",
            columns: "t.*",
            table: "credit_entries",
            key: ["workspace_id", "reservation_id"],
            and: "",
            tail: " ORDER BY t.line",
        };
        let unknown = unknown.into_iter().collect();
        let mut found: Vec<In<Entry>> = Vec::new();
        for row in self.select(wanted, &pairs(&unknown)).await? {
            found.push((workspace_of(&row)?, credits::get_entry(&row)?));
        }
        for (workspace, entry) in found {
            self.state.credits.entry((workspace, entry.reservation_id)).or_default().push(entry);
        }
        let mut wanted = BTreeMap::new();
        for key in known.into_iter().chain(unknown) {
            let Some(first) = self.state.credits.get(&key).and_then(|entries| entries.first()) else {
                continue;
            };
            for meter in meters(&first.agent, first.tool.as_deref(), first.at) {
                wanted.insert((key.0, meter.to_string()), meter);
            }
        }
        for (workspace, meter) in std::mem::take(&mut self.needs.meters) {
            wanted.insert((workspace, meter.to_string()), meter);
        }
        wanted.retain(|key, _| !self.state.meters.contains_key(key));
        self.meters(wanted).await
    }

    async fn meters(&mut self, wanted: BTreeMap<In<String>, MeterKey>) -> Result<(), StoreError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let ids = wanted.keys().cloned().collect();
        if self.dialect.locks_rows() {
            // A row that is not there cannot be locked, and two who made it would not see each other.
            let rows: Vec<_> = wanted.iter().map(|((workspace, _), key)| (*workspace, key)).collect();
            credits::make_meters(self.connection, &rows).await?;
        }
        for row in self.locked(METERS.name, "t.*", &ids).await? {
            let meter = credits::get_meter(&row)?;
            self.state.meters.insert((workspace_of(&row)?, meter.key.to_string()), meter);
        }
        Ok(())
    }
}
