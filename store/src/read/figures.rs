//! The desk in figures: what is open, what waits, what became of what agents resolved, and what it cost.

use domain::{MessageId, TicketId, Timestamp, WorkspaceId, meter::Window};
use sqlx::AnyConnection;

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

/// What is written of a ticket that was resolved.
pub(crate) struct NewResolution {
    pub ticket: TicketId,
    /// Of the event that says it.
    pub version: i64,
    pub agent: Option<String>,
    pub at: Timestamp,
}

/// What a later event says of the resolution before it.
pub(crate) struct LaterMark {
    pub ticket: TicketId,
    pub version: i64,
    pub heard: Heard,
    pub at: Timestamp,
}

#[derive(Clone, Copy)]
pub(crate) enum Heard {
    Reopened,
    /// What the customer says of this message; a later word replaces the one before.
    Rated {
        message_id: MessageId,
        helpful: bool,
    },
}

pub(crate) const RESOLUTIONS: Table = Table {
    name: "resolutions",
    columns: &["workspace_id", "ticket_id", "version", "agent", "at"],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_resolution((workspace, new): &(WorkspaceId, &NewResolution), binds: &mut Binds) {
    binds.id(workspace).id(new.ticket).int(new.version).opt_text(new.agent.as_deref()).at(new.at);
}

/// After the new ones of the same batch, which may be meant.
pub(crate) async fn put_mark(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    mark: &LaterMark,
) -> Result<(), StoreError> {
    let sql = match mark.heard {
        Heard::Reopened => {
            "UPDATE resolutions SET reopened_at = $3 WHERE workspace_id = $1 AND ticket_id = $2 AND version = \
             (SELECT max(version) FROM resolutions WHERE workspace_id = $1 AND ticket_id = $2 AND version < $4)"
        }
        Heard::Rated { helpful: true, .. } => {
            "UPDATE resolutions SET confirmed_at = $3, unhelpful_at = NULL \
             WHERE workspace_id = $1 AND ticket_id = $2 AND version = \
             (SELECT max(version) FROM resolutions WHERE workspace_id = $1 AND ticket_id = $2 AND version < $4)"
        }
        Heard::Rated { helpful: false, .. } => {
            "UPDATE resolutions SET unhelpful_at = $3, confirmed_at = NULL \
             WHERE workspace_id = $1 AND ticket_id = $2 AND version = \
             (SELECT max(version) FROM resolutions WHERE workspace_id = $1 AND ticket_id = $2 AND version < $4)"
        }
    };
    let mut binds = Binds::default();
    binds.id(workspace).id(mark.ticket).at(mark.at).int(mark.version);
    binds.execute(connection, sql).await.map(|_| ())
}

/// How many there are, and since when the one that has waited longest does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub n: i64,
    pub oldest: Option<Timestamp>,
}

/// The desk at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskNow {
    /// Tickets; the oldest is the one that nothing has happened to for longest.
    pub open: Waiting,
    pub waiting_for_staff: Waiting,
    pub waiting_for_customer: Waiting,
    /// Approvals that wait for a person.
    pub approvals: Waiting,
    /// Runs that agents work on, or will when their turn comes.
    pub runs: Waiting,
}

/// A day (UTC), counted from 1970-01-01.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskDay {
    pub day: i64,
    /// Tickets that came in.
    pub opened: i64,
    /// Resolved by agents on this day, by what became of it until now.
    pub confirmed: i64,
    pub assumed: i64,
    /// The customer said that it did not help.
    pub unhelpful: i64,
    pub reopened: i64,
    /// Millionths of a credit.
    pub spent: i64,
}

impl DeskDay {
    /// Its midnight.
    pub fn starts_at(&self) -> Timestamp {
        Timestamp(self.day * DAY)
    }
}

const DAY: i64 = 86_400_000_000;

/// Each by an index of its own. The words stand in the text, because indexes have them as conditions.
const NOW: &str = "SELECT status AS kind, count(*) AS n, min(updated_at) AS oldest FROM tickets \
    WHERE workspace_id = $1 AND status IN ('open', 'waiting_for_staff', 'waiting_for_customer') GROUP BY status \
    UNION ALL SELECT 'approvals', count(*), min(requested_at) FROM approvals \
    WHERE workspace_id = $1 AND status = 'pending' \
    UNION ALL SELECT 'runs', count(*), min(created_at) FROM runs \
    WHERE workspace_id = $1 AND status IN ('queued', 'running')";

const DAYS: &str = "SELECT 'resolved' AS kind, at / 86400000000 AS day, count(*) AS n, \
    count(reopened_at) AS reopened, count(CASE WHEN reopened_at IS NULL THEN confirmed_at END) AS confirmed, \
    count(CASE WHEN reopened_at IS NULL THEN unhelpful_at END) AS unhelpful \
    FROM resolutions WHERE workspace_id = $1 AND agent IS NOT NULL";
const OPENED: &str = " GROUP BY at / 86400000000 UNION ALL SELECT 'opened', created_at / 86400000000, count(*), \
    0, 0, 0 FROM tickets WHERE workspace_id = $1";
const SPENT: &str = " GROUP BY created_at / 86400000000 UNION ALL \
    SELECT 'spent', starts_at / 86400000000, used, 0, 0, 0 FROM meters WHERE workspace_id = $1";

fn days(workspace: WorkspaceId, from: Timestamp) -> Select {
    let since = |binds: &mut Binds| {
        binds.at(from);
    };
    Select::of(workspace, DAYS)
        .and(" AND at >= ?", since)
        .then(OPENED)
        .and(" AND created_at >= ?", since)
        .then(SPENT)
        .and(" AND starts_at >= ? AND scope_kind = 'workspace' AND unit = 'credits' AND span = 'day'", since)
}

impl WorkspaceStore {
    pub async fn desk_now(&self) -> Result<DeskNow, StoreError> {
        let counted = self.all(Select::of(self.id, NOW), |row| {
            let c = Columns { table: "(desk)", row };
            Ok((c.text("kind")?, Waiting { n: c.int("n")?, oldest: c.opt_at("oldest")? }))
        });
        let mut desk = DeskNow::default();
        for (kind, waiting) in counted.await? {
            match kind.as_str() {
                "open" => desk.open = waiting,
                "waiting_for_staff" => desk.waiting_for_staff = waiting,
                "waiting_for_customer" => desk.waiting_for_customer = waiting,
                "approvals" => desk.approvals = waiting,
                _ => desk.runs = waiting,
            }
        }
        Ok(desk)
    }

    /// The last `count` days, today included, the oldest first.
    pub async fn desk_days(&self, now: Timestamp, count: u16) -> Result<Vec<DeskDay>, StoreError> {
        let today = Window::Day.start(now).0.div_euclid(DAY);
        let first = today + 1 - i64::from(count);
        let mut found: Vec<DeskDay> =
            (first..=today).map(|day| DeskDay { day, ..DeskDay::default() }).collect();
        let counted = self.all(days(self.id, Timestamp(first * DAY)), |row| {
            let c = Columns { table: "(desk)", row };
            let became = [c.int("reopened")?, c.int("confirmed")?, c.int("unhelpful")?];
            Ok((c.text("kind")?, c.int("day")?, c.int("n")?, became))
        });
        for (kind, day, n, [reopened, confirmed, unhelpful]) in counted.await? {
            let Some(day) = usize::try_from(day - first).ok().and_then(|at| found.get_mut(at)) else {
                continue;
            };
            match kind.as_str() {
                "opened" => day.opened = n,
                "spent" => day.spent = n,
                _ => {
                    day.assumed = n - reopened - confirmed - unhelpful;
                    (day.reopened, day.confirmed, day.unhelpful) = (reopened, confirmed, unhelpful);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn figures_are_counted_in_indexes_by_status_and_time() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let workspace = WorkspaceId(Uuid::nil());
        for (select, indexes) in [
            (Select::of(workspace, NOW), ["tickets_by_status", "approvals_by_status", "runs_by_status"]),
            (
                days(workspace, Timestamp(0)),
                ["resolutions_by_agents", "tickets_by_creation", "meters_by_start"],
            ),
        ] {
            let plan = select.plan(&mut connection).await.unwrap();
            for step in &plan {
                assert!(!step.starts_with("SCAN"), "{step}");
                assert!(
                    !step.starts_with("SEARCH") || step.contains("AND") || step.contains("status"),
                    "{step}"
                );
            }
            for index in indexes {
                assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:?}");
            }
        }
    }
}
