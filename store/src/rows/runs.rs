//! Runs as rows.

use domain::{
    ReservationId, WorkspaceId,
    copilot::{Asked, LookingAt},
    run::{About, Run, RunStatus},
};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{Columns, columns};
use crate::{
    StoreError,
    sql::{Binds, Table},
};

pub(crate) const RUNS: Table = Table {
    name: "runs",
    columns: &[
        "workspace_id",
        "id",
        "ticket_id",
        "about_ticket_id",
        "about_gap_id",
        "asked_by",
        "thread_id",
        "thread_seq",
        "asked_key",
        "asked",
        "errand",
        "agent",
        "status",
        "priority",
        "attempts",
        "lease_owner",
        "fence",
        "lease_until",
        "wake_at",
        "waiting_for",
        "signals",
        "seen_signals",
        "seen_version",
        "step_count",
        "tokens_in",
        "tokens_out",
        "cost_micros",
        "reservations",
        "outcome",
        "ended_as",
        "error",
        "created_at",
        "updated_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &[
        "ticket_id",
        "about_ticket_id",
        "about_gap_id",
        "asked_by",
        "thread_id",
        "thread_seq",
        "asked_key",
        "asked",
        "errand",
        "agent",
        "created_at",
    ],
};

/// What the column `asked` holds; the others hold the rest.
#[derive(Serialize)]
struct Question<'a> {
    text: &'a str,
    looking_at: Option<LookingAt>,
}

#[derive(Deserialize)]
struct StoredQuestion {
    text: String,
    looking_at: Option<LookingAt>,
}

pub(crate) fn put_run((workspace, run): &(WorkspaceId, &Run), binds: &mut Binds) {
    let asked = run.asked.as_deref();
    binds
        .id(workspace)
        .id(run.id)
        .opt_id(run.ticket_id)
        .opt_id(run.about.map(|about| about.ticket_id))
        .opt_id(run.about.and_then(|about| about.gap_id))
        .opt_id(asked.map(|asked| asked.by))
        .opt_id(asked.map(|asked| asked.thread_id))
        .opt_int(asked.map(|asked| asked.seq))
        .opt_text(asked.map(|asked| asked.key.as_str()))
        .opt_json(asked.map(|asked| Question { text: &asked.text, looking_at: asked.looking_at }).as_ref())
        .opt_json(run.errand.as_ref())
        .text(run.agent.as_str())
        .text(run.status.as_str())
        .int(run.priority)
        .int(run.attempts)
        .opt_text(run.lease_owner.as_deref())
        .int(run.fence)
        .opt_at(run.lease_until)
        .opt_at(run.wake_at)
        .opt_text(run.waiting_for.as_deref())
        .int(run.signals)
        .int(run.seen_signals)
        .int(run.seen_version)
        .int(run.step_count)
        .int(run.usage.tokens_in)
        .int(run.usage.tokens_out)
        .int(run.usage.cost_micros)
        .opt_text(held(&run.reservations))
        .opt_json(run.outcome.as_ref())
        .opt_text(run.outcome.as_ref().map(|outcome| outcome.kind().as_str()))
        .opt_text(run.error.as_deref())
        .at(run.created_at)
        .at(run.updated_at);
}

/// Ids with a space between; hardly ever more than one.
fn held(reservations: &[ReservationId]) -> Option<String> {
    let ids: Vec<String> = reservations.iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn asked(c: &Columns<'_>) -> Result<Option<Box<Asked>>, StoreError> {
    let Some(by) = c.opt_id("asked_by")? else { return Ok(None) };
    let question: StoredQuestion = c.json("asked")?;
    Ok(Some(Box::new(Asked {
        by,
        thread_id: c.id("thread_id")?,
        seq: c.int("thread_seq")?,
        key: c.text("asked_key")?,
        text: question.text,
        looking_at: question.looking_at,
    })))
}

/// Needs all columns.
pub(crate) fn get_run(row: &AnyRow) -> Result<Run, StoreError> {
    let c = columns("runs", row);
    let about = match c.opt_id("about_ticket_id")? {
        Some(ticket_id) => Some(About { ticket_id, gap_id: c.opt_id("about_gap_id")? }),
        None => None,
    };
    Ok(Run {
        id: c.id("id")?,
        ticket_id: c.opt_id("ticket_id")?,
        about,
        asked: asked(&c)?,
        errand: c.opt_json("errand")?,
        agent: c.text("agent")?,
        status: c.word("status", RunStatus::parse)?,
        priority: c.int("priority")?,
        attempts: c.int("attempts")?,
        lease_owner: c.opt_text("lease_owner")?,
        fence: c.int("fence")?,
        lease_until: c.opt_at("lease_until")?,
        wake_at: c.opt_at("wake_at")?,
        waiting_for: c.opt_text("waiting_for")?,
        signals: c.int("signals")?,
        seen_signals: c.int("seen_signals")?,
        seen_version: c.int("seen_version")?,
        step_count: c.int("step_count")?,
        usage: c.usage()?,
        reservations: c
            .opt_text("reservations")?
            .unwrap_or_default()
            .split_whitespace()
            .map(|id| id.parse().map_err(|error| c.bad("reservations", error)))
            .collect::<Result<_, _>>()?,
        outcome: c.opt_json("outcome")?,
        error: c.opt_text("error")?,
        created_at: c.at("created_at")?,
        updated_at: c.at("updated_at")?,
    })
}
