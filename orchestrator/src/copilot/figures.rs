//! The figures of the desk, as a colleague's question needs them.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    copilot::{Found, LookupError, ReadSource, SourceKind},
    meter::{Scope, Unit, Window},
};
use serde_json::{Value, json};
use store::{DeskDay, Waiting, WorkspaceStore};

use super::{
    ago, credits,
    records::{Records, failed},
};

/// Days that are summed up, today included.
const DAYS: u16 = 30;
const WEEK: usize = 7;

pub(super) async fn read(
    records: &Records,
    store: &WorkspaceStore,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let desk = store.desk_now().await.map_err(failed)?;
    let days = store.desk_days(now, DAYS).await.map_err(failed)?;
    let meters = store.meters(now).await.map_err(failed)?;
    let spent = |window: Window| {
        let of_all = |scope: &Scope, unit: Unit, of: Window| {
            *scope == Scope::Workspace && unit == Unit::Credits && of == window
        };
        let ceiling =
            records.budgets.all().find(|ceiling| of_all(&ceiling.scope, ceiling.unit, ceiling.window));
        let begun = window.start(now);
        let meter = meters.iter().find(|meter| {
            of_all(&meter.key.scope, meter.key.unit, meter.key.window) && meter.key.starts_at == begun
        });
        json!({
            "credits": credits(meter.map_or(0, |meter| meter.used)),
            "ceiling": ceiling.map(|ceiling| credits(ceiling.most)),
        })
    };
    let by_people = store.breakers().await.map_err(failed)?;
    let mut stopped: Vec<String> = by_people.iter().map(|breaker| breaker.of.words()).collect();
    stopped.extend(records.outside.open(store.id()).iter().map(|breaker| breaker.of.words()));
    let waits =
        |waiting: Waiting| json!({ "count": waiting.n, "oldest": waiting.oldest.map(|at| ago(now, at)) });
    let all = summed(&days);
    let kept = all.confirmed + all.assumed;
    let content = json!({
        "ref": "figures",
        "open": waits(desk.open),
        "waiting_for_staff": waits(desk.waiting_for_staff),
        "waiting_for_customer": waits(desk.waiting_for_customer),
        "approvals_waiting": waits(desk.approvals),
        "runs_under_way": waits(desk.runs),
        "stopped": stopped,
        "today": told(days.last().into_iter()),
        "last_7_days": told(days.iter().rev().take(WEEK)),
        "last_30_days": told(days.iter()),
        "minutes_saved_in_30_days": kept.saturating_mul(records.minutes_per_ticket),
        "minutes_per_ticket": records.minutes_per_ticket,
        "spent_today": spent(Window::Day),
        "spent_this_month": spent(Window::Month),
    });
    let source = ReadSource {
        reference: "figures".to_owned(),
        kind: SourceKind::Figures,
        id: "desk".to_owned(),
        label: "Figures of the desk".to_owned(),
        filter: BTreeMap::new(),
    };
    Ok(Found { content, sources: vec![source], summary: "Figures of the desk".to_owned() })
}

fn summed<'a>(days: impl IntoIterator<Item = &'a DeskDay>) -> DeskDay {
    days.into_iter().fold(DeskDay::default(), |all, day| DeskDay {
        day: day.day,
        opened: all.opened + day.opened,
        confirmed: all.confirmed + day.confirmed,
        assumed: all.assumed + day.assumed,
        unhelpful: all.unhelpful + day.unhelpful,
        reopened: all.reopened + day.reopened,
        spent: all.spent + day.spent,
    })
}

fn told<'a>(days: impl Iterator<Item = &'a DeskDay>) -> Value {
    let all = summed(days);
    json!({
        "opened": all.opened,
        "resolved_by_agents": all.confirmed + all.assumed,
        "confirmed_by_customers": all.confirmed,
        "unhelpful_to_customers": all.unhelpful,
        "reopened": all.reopened,
        "credits": credits(all.spent),
    })
}
