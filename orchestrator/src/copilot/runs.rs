//! Runs, as a colleague's question needs them. Questions to the copilot are runs too, and nobody else's matter:
//! they are left out.

use std::collections::BTreeMap;

use domain::{
    RunId, Timestamp,
    copilot::{Found, LookupError, ReadSource, RunsWanted, SourceKind},
    run::{Run, Step, StepBody},
};
use serde_json::{Value, json};
use store::{RunFilter, WorkspaceStore};

use super::{ago, counted, credits, cut, list_source, records::failed};

const STEPS: usize = 30;

pub(super) async fn find(
    store: &WorkspaceStore,
    wanted: RunsWanted,
    limit: usize,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let filter = RunFilter {
        status: wanted.status,
        ticket_id: wanted.ticket_id,
        agent: wanted.agent.clone(),
        ..RunFilter::default()
    };
    let page = store.runs(&filter, limit as i64, None).await.map_err(failed)?;
    let words = match wanted.status {
        Some(status) => format!("{} ({})", counted(page.items.len(), "run"), status.as_str()),
        None => counted(page.items.len(), "run"),
    };
    let narrowed = [
        ("status", wanted.status.map(|status| status.as_str().to_owned())),
        ("agent", wanted.agent),
        ("ticket", wanted.ticket_id.map(|id| id.to_string())),
    ];
    let narrowed = narrowed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let list = list_source("runs", &words, narrowed.collect::<BTreeMap<_, _>>());
    let rows: Vec<Value> = page.items.iter().map(|run| row(run, now)).collect();
    let mut content = json!({ "count": rows.len(), "runs": rows, "ref": list.reference });
    if page.next.is_some() {
        content["complete"] = json!(false);
    }
    let mut sources = vec![list];
    sources.extend(page.items.iter().map(|run| source(run, now)));
    Ok(Found { content, sources, summary: words })
}

pub(super) async fn read(store: &WorkspaceStore, id: RunId, now: Timestamp) -> Result<Found, LookupError> {
    let run = store.run(id).await.map_err(failed)?.filter(|run| run.asked.is_none());
    let run = run.ok_or(LookupError::NotFound("run"))?;
    let steps = store.steps(id).await.map_err(failed)?;
    let left_out = steps.len().saturating_sub(STEPS);
    let did: Vec<Value> = steps.iter().skip(left_out).map(|step| told(step, now)).collect();
    let content = json!({ "run": row(&run, now), "steps_left_out": left_out, "steps": did });
    Ok(Found { content, sources: vec![source(&run, now)], summary: format!("A run of {}", run.agent) })
}

fn row(run: &Run, now: Timestamp) -> Value {
    json!({
        "ref": run.id,
        "id": run.id,
        "agent": run.agent,
        "status": run.status,
        "ticket_id": run.ticket_id.or(run.about.map(|about| about.ticket_id)),
        "waiting_for": run.waiting_for,
        "outcome": run.outcome.as_ref().map(|outcome| outcome.type_name()),
        "summary": run.outcome.as_ref().map(|outcome| cut(outcome.summary(), 400)),
        "error": run.error,
        "attempts": run.attempts,
        "steps": run.step_count,
        "credits": credits(run.usage.cost_micros),
        "began": ago(now, run.created_at),
        "began_at": run.created_at,
    })
}

fn told(step: &Step, now: Timestamp) -> Value {
    let came = match &step.body {
        StepBody::Tool { outcome, .. } => outcome.status(),
        _ => "",
    };
    json!({ "kind": step.body.kind(), "name": step.body.name(), "came_of_it": came, "when": ago(now, step.finished_at) })
}

fn source(run: &Run, now: Timestamp) -> ReadSource {
    ReadSource {
        reference: run.id.to_string(),
        kind: SourceKind::Run,
        id: run.id.to_string(),
        label: format!("Run of {}, {}", run.agent, ago(now, run.created_at)),
        filter: BTreeMap::new(),
    }
}
