//! The rows that a batch of commits touches, loaded with few statements and, on Postgres, locked.
//! What is remembered of earlier batches is not loaded again.
//!
//! The order is always workspaces, tickets, runs, approvals, effects, deliveries, meters, each by id, so
//! that two processes cannot wait for each other.

mod credits;

use std::{collections::BTreeSet, fmt::Display};

use domain::{
    ApprovalId, DeliveryId, EffectId, ReservationId, RunId, TicketId, UserId, WorkspaceId,
    commit::{Commit, Op},
    credit::meters,
    meter::MeterKey,
    ticket::EventBody,
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{
    StoreError,
    dialect::Dialect,
    rows::{self, Columns},
    sql::{Binds, Keyed, Statements, storable},
    state::{Counters, State},
};

type In<T> = (WorkspaceId, T);

/// What the operations of a batch need to see.
#[derive(Default)]
struct Needs {
    workspaces: BTreeSet<WorkspaceId>,
    tickets: BTreeSet<In<TicketId>>,
    /// Tickets whose active run is wanted.
    held: BTreeSet<In<TicketId>>,
    runs: BTreeSet<In<RunId>>,
    /// Runs whose ticket is not known yet.
    retried: BTreeSet<In<RunId>>,
    approvals: BTreeSet<In<ApprovalId>>,
    effects: BTreeSet<In<EffectId>>,
    /// Ids that were just made, so that hardly ever a row has them: tickets, runs, approvals, effects.
    new_tickets: BTreeSet<In<TicketId>>,
    new_runs: BTreeSet<In<RunId>>,
    new_approvals: BTreeSet<In<ApprovalId>>,
    new_effects: BTreeSet<In<EffectId>>,
    calls: BTreeSet<(WorkspaceId, RunId, String)>,
    deliveries: BTreeSet<In<DeliveryId>>,
    /// Reservations that end.
    settled: BTreeSet<In<ReservationId>>,
    meters: BTreeSet<In<MeterKey>>,
    keys: BTreeSet<In<String>>,
    users: BTreeSet<In<UserId>>,
}

impl Needs {
    fn of<'c>(commits: impl Iterator<Item = (WorkspaceId, &'c Commit)>) -> Self {
        let mut needs = Self::default();
        for (workspace, commit) in commits {
            for op in &commit.ops {
                needs.add(workspace, op);
            }
        }
        needs
    }

    fn add(&mut self, workspace: WorkspaceId, op: &Op) {
        match op {
            Op::Append { ticket_id, events } => {
                self.workspaces.insert(workspace);
                match events.first().map(|event| &event.body) {
                    Some(EventBody::Created { .. }) => self.new_tickets.insert((workspace, *ticket_id)),
                    _ => self.tickets.insert((workspace, *ticket_id)),
                };
                if events.iter().any(|event| event.body.concerns_agents()) {
                    self.held.insert((workspace, *ticket_id));
                }
                self.keys.extend(
                    events
                        .iter()
                        .filter_map(|event| event.idempotency_key.clone())
                        .map(|key| (workspace, storable(key))),
                );
            }
            Op::EnsureRun(new) => {
                self.new_runs.insert((workspace, new.id));
                if let Some(ticket_id) = new.ticket_id {
                    self.tickets.insert((workspace, ticket_id));
                    self.held.insert((workspace, ticket_id));
                }
            }
            Op::Run(change) => {
                self.runs.insert((workspace, change.run_id));
            }
            Op::AddApproval(approval) => {
                self.new_approvals.insert((workspace, approval.id));
            }
            Op::Decide(decision, _) => {
                self.workspaces.insert(workspace);
                self.approvals.insert((workspace, decision.approval_id));
                self.users.insert((workspace, decision.user_id));
            }
            Op::TakeBack { approval_id, by, .. } => {
                self.workspaces.insert(workspace);
                self.approvals.insert((workspace, *approval_id));
                self.users.insert((workspace, *by));
            }
            Op::Tend { approval_id, by, .. } => {
                self.workspaces.insert(workspace);
                self.approvals.insert((workspace, *approval_id));
                self.users.extend(by.map(|user| (workspace, user)));
            }
            Op::ActOn { approval_id } => {
                self.approvals.insert((workspace, *approval_id));
            }
            Op::EndApproval { approval_id, .. } | Op::NudgeApproval { approval_id, .. } => {
                self.workspaces.insert(workspace);
                self.approvals.insert((workspace, *approval_id));
            }
            Op::AddEffect(effect) => {
                self.new_effects.insert((workspace, effect.id));
                self.calls.insert((workspace, effect.run_id, effect.call.id.clone()));
            }
            Op::ChangeEffect(change) => {
                self.effects.insert((workspace, change.id));
            }
            Op::StopRun { run_id, .. } => {
                self.runs.insert((workspace, *run_id));
            }
            Op::RetryRun { run_id, .. } => {
                self.runs.insert((workspace, *run_id));
                self.retried.insert((workspace, *run_id));
            }
            Op::ChangeDelivery { id, .. } => {
                self.deliveries.insert((workspace, *id));
            }
            Op::Reserve { reservation, held, .. } => {
                let all = meters(&reservation.agent, reservation.tool.as_deref(), reservation.at);
                self.meters.extend(all.into_iter().map(|key| (workspace, key)));
                self.runs.extend(reservation.run_id.filter(|_| *held).map(|run| (workspace, run)));
            }
            Op::Settle { reservation_id, run_id, .. } => {
                self.settled.insert((workspace, *reservation_id));
                self.runs.extend(run_id.map(|run| (workspace, run)));
            }
            Op::Count { ceilings, at } => {
                self.meters.extend(ceilings.iter().map(|ceiling| (workspace, ceiling.key(*at))));
            }
        }
    }
}

fn pairs<T: Display>(set: &BTreeSet<In<T>>) -> Vec<[String; 2]> {
    set.iter().map(|(workspace, id)| [workspace.to_string(), id.to_string()]).collect()
}

/// Loads everything the commits touch into `state`.
pub(crate) async fn load<'c>(
    connection: &mut AnyConnection,
    statements: &Statements,
    dialect: Dialect,
    commits: impl Iterator<Item = (WorkspaceId, &'c Commit)>,
    state: &mut State,
) -> Result<(), StoreError> {
    let needs = Needs::of(commits);
    let mut loader = Loader { connection, statements, dialect, needs, state };
    loader.forget_what_changed().await?;
    loader.look_for_new().await?;
    loader.resolve().await?;
    loader.leave_out_known();
    loader.workspaces().await?;
    loader.tickets().await?;
    loader.runs().await?;
    loader.approvals().await?;
    loader.effects().await?;
    loader.deliveries().await?;
    loader.credits().await?;
    loader.keys_and_users().await
}

struct Loader<'a> {
    connection: &'a mut AnyConnection,
    statements: &'a Statements,
    dialect: Dialect,
    needs: Needs,
    state: &'a mut State,
}

impl Loader<'_> {
    async fn select<const N: usize>(
        &mut self,
        wanted: Keyed<'_, N>,
        keys: &[[String; N]],
    ) -> Result<Vec<AnyRow>, StoreError> {
        self.statements.select(self.connection, &wanted, keys).await
    }

    /// Rows by id, unlocked.
    async fn seen<T: Display>(
        &mut self,
        name: &'static str,
        table: &str,
        columns: &str,
        ids: &BTreeSet<In<T>>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let wanted = Keyed { name, columns, table, key: ["workspace_id", "id"], and: "", tail: "" };
        self.select(wanted, &pairs(ids)).await
    }

    /// Rows by id, locked.
    async fn locked<T: Display>(
        &mut self,
        table: &'static str,
        columns: &str,
        ids: &BTreeSet<In<T>>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let tail = self.dialect.lock_by_id();
        let wanted = Keyed { name: table, columns, table, key: ["workspace_id", "id"], and: "", tail };
        self.select(wanted, &pairs(ids)).await
    }

    /// What is remembered holds as long as nobody else has written: asked inside the transaction,
    /// which nobody can come between any more.
    async fn forget_what_changed(&mut self) -> Result<(), StoreError> {
        let Some(sql) = self.dialect.data_version() else { return Ok(()) };
        let rows = Binds::default().fetch_all(self.connection, sql.into()).await?;
        let version = rows.first().map(|row| Columns { table: "(version)", row }.int("data_version"));
        let version = version.transpose()?;
        if version.is_none() || version != self.state.data_version {
            *self.state = State::at(version);
        }
        Ok(())
    }

    /// Asks in one statement whether ids that should be new are. Those that are not, because a
    /// commit was handed in twice, are loaded like all others.
    async fn look_for_new(&mut self) -> Result<(), StoreError> {
        let needs = &self.needs;
        let mut keys = pairs(&needs.new_tickets);
        keys.extend(pairs(&needs.new_runs));
        keys.extend(pairs(&needs.new_approvals));
        keys.extend(pairs(&needs.new_effects));
        for row in self.statements.select_born(self.connection, &keys).await? {
            let c = Columns { table: "(born)", row: &row };
            let workspace = c.id("workspace_id")?;
            match c.text("kind")?.as_str() {
                "ticket" => {
                    self.needs.tickets.insert((workspace, c.id("id")?));
                }
                "run" => {
                    self.needs.runs.insert((workspace, c.id("id")?));
                }
                "approval" => {
                    self.needs.approvals.insert((workspace, c.id("id")?));
                }
                _ => {
                    self.needs.effects.insert((workspace, c.id("id")?));
                }
            }
        }
        // What the batch itself makes is not looked for a second time.
        let made = std::mem::take(&mut self.needs.new_tickets);
        let known = &self.needs.tickets;
        let new: BTreeSet<_> = made.into_iter().filter(|key| !known.contains(key)).collect();
        self.needs.held.retain(|key| !new.contains(key));
        Ok(())
    }

    fn leave_out_known(&mut self) {
        let (needs, state) = (&mut self.needs, &*self.state);
        needs.workspaces.retain(|id| !state.workspaces.contains_key(id));
        needs.tickets.retain(|key| !state.tickets.contains_key(key));
        needs.runs.retain(|key| !state.runs.contains_key(key));
        needs.approvals.retain(|key| !state.approvals.contains_key(key));
        needs.effects.retain(|key| !state.effects.contains_key(key));
        needs.users.retain(|key| !state.users.contains_key(key));
        if self.dialect.data_version().is_some() {
            // A ticket that is remembered comes with its active run.
            needs.held = needs.tickets.clone();
        }
    }

    /// Finds the tickets and runs behind approvals and retried runs. These never change, so that
    /// they can be read before anything is locked.
    async fn resolve(&mut self) -> Result<(), StoreError> {
        let (known, unknown): (BTreeSet<_>, BTreeSet<_>) =
            self.needs.approvals.iter().partition(|key| self.state.approvals.contains_key(key));
        for key in known {
            let Some(approval) = self.state.approvals.get(&key) else { continue };
            self.needs.runs.insert((key.0, approval.run_id));
            self.needs.tickets.extend(approval.ticket_id.map(|ticket| (key.0, ticket)));
        }
        if !unknown.is_empty() {
            let ids = unknown;
            let columns = "workspace_id, ticket_id, run_id";
            for row in self.seen("approval owners", "approvals", columns, &ids).await? {
                let c = Columns { table: "approvals", row: &row };
                let workspace = c.id("workspace_id")?;
                self.needs.runs.insert((workspace, c.id("run_id")?));
                if let Some(ticket) = c.opt_id("ticket_id")? {
                    self.needs.tickets.insert((workspace, ticket));
                }
            }
        }
        if !self.needs.retried.is_empty() {
            let ids = std::mem::take(&mut self.needs.retried);
            for row in self.seen("run owners", "runs", "workspace_id, ticket_id", &ids).await? {
                let c = Columns { table: "runs", row: &row };
                if let Some(ticket) = c.opt_id("ticket_id")? {
                    let key = (c.id("workspace_id")?, ticket);
                    self.needs.tickets.insert(key);
                    self.needs.held.insert(key);
                }
            }
        }
        Ok(())
    }

    async fn workspaces(&mut self) -> Result<(), StoreError> {
        if self.needs.workspaces.is_empty() {
            return Ok(());
        }
        let keys: Vec<[String; 1]> = self.needs.workspaces.iter().map(|id| [id.to_string()]).collect();
        let wanted = Keyed {
            name: "workspaces",
            columns: "id, next_ticket_number, event_position",
            table: "workspaces",
            key: ["id"],
            and: "",
            tail: self.dialect.lock_workspaces(),
        };
        for row in self.select(wanted, &keys).await? {
            let c = Columns { table: "workspaces", row: &row };
            let counters = Counters {
                next_ticket_number: c.int("next_ticket_number")?,
                event_position: c.int("event_position")?,
            };
            self.state.workspaces.insert(c.id("id")?, counters);
        }
        Ok(())
    }

    async fn tickets(&mut self) -> Result<(), StoreError> {
        let ids = std::mem::take(&mut self.needs.tickets);
        for row in self.locked("tickets", "workspace_id, snapshot", &ids).await? {
            let ticket = rows::get_ticket(&row)?;
            self.state.tickets.insert((rows::workspace_of(&row)?, ticket.id), ticket);
        }
        Ok(())
    }

    async fn runs(&mut self) -> Result<(), StoreError> {
        // Only one who holds the ticket's lock starts runs on it, so none can appear meanwhile; one
        // that ends meanwhile is seen as ended when it is locked.
        let held: BTreeSet<In<TicketId>> =
            self.needs.held.iter().filter(|key| self.state.tickets.contains_key(key)).copied().collect();
        let wanted = Keyed {
            name: "active runs",
            columns: "workspace_id, id",
            table: "runs",
            key: ["workspace_id", "ticket_id"],
            and: " AND t.status IN ('queued', 'running', 'waiting')",
            tail: "",
        };
        for row in self.select(wanted, &pairs(&held)).await? {
            let c = Columns { table: "runs", row: &row };
            let key = (c.id("workspace_id")?, c.id("id")?);
            match self.state.runs.get(&key).map(|run| (run.status.is_active(), run.ticket_id)) {
                Some((true, Some(ticket))) => {
                    self.state.active.insert((key.0, ticket), key.1);
                }
                Some(_) => {}
                None => {
                    self.needs.runs.insert(key);
                }
            }
        }
        let ids = std::mem::take(&mut self.needs.runs);
        for row in self.locked("runs", "t.*", &ids).await? {
            let (workspace, run) = (rows::workspace_of(&row)?, rows::get_run(&row)?);
            if let (true, Some(ticket)) = (run.status.is_active(), run.ticket_id) {
                self.state.active.insert((workspace, ticket), run.id);
            }
            self.state.runs.insert((workspace, run.id), run);
        }
        Ok(())
    }

    async fn approvals(&mut self) -> Result<(), StoreError> {
        let ids = std::mem::take(&mut self.needs.approvals);
        if ids.is_empty() {
            return Ok(());
        }
        for row in self.locked("approvals", "workspace_id, approval", &ids).await? {
            let approval = rows::get_approval(&row)?;
            self.state.approvals.insert((rows::workspace_of(&row)?, approval.id), approval);
        }
        let wanted = Keyed {
            name: "decisions",
            columns: "workspace_id, decision",
            table: "decisions",
            key: ["workspace_id", "approval_id"],
            and: "",
            tail: " ORDER BY t.at, t.id",
        };
        for row in self.select(wanted, &pairs(&ids)).await? {
            let decision = rows::get_decision(&row)?;
            self.state
                .decisions
                .entry((rows::workspace_of(&row)?, decision.approval_id))
                .or_default()
                .push(decision);
        }
        Ok(())
    }

    async fn effects(&mut self) -> Result<(), StoreError> {
        let ids = std::mem::take(&mut self.needs.effects);
        for row in self.locked("effects", "workspace_id, effect", &ids).await? {
            let effect = rows::get_effect(&row)?;
            self.state.effects.insert((rows::workspace_of(&row)?, effect.id), effect);
        }
        let keys: Vec<[String; 3]> = std::mem::take(&mut self.needs.calls)
            .into_iter()
            .map(|(workspace, run, call)| [workspace.to_string(), run.to_string(), call])
            .collect();
        let wanted = Keyed {
            name: "calls",
            columns: "workspace_id, run_id, call_id",
            table: "effects",
            key: ["workspace_id", "run_id", "call_id"],
            and: "",
            tail: "",
        };
        for row in self.select(wanted, &keys).await? {
            let c = Columns { table: "effects", row: &row };
            self.state.calls.insert((c.id("workspace_id")?, c.id("run_id")?, c.text("call_id")?));
        }
        Ok(())
    }

    async fn deliveries(&mut self) -> Result<(), StoreError> {
        let ids = std::mem::take(&mut self.needs.deliveries);
        for row in self.locked("deliveries", "t.*", &ids).await? {
            let delivery = rows::get_delivery(&row)?;
            self.state.deliveries.insert((rows::workspace_of(&row)?, delivery.id), delivery);
        }
        Ok(())
    }

    async fn keys_and_users(&mut self) -> Result<(), StoreError> {
        let keys = pairs(&std::mem::take(&mut self.needs.keys));
        let wanted = Keyed {
            name: "keys",
            columns: "workspace_id, idempotency_key, ticket_id, id",
            table: "events",
            key: ["workspace_id", "idempotency_key"],
            and: " AND t.idempotency_key IS NOT NULL",
            tail: "",
        };
        for row in self.select(wanted, &keys).await? {
            let c = Columns { table: "events", row: &row };
            let key = (c.id("workspace_id")?, c.text("idempotency_key")?);
            self.state.keys.insert(key, (c.id("ticket_id")?, c.id("id")?));
        }
        let users = std::mem::take(&mut self.needs.users);
        for row in self.seen("users", "users", "workspace_id, id, name", &users).await? {
            let c = Columns { table: "users", row: &row };
            self.state.users.insert((c.id("workspace_id")?, c.id("id")?), c.text("name")?);
        }
        Ok(())
    }
}
