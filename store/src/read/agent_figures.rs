//! What each agent did: how its runs ended, what became of what it resolved, what it cost and how sure it was.

use std::collections::BTreeMap;

use domain::{Timestamp, WorkspaceId, meter::Window};

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

/// What an agent did in a time. Its runs count when they are over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentPeriod {
    pub answered: i64,
    pub asked: i64,
    pub handed_off: i64,
    /// Did what they were begun for, without a customer who waited.
    pub done: i64,
    /// Nothing was to be done.
    pub nothing: i64,
    /// Given up, or quarantined.
    pub failed: i64,
    /// Tickets that it resolved, and how many of them were opened again since.
    pub resolved: i64,
    pub reopened: i64,
    /// Millionths of a credit.
    pub cost_micros: i64,
    /// Calls with an effect that were done, and the sum of how sure it was of them, in thousandths.
    pub calls: i64,
    pub confidence: i64,
}

/// An agent at a moment, and what it did until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentFigures {
    /// Runs that it works on, or will when their turn comes.
    pub at_work: i64,
    /// Runs that wait for a person, a message or a time.
    pub waiting: i64,
    /// Since midnight (UTC).
    pub today: AgentPeriod,
    /// In all days that were asked for, with today.
    pub days: AgentPeriod,
}

const DAY: i64 = 86_400_000_000;

/// Each by an index of its own, with the index's condition in the text. Sums are cast, because those of Postgres
/// are no bigints.
const OVER: &str = "SELECT CASE WHEN status = 'done' THEN coalesce(ended_as, 'nothing') ELSE 'failed' END AS kind, \
    agent, updated_at / 86400000000 AS day, count(*) AS n, CAST(sum(cost_micros) AS bigint) AS total FROM runs \
    WHERE workspace_id = $1 AND status IN ('done', 'dead', 'quarantined')";
const RESOLVED: &str = " GROUP BY status, ended_as, agent, updated_at / 86400000000 \
    UNION ALL SELECT 'resolved', agent, at / 86400000000, count(*), count(reopened_at) FROM resolutions \
    WHERE workspace_id = $1 AND agent IS NOT NULL";
const CALLS: &str = " GROUP BY agent, at / 86400000000 \
    UNION ALL SELECT 'calls', agent, created_at / 86400000000, count(confidence), \
    CAST(coalesce(sum(confidence), 0) AS bigint) FROM effects WHERE workspace_id = $1 AND agent IS NOT NULL";
const ACTIVE: &str = " GROUP BY agent, created_at / 86400000000 \
    UNION ALL SELECT 'active', agent, 0, count(*), count(CASE WHEN status = 'waiting' THEN 1 END) FROM runs \
    WHERE workspace_id = $1 AND status IN ('queued', 'running', 'waiting') GROUP BY agent";

fn figures(workspace: WorkspaceId, from: Timestamp) -> Select {
    let since = |binds: &mut Binds| {
        binds.at(from);
    };
    Select::of(workspace, OVER)
        .and(" AND updated_at >= ?", since)
        .then(RESOLVED)
        .and(" AND at >= ?", since)
        .then(CALLS)
        .and(" AND created_at >= ?", since)
        .then(ACTIVE)
}

impl WorkspaceStore {
    /// Of the agents that did something in the last `days` days, today included, or are about to.
    pub async fn agent_figures(
        &self,
        now: Timestamp,
        days: u16,
    ) -> Result<BTreeMap<String, AgentFigures>, StoreError> {
        let today = Window::Day.start(now).0.div_euclid(DAY);
        let from = Timestamp((today + 1 - i64::from(days)) * DAY);
        let counted = self.all(figures(self.id, from), |row| {
            let c = Columns { table: "(agents)", row };
            Ok((c.text("kind")?, c.text("agent")?, c.int("day")?, c.int("n")?, c.int("total")?))
        });
        let mut found = BTreeMap::<String, AgentFigures>::new();
        for (kind, agent, day, n, total) in counted.await? {
            let of = found.entry(agent).or_default();
            if kind == "active" {
                (of.at_work, of.waiting) = (n - total, total);
                continue;
            }
            of.days.count(&kind, n, total);
            if day == today {
                of.today.count(&kind, n, total);
            }
        }
        Ok(found)
    }
}

impl AgentPeriod {
    fn count(&mut self, kind: &str, n: i64, total: i64) {
        match kind {
            "resolved" => {
                self.resolved += n;
                self.reopened += total;
                return;
            }
            "calls" => {
                self.calls += n;
                self.confidence += total;
                return;
            }
            "answered" => self.answered += n,
            "asked" => self.asked += n,
            "handed_off" => self.handed_off += n,
            "done" => self.done += n,
            "failed" => self.failed += n,
            _ => self.nothing += n,
        }
        self.cost_micros += total;
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn what_agents_did_is_counted_in_indexes() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let plan = figures(WorkspaceId(Uuid::nil()), Timestamp(0)).plan(&mut connection).await.unwrap();
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:?}");
        for index in ["runs_over", "resolutions_by_agents", "effects_by_agents"] {
            let covered = format!("USING COVERING INDEX {index} (workspace_id=? AND");
            assert!(plan.iter().any(|step| step.contains(&covered)), "{index}: {plan:?}");
        }
    }
}
