//! Approvals and the decisions taken on them.

use domain::{
    ApprovalId, RunId, Timestamp, WorkspaceId,
    approval::{Approval, ApprovalStatus, Decision},
    queue::{Narrowed, QueueOrder},
};
use sqlx::any::AnyRow;

use super::Order;
use crate::{
    ApprovalFilter, Assigned, Page, StoreError, WorkspaceStore, rows,
    rows::Columns,
    sql::{Select, contains},
};

/// Whose it is, of a table with the column `assignee_id`.
pub(super) fn assigned(select: Select, whose: Option<&Assigned>) -> Select {
    match whose {
        None => select,
        Some(Assigned::Nobody) => select.then(
            " AND (assignee_id IS NULL OR assignee_id IN \
             (SELECT u.id FROM users u WHERE u.workspace_id = $1 AND u.deactivated_at IS NOT NULL))",
        ),
        Some(Assigned::To(people)) => {
            let marks =
                if people.is_empty() { "NULL".to_owned() } else { vec!["?"; people.len()].join(", ") };
            select.and(&format!(" AND assignee_id IN ({marks})"), |binds| {
                for person in people {
                    binds.id(person);
                }
            })
        }
    }
}

pub(super) fn narrow(select: Select, filter: &ApprovalFilter) -> Select {
    let mut select = select.of_status(filter.status.map(|status| status.as_str()));
    if let Some(standing) = filter.may.as_ref().filter(|standing| !standing.everything) {
        // NULL is in no list.
        let marks = if standing.answers_for.is_empty() {
            "NULL".to_owned()
        } else {
            vec!["?"; standing.answers_for.len()].join(", ")
        };
        select = select.and(&format!(" AND role IN ({marks})"), |binds| {
            for asked in &standing.answers_for {
                binds.text(asked.as_str());
            }
        });
        let marks = vec!["?"; standing.teams.len()].join(", ");
        let within = if marks.is_empty() { String::new() } else { format!(" OR team IN ({marks})") };
        select = select.and(&format!(" AND (team IS NULL{within})"), |binds| {
            for team in &standing.teams {
                binds.text(team.as_str());
            }
        });
    }
    let Narrowed { text, agent, tool, risk, rule, intent, customer_id, .. } = &filter.narrowed;
    for (condition, value) in [
        (" AND agent = ?", agent),
        (" AND tool = ?", tool),
        (" AND rule = ?", rule),
        (" AND intent = ?", intent),
    ] {
        select = select.and_if(condition, value.as_deref(), |binds, value| {
            binds.text(value);
        });
    }
    select = select
        .and_if(" AND risk = ?", *risk, |binds, risk| {
            binds.text(risk.as_str());
        })
        .and_if(
            " AND ticket_id IN (SELECT t.id FROM tickets t WHERE t.workspace_id = $1 AND t.customer_id = ?)",
            *customer_id,
            |binds, customer| {
                binds.id(customer);
            },
        )
        .and_if(" AND expires_at <= ?", filter.expires_before, |binds, at| {
            binds.at(at);
        });
    select = match filter.snoozed {
        Some((true, now)) => select.and(" AND snoozed_until > ?", |binds| {
            binds.at(now);
        }),
        Some((false, now)) => select.and(" AND (snoozed_until IS NULL OR snoozed_until <= ?)", |binds| {
            binds.at(now);
        }),
        None => select,
    };
    select = assigned(select, filter.assigned.as_ref());
    let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return select };
    let pattern = contains(text);
    select.and(
        " AND (search LIKE ? ESCAPE '\\' OR ticket_id IN (SELECT t.id FROM tickets t WHERE t.workspace_id = $1 \
         AND (t.search LIKE ? ESCAPE '\\' OR t.customer_id IN (SELECT c.id FROM customers c \
         WHERE c.workspace_id = $1 AND c.search LIKE ? ESCAPE '\\'))))",
        |binds| {
            binds.text(pattern.as_str()).text(pattern.as_str()).text(pattern.as_str());
        },
    )
}

impl WorkspaceStore {
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        let select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, rows::get_approval).await
    }

    /// Pending ones in the order that is asked for, which is what is at stake; any other list the newest
    /// first.
    pub async fn approvals(
        &self,
        filter: &ApprovalFilter,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Approval>, StoreError> {
        let select =
            narrow(Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1"), filter);
        let pending = filter.status == Some(ApprovalStatus::Pending);
        let by_age = |approval: &Approval| (approval.requested_at, approval.id.to_string());
        let read = rows::get_approval;
        match filter.narrowed.order.unwrap_or_default() {
            _ if !pending => {
                let order = ("requested_at", Order::NewestFirst);
                self.page(select, order, (limit, cursor), read, by_age).await
            }
            QueueOrder::Age => {
                let order = ("requested_at", Order::OldestFirst);
                self.page(select, order, (limit, cursor), read, by_age).await
            }
            QueueOrder::Stake => {
                let order = ("rank", Order::OldestFirst);
                let columns = |row: &AnyRow| {
                    Ok((Columns { table: "approvals", row }.int("rank")?, rows::get_approval(row)?))
                };
                let select =
                    Select::of(self.id, "SELECT approval, rank FROM approvals WHERE workspace_id = $1");
                let select = narrow(select, filter);
                let key = |(rank, approval): &(i64, Approval)| (Timestamp(*rank), approval.id.to_string());
                let page = self.page(select, order, (limit, cursor), columns, key).await?;
                Ok(page.map(|(_, approval)| approval))
            }
        }
    }

    /// How many there are, counted up to `most`.
    pub async fn count_approvals(&self, filter: &ApprovalFilter, most: i64) -> Result<i64, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT count(*) AS n FROM (SELECT id FROM approvals WHERE workspace_id = $1",
        );
        let select = narrow(select, filter).and(" LIMIT ? + 0) AS counted", |binds| {
            binds.int(most);
        });
        Ok(self.one(select, |row| Columns { table: "approvals", row }.int("n")).await?.unwrap_or(0))
    }

    /// The last that people decided on about calls of this tool, the newest first.
    pub async fn decided_about(&self, tool: &str, limit: i64) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND decided_at IS NOT NULL \
             AND status IN ('approved', 'edited', 'rejected', 'responded', 'escalated')",
        )
        .and(" AND tool = ? ORDER BY decided_at DESC, id DESC LIMIT ? + 0", |binds| {
            binds.text(tool).int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// In the order they were asked.
    pub async fn approvals_of_run(&self, run: RunId) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1").and(
            " AND run_id = ? ORDER BY requested_at, id",
            |binds| {
                binds.id(run);
            },
        );
        self.all(select, rows::get_approval).await
    }

    /// Pending approvals whose time is over, the oldest first.
    pub async fn expired_approvals(&self, now: Timestamp, limit: i64) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND status = 'pending'",
        )
        .and(" AND expires_at <= ? ORDER BY expires_at, id LIMIT ? + 0", |binds| {
            binds.at(now).int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// Pending approvals that people are to be reminded of, or that become a higher role's, the longest due
    /// first.
    pub async fn due_approvals(&self, now: Timestamp, limit: i64) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND status = 'pending' \
             AND due_at IS NOT NULL",
        )
        .and(" AND due_at <= ? AND expires_at > ? ORDER BY due_at, id LIMIT ? + 0", |binds| {
            binds.at(now).at(now).int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// In the order they were taken.
    pub async fn decisions(&self, approval: ApprovalId) -> Result<Vec<Decision>, StoreError> {
        self.all(decisions_of(self.id, approval), rows::get_decision).await
    }

    /// How many approvals wait for a person.
    pub async fn pending_count(&self) -> Result<i64, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT count(*) AS n FROM approvals WHERE workspace_id = $1 AND status = 'pending'",
        );
        let count = self.one(select, |row| Columns { table: "approvals", row }.int("n")).await?;
        Ok(count.unwrap_or(0))
    }
}

/// Sorted by a sum, so that SQLite finds them by their approval, and does not walk all decisions there are in
/// the order of their times.
fn decisions_of(workspace: WorkspaceId, approval: ApprovalId) -> Select {
    Select::of(workspace, "SELECT decision FROM decisions WHERE workspace_id = $1").and(
        " AND approval_id = ? ORDER BY at + 0, id",
        |binds| {
            binds.id(approval);
        },
    )
}

#[cfg(test)]
mod tests {
    use domain::{UserId, standing::Standing, user::Role};
    use sqlx::Connection as _;

    use super::*;

    #[tokio::test]
    async fn a_narrowed_queue_is_walked_in_its_order_and_never_sorted() {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let text = |text: &str| Some(text.to_owned());
        let narrowed = Narrowed { agent: text("a"), tool: text("t"), text: text("x"), ..Narrowed::default() };
        let pending = Some(ApprovalStatus::Pending);
        let all = ApprovalFilter { status: pending, ..ApprovalFilter::default() };
        let few = ApprovalFilter {
            narrowed,
            may: Some(Standing::built_in(UserId(uuid::Uuid::nil()), Role::Reviewer)),
            assigned: Some(Assigned::Nobody),
            snoozed: Some((false, Timestamp(1))),
            ..all.clone()
        };
        for filter in [all, few] {
            for (order, index) in [("rank", "approvals_by_rank"), ("requested_at", "approvals_by_status")] {
                let sql = "SELECT approval FROM approvals WHERE workspace_id = $1";
                let select = narrow(Select::of(WorkspaceId(uuid::Uuid::nil()), sql), &filter)
                    .then(&format!(" ORDER BY {order}, id LIMIT 50"));
                let plan = select.plan(&mut connection).await.unwrap();
                assert!(plan[0].contains(index), "{plan:?}");
                assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_decisions_on_an_approval_are_found_by_it() {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let select = decisions_of(WorkspaceId(uuid::Uuid::nil()), ApprovalId(uuid::Uuid::nil()));
        let plan = select.plan(&mut connection).await.unwrap();
        assert!(plan[0].contains("(workspace_id=? AND approval_id=?)"), "{plan:?}");
    }
}
