//! The ledger of credits and the meters.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ReservationId, RunId, Timestamp, WorkspaceId,
    credit::{Account, Credits, Entry, EntryKind, fold},
    meter::{Meter, MeterKey, Scope, Unit, Window},
};
use sqlx::{AnyConnection, Connection as _, any::AnyRow};

use super::Order;
use crate::{
    MAX_LIMIT, Page, Store, StoreError, WorkspaceStore,
    rows::{Columns, all},
    scope,
    sql::{Binds, Select, Table},
};

pub(crate) const ENTRIES: Table = Table {
    name: "credit_entries",
    columns: &[
        "workspace_id",
        "id",
        "reservation_id",
        "line",
        "kind",
        "debit",
        "credit",
        "micros",
        "run_id",
        "agent",
        "tool",
        "at",
    ],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_entry((workspace, entry): &(WorkspaceId, &Entry), binds: &mut Binds) {
    binds
        .id(workspace)
        .text(id_of(entry))
        .id(entry.reservation_id)
        .int(entry.line)
        .text(entry.kind.as_str())
        .text(entry.debit.as_str())
        .text(entry.credit.as_str())
        .int(entry.micros)
        .opt_id(entry.run_id)
        .text(entry.agent.as_str())
        .opt_text(entry.tool.as_deref())
        .at(entry.at);
}

fn id_of(entry: &Entry) -> String {
    format!("{}:{}", entry.reservation_id, entry.line)
}

pub(crate) fn get_entry(row: &AnyRow) -> Result<Entry, StoreError> {
    let c = Columns { table: "credit_entries", row };
    Ok(Entry {
        reservation_id: c.id("reservation_id")?,
        line: c.int("line")?,
        kind: c.word("kind", EntryKind::parse)?,
        debit: c.word("debit", Account::parse)?,
        credit: c.word("credit", Account::parse)?,
        micros: c.int("micros")?,
        run_id: c.opt_id("run_id")?,
        agent: c.text("agent")?,
        tool: c.opt_text("tool")?,
        at: c.at("at")?,
    })
}

pub(crate) const METERS: Table = Table {
    name: "meters",
    columns: &[
        "workspace_id",
        "id",
        "scope_kind",
        "scope_name",
        "unit",
        "span",
        "starts_at",
        "reserved",
        "used",
        "over_since",
    ],
    key: &["workspace_id", "id"],
    fixed: &["scope_kind", "scope_name", "unit", "span", "starts_at"],
};

pub(crate) fn put_meter((workspace, meter): &(WorkspaceId, &Meter), binds: &mut Binds) {
    put_key(&(*workspace, &meter.key), binds);
    binds.int(meter.reserved).int(meter.used).opt_at(meter.over_since);
}

/// Puts its key alone.
fn put_key((workspace, key): &(WorkspaceId, &MeterKey), binds: &mut Binds) {
    binds
        .id(workspace)
        .text(key.to_string())
        .text(key.scope.kind())
        .text(key.scope.name())
        .text(key.unit.as_str())
        .text(key.window.as_str())
        .at(key.starts_at);
}

pub(crate) fn get_meter(row: &AnyRow) -> Result<Meter, StoreError> {
    let c = Columns { table: "meters", row };
    let (kind, name) = (c.text("scope_kind")?, c.text("scope_name")?);
    let scope = Scope::parse(&kind, &name).ok_or_else(|| c.bad("scope_kind", format!("`{kind}`")))?;
    let key = MeterKey {
        scope,
        unit: c.word("unit", Unit::parse)?,
        window: c.word("span", Window::parse)?,
        starts_at: c.at("starts_at")?,
    };
    Ok(Meter { key, reserved: c.int("reserved")?, used: c.int("used")?, over_since: c.opt_at("over_since")? })
}

/// Sees to it that a meter has a row.
pub(crate) async fn make_meters(
    connection: &mut AnyConnection,
    rows: &[(WorkspaceId, &MeterKey)],
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meters (workspace_id, id, scope_kind, scope_name, unit, span, starts_at, reserved, used) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) ON CONFLICT (workspace_id, id) DO NOTHING";
    for row in rows {
        let mut binds = Binds::default();
        put_key(row, &mut binds);
        binds.execute(connection, SQL).await?;
    }
    Ok(())
}

/// What `verify_credits` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditReport {
    pub entries: u64,
    /// Millionths of a credit that are spent, and set aside for what is under way.
    pub spent: i64,
    pub reserved: i64,
    /// What does not add up, in words.
    pub differences: Vec<String>,
}

fn entries_of(workspace: WorkspaceId, run: Option<RunId>) -> Select {
    Select::of(workspace, "SELECT * FROM credit_entries WHERE workspace_id = $1").and_if(
        " AND run_id = ?",
        run,
        |binds, run| {
            binds.id(run);
        },
    )
}

impl WorkspaceStore {
    /// Meters whose window has not ended, by their names.
    pub async fn meters(&self, now: Timestamp) -> Result<Vec<Meter>, StoreError> {
        let oldest = Window::Month.start(now);
        let select = Select::of(self.id, "SELECT * FROM meters WHERE workspace_id = $1").and(
            " AND starts_at >= ? ORDER BY id",
            |binds| {
                binds.at(oldest);
            },
        );
        let mut meters = self.all(select, get_meter).await?;
        meters.retain(|meter| meter.key.ends_at() > now);
        Ok(meters)
    }

    /// Entries of the ledger, newest first; of one run, where that is wanted.
    pub async fn credit_entries(
        &self,
        run: Option<RunId>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Entry>, StoreError> {
        let key = |entry: &Entry| (entry.at, id_of(entry));
        let order = ("at", Order::NewestFirst);
        self.page(entries_of(self.id, run), order, (limit, cursor), get_entry, key).await
    }

    /// Compares the meters with what the entries say, and the runs' costs with what was settled for them,
    /// as they all were at one moment.
    pub async fn verify_credits(&self) -> Result<CreditReport, StoreError> {
        let begin = self.store.writer.shared.dialect.snapshot();
        let mut reader = self.reader().await?;
        let mut moment = reader.begin_with(begin).await?;
        let entries = all_entries(self.id, &mut moment).await?;
        let meters = ("meters", "SELECT * FROM meters WHERE workspace_id = $1 AND unit = 'credits'");
        let meters = by_id(self.id, &mut moment, meters, get_meter).await?;
        let costs = ("runs", "SELECT id, cost_micros FROM runs WHERE workspace_id = $1 AND cost_micros <> 0");
        let mut costs = by_id(self.id, &mut moment, costs, |row| {
            let c = Columns { table: "runs", row };
            Ok((c.id("id")?, c.int("cost_micros")?))
        })
        .await?;
        // Of runs that were forgotten the ledger alone is left, and it is not compared with anything.
        let known: BTreeSet<RunId> = costs.iter().map(|(run, _)| *run).collect();
        let others: BTreeSet<RunId> =
            entries.iter().filter_map(|entry| entry.run_id).filter(|run| !known.contains(run)).collect();
        for run in others {
            let select = Select::of(self.id, "SELECT id FROM runs WHERE workspace_id = $1").and(
                " AND id = ?",
                |binds| {
                    binds.id(run);
                },
            );
            if !select.all(&mut moment).await?.is_empty() {
                costs.push((run, 0));
            }
        }
        moment.commit().await?;
        reader.keep();
        Ok(report(&entries, meters, costs))
    }
}

fn report(entries: &[Entry], meters: Vec<Meter>, costs: Vec<(RunId, i64)>) -> CreditReport {
    let mut report = CreditReport { entries: entries.len() as u64, ..CreditReport::default() };
    let mut of_reservations: BTreeMap<ReservationId, Vec<&Entry>> = BTreeMap::new();
    let mut of_runs: BTreeMap<RunId, i64> = BTreeMap::new();
    for entry in entries {
        let (reserved, spent) = entry.moves();
        report.reserved += reserved;
        report.spent += spent;
        of_reservations.entry(entry.reservation_id).or_default().push(entry);
        // What was forfeited is of calls whose answers nobody has, so that no step has their cost.
        if let (Some(run), false) = (entry.run_id, entry.kind == EntryKind::Forfeit) {
            *of_runs.entry(run).or_default() += spent;
        }
    }
    for (id, lines) in of_reservations {
        let left: i64 = lines.iter().map(|entry| entry.moves().0).sum();
        let whole = lines.iter().enumerate().all(|(at, entry)| entry.line == at as i64);
        if !whole || lines.len() > 1 && left != 0 {
            let left = Unit::Credits.words(left);
            report.differences.push(format!("of reservation {id}, {left} are neither spent nor given back"));
        }
    }
    let mut kept: BTreeMap<MeterKey, Meter> =
        meters.into_iter().map(|meter| (meter.key.clone(), meter)).collect();
    for is in fold(entries) {
        let has = kept.remove(&is.key).unwrap_or_else(|| Meter::new(is.key));
        report.differences.extend(differs(&has, (is.reserved, is.used)));
    }
    report.differences.extend(kept.values().filter_map(|has| differs(has, (0, 0))));
    for (run, cost) in costs {
        let settled = of_runs.remove(&run).unwrap_or_default();
        if settled != cost {
            let (cost, settled) = (Unit::Credits.words(cost), Unit::Credits.words(settled));
            report.differences.push(format!("run {run} cost {cost} and {settled} were settled for it"));
        }
    }
    report
}

/// All rows of a statement in the order of their ids, as many at a time as any page has.
async fn by_id<T>(
    workspace: WorkspaceId,
    connection: &mut AnyConnection,
    (table, sql): (&'static str, &'static str),
    read: impl Fn(&AnyRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let select = Select::of(workspace, sql)
            .and_if(" AND id > ?", after, |binds, after| {
                binds.text(after);
            })
            .and(" ORDER BY id LIMIT ? + 0", |binds| {
                binds.int(MAX_LIMIT);
            });
        let page = select.all(connection).await?;
        found.extend(all(&page, &read)?);
        match page.last() {
            Some(row) if page.len() as i64 == MAX_LIMIT => after = Some(Columns { table, row }.text("id")?),
            _ => return Ok(found),
        }
    }
}

/// In the order of their reservations.
async fn all_entries(
    workspace: WorkspaceId,
    connection: &mut AnyConnection,
) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map(|last| last.reservation_id);
        let select = Select::of(workspace, "SELECT * FROM credit_entries WHERE workspace_id = $1")
            .and_if(" AND reservation_id > ?", after, |binds, after| {
                binds.id(after);
            })
            .and(" ORDER BY reservation_id, line LIMIT ? + 0", |binds| {
                binds.int(MAX_LIMIT);
            });
        let mut page = all(&select.all(connection).await?, get_entry)?;
        let full = page.len() as i64 == MAX_LIMIT;
        if let (true, Some(last)) = (full, page.last().map(|entry| entry.reservation_id)) {
            // Reservations come whole: one that goes on over the edge of a page is read again.
            page.retain(|entry| entry.reservation_id != last);
        }
        entries.append(&mut page);
        if !full {
            return Ok(entries);
        }
    }
}

impl Store {
    /// Credits that were set aside before then for a call outside of any run, and never settled.
    pub async fn abandoned_reservations(
        &self,
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<(WorkspaceId, ReservationId)>, StoreError> {
        const SQL: &str = "SELECT e.workspace_id, e.reservation_id FROM credit_entries AS e \
                           WHERE e.line = 0 AND e.run_id IS NULL AND e.at < $1 AND NOT EXISTS \
                           (SELECT 1 FROM credit_entries AS s WHERE s.workspace_id = e.workspace_id \
                           AND s.reservation_id = e.reservation_id AND s.line = 1) ORDER BY e.at LIMIT $2 + 0";
        let mut binds = Binds::default();
        binds.at(before).int(limit);
        let mut reader = self.reader(scope::Scope::Everywhere).await?;
        let rows = self.heard(binds.fetch_all(&mut reader, SQL.into())).await?;
        reader.keep();
        all(&rows, |row| {
            let c = Columns { table: "credit_entries", row };
            Ok((c.id("workspace_id")?, c.id("reservation_id")?))
        })
    }

    /// Meters of minutes that are long over say nothing any more.
    pub async fn forget_minutes(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.writer
            .within(scope::Scope::Everywhere)
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.at(before);
                    binds
                        .execute(connection, "DELETE FROM meters WHERE span = 'minute' AND starts_at < $1")
                        .await
                })
            })
            .await
    }
}

fn differs(has: &Meter, (reserved, used): (i64, i64)) -> Option<String> {
    ((has.reserved, has.used) != (reserved, used)).then(|| {
        format!(
            "meter {} says {} set aside and {} spent, and the entries say {} and {}",
            has.key,
            Credits(has.reserved),
            Credits(has.used),
            Credits(reserved),
            Credits(used)
        )
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn what_a_run_cost_is_found_by_the_run() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let run = Some(RunId(Uuid::nil()));
        for (run, index) in [(run, "credit_entries_by_run"), (None, "credit_entries_by_time")] {
            let select =
                entries_of(WorkspaceId(Uuid::nil()), run).then(" ORDER BY at DESC, id DESC LIMIT 50");
            let plan = select.plan(&mut connection).await.unwrap();
            assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
            assert!(plan[0].contains(index), "{plan:?}");
        }
    }
}
