//! The desk at a glance: what is open, what waits for people, what agents resolved and what it cost.

use std::sync::Arc;

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    Timestamp, WorkspaceId,
    meter::{Scope, Unit, Window},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{DeskDay as CountedDay, DeskNow, Waiting};

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    problem::Problem,
};
use crate::credits::in_use;

/// Days that are shown, today included.
const DAYS: u16 = 30;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/desk", get_with(show, show_docs))
}

/// The desk at a glance. Days are UTC; credits are in millionths.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeskView {
    pub at: Timestamp,
    /// Tickets that an agent, or nobody yet, is on. The oldest is the one nothing has happened to for longest.
    pub open: DeskCount,
    /// Tickets on which a person has to act.
    pub waiting_for_staff: DeskCount,
    pub waiting_for_customer: DeskCount,
    /// Calls that wait for a decision.
    pub approvals: DeskCount,
    /// Runs that are worked on, or will be when their turn comes.
    pub runs: DeskCount,
    /// What is stopped, by people or by itself.
    pub breakers_open: usize,
    /// Tickets that agents resolved today.
    pub today: DeskResolved,
    /// Tickets that agents resolved in the days that are listed.
    pub resolved: DeskResolved,
    pub time_saved: DeskTimeSaved,
    pub spent: DeskSpending,
    /// The last 30 days, today included, the oldest first.
    pub days: Vec<DeskDay>,
}

/// How many there are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeskCount {
    pub n: i64,
    /// Since when the one that has waited longest does.
    pub oldest: Option<Timestamp>,
}

/// Tickets that agents resolved, each counted once, by what became of it until now.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct DeskResolved {
    /// The customer said that the answer helped.
    pub confirmed: i64,
    /// Nobody has objected.
    pub assumed: i64,
    /// The customer said that the answer did not help.
    pub unhelpful: i64,
    /// Opened again afterwards, also when it had been confirmed.
    pub reopened: i64,
}

/// What colleagues did not have to do: the resolved tickets that were neither reopened nor unhelpful, times the minutes
/// that a ticket is taken to cost a person (`desk.minutes_per_ticket`). An estimate, as good as that number.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeskTimeSaved {
    pub minutes: i64,
    pub minutes_per_ticket: i64,
}

/// Credits that the workspace spent, without what is set aside for what is under way.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeskSpending {
    pub today: i64,
    /// The most that may be spent in the day, where there is a ceiling.
    pub most_a_day: Option<i64>,
    pub month: i64,
    pub most_a_month: Option<i64>,
}

/// A day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeskDay {
    /// Its midnight (UTC).
    pub starts_at: Timestamp,
    /// Tickets that came in.
    pub opened: i64,
    /// Tickets that agents resolved on it.
    pub resolved: DeskResolved,
    pub spent: i64,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showDesk").tag("desk").summary("The desk at a glance").description(
        "What is open and waits, what became of what agents resolved, what it cost and what time it saved, now and \
         over 30 days. Counted at most once a second.",
    )
}

async fn show(State(http): State<Http>, staff: Staff<may::ReadSystem>) -> Result<Json<DeskView>, Problem> {
    let store = staff.store(&http);
    if let Some(known) = http.desks.get(&store.id()) {
        return Ok(Json(known.as_ref().clone()));
    }
    let app = &http.app;
    let at = app.clock.now();
    let limits = in_use(&app.house, &store, at).await?;
    let spent = |window: Window| {
        let of = |limit: &&crate::credits::LimitUse| {
            (&limit.scope, limit.unit, limit.window) == (&Scope::Workspace, Unit::Credits, window)
        };
        limits.iter().find(of).map_or((0, None), |limit| (limit.used, limit.most))
    };
    let ((today, most_a_day), (month, most_a_month)) = (spent(Window::Day), spent(Window::Month));
    let figures = Figures {
        now: store.desk_now().await?,
        days: store.desk_days(at, DAYS).await?,
        spent: DeskSpending { today, most_a_day, month, most_a_month },
        breakers_open: stopped(&http, store.id()).await?,
    };
    let view = Arc::new(figures.view(at, i64::from(app.config.desk.minutes_per_ticket)));
    http.desks.insert(store.id(), Arc::clone(&view));
    Ok(Json(view.as_ref().clone()))
}

async fn stopped(http: &Http, workspace: WorkspaceId) -> Result<usize, Problem> {
    let by_people = http.app.store.workspace(workspace).breakers().await?.len();
    Ok(by_people + http.app.outside.open(workspace).len())
}

struct Figures {
    now: DeskNow,
    days: Vec<CountedDay>,
    spent: DeskSpending,
    breakers_open: usize,
}

impl Figures {
    fn view(self, at: Timestamp, minutes_per_ticket: i64) -> DeskView {
        let days: Vec<DeskDay> = self.days.iter().map(DeskDay::of).collect();
        let resolved = days.iter().fold(DeskResolved::default(), |all, day| all.and(day.resolved));
        let minutes = (resolved.confirmed + resolved.assumed).saturating_mul(minutes_per_ticket);
        DeskView {
            at,
            open: self.now.open.into(),
            waiting_for_staff: self.now.waiting_for_staff.into(),
            waiting_for_customer: self.now.waiting_for_customer.into(),
            approvals: self.now.approvals.into(),
            runs: self.now.runs.into(),
            breakers_open: self.breakers_open,
            today: days.last().map(|day| day.resolved).unwrap_or_default(),
            resolved,
            time_saved: DeskTimeSaved { minutes, minutes_per_ticket },
            spent: self.spent,
            days,
        }
    }
}

impl DeskResolved {
    fn and(self, other: Self) -> Self {
        Self {
            confirmed: self.confirmed + other.confirmed,
            assumed: self.assumed + other.assumed,
            unhelpful: self.unhelpful + other.unhelpful,
            reopened: self.reopened + other.reopened,
        }
    }
}

impl From<Waiting> for DeskCount {
    fn from(waiting: Waiting) -> Self {
        Self { n: waiting.n, oldest: waiting.oldest }
    }
}

impl DeskDay {
    fn of(day: &CountedDay) -> Self {
        let CountedDay { confirmed, assumed, unhelpful, reopened, .. } = *day;
        Self {
            starts_at: day.starts_at(),
            opened: day.opened,
            resolved: DeskResolved { confirmed, assumed, unhelpful, reopened },
            spent: day.spent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_saved_by_what_was_neither_reopened_nor_unhelpful() {
        let day = |day, confirmed, assumed, reopened| CountedDay {
            day,
            confirmed,
            assumed,
            unhelpful: 2,
            reopened,
            ..CountedDay::default()
        };
        let figures = Figures {
            now: DeskNow::default(),
            days: vec![day(20_000, 1, 2, 4), day(20_001, 0, 3, 1)],
            spent: DeskSpending { today: 0, most_a_day: None, month: 0, most_a_month: None },
            breakers_open: 0,
        };
        let view = figures.view(Timestamp(0), 8);
        assert_eq!((view.resolved.confirmed, view.resolved.assumed, view.resolved.reopened), (1, 5, 5));
        assert_eq!((view.resolved.unhelpful, view.time_saved.minutes), (4, 48));
        assert_eq!((view.today.assumed, view.days[1].starts_at.0), (3, 20_001 * 86_400_000_000));
    }
}
