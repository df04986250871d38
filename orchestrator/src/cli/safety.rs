//! Commands on breakers and on the audit.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::{
    Timestamp,
    audit::AuditAction,
    breaker::{self, Breaker, BreakerOf},
    permission::Permission,
    user::{Actor, User},
};
use serde_json::json;
use store::{AuditFilter, WorkspaceStore};

use super::{
    output::Output,
    records::{by_hand, member},
};
use crate::app::App;

#[derive(Subcommand)]
pub(super) enum BreakersCommand {
    /// What is stopped, by whom or by itself, and why.
    List,
    /// Stop something: `workspace`, `agent:NAME`, `tool:NAME` or `integration:NAME`.
    Open {
        of: String,
        #[arg(long)]
        reason: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Let it go on; also `provider:NAME`, and what opened by itself.
    Close {
        of: String,
        #[arg(long)]
        reason: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// The newest entries.
    List {
        /// Only this action, for example `approval.decided`.
        #[arg(long)]
        action: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Check the whole chain, and name the first entry that does not fit.
    Verify {
        /// A digest that was kept elsewhere; an entry must still have it.
        #[arg(long)]
        holds: Option<String>,
    },
    /// Take entries older than a day from the beginning of the chain.
    Prune {
        /// The first day that is kept, for example 2026-01-31.
        #[arg(long)]
        before: String,
    },
}

fn breaker_of(text: &str) -> anyhow::Result<BreakerOf> {
    let (kind, name) = text.split_once(':').unwrap_or((text, ""));
    BreakerOf::parse(kind, name).with_context(|| {
        format!(
            "`{text}` is not `workspace`, `agent:NAME`, `tool:NAME`, `integration:NAME` or `provider:NAME`"
        )
    })
}

/// The person, when they may.
pub(super) async fn may(store: &WorkspaceStore, by: &str, takes: Permission) -> anyhow::Result<User> {
    let user = member(store, by).await?;
    if !store.permissions_of(&user.role).await?.contains(takes) {
        let (takes, role) = (takes.as_str(), user.role.as_str());
        bail!("this takes the permission {takes}, and {} is {role}, which does not have it", user.email);
    }
    Ok(user)
}

fn actor(user: User) -> Actor {
    Actor::User { user_id: user.id, name: user.name }
}

pub(super) async fn breakers(
    app: &Arc<App>,
    store: &WorkspaceStore,
    command: BreakersCommand,
    out: Output,
) -> anyhow::Result<()> {
    match command {
        BreakersCommand::List => {
            let open = store.breakers().await?;
            let automatic = app.outside.open(store.id());
            let mut rows: Vec<Vec<String>> = open
                .iter()
                .map(|breaker| {
                    vec![
                        format!("{}:{}", breaker.of.kind(), breaker.of.name()),
                        breaker.opened_at.rfc3339()[..16].replace('T', " "),
                        name_of(&breaker.opened_by),
                        breaker.reason.clone(),
                    ]
                })
                .collect();
            rows.extend(automatic.iter().map(|breaker| {
                let (state, at) = (breaker.state.as_str(), breaker.probe_at.clock_words());
                let why = format!("{} ({state}, next try {at}): {}", breaker.reason, breaker.last_error);
                vec![
                    format!("{}:{}", breaker.of.kind(), breaker.of.name()),
                    breaker.opened_at.rfc3339()[..16].replace('T', " "),
                    "itself".to_owned(),
                    why,
                ]
            }));
            out.either(&json!({ "open": open, "automatic": automatic }), || match rows.is_empty() {
                true => out.line("Nothing is stopped."),
                false => out.table(&["STOPPED", "SINCE", "BY", "WHY"], &rows),
            })
        }
        BreakersCommand::Open { of, reason, by } => {
            let of = breaker_of(&of)?;
            let reason = breaker::reason(&reason).map_err(anyhow::Error::msg)?;
            app.can_be_stopped(&of).map_err(anyhow::Error::msg)?;
            let by = may(store, &by, Permission::Stop).await?;
            let words = of.words();
            let breaker = Breaker { of, reason, opened_by: actor(by), opened_at: app.clock.now() };
            let opened = store.open_breaker(breaker).await?;
            out.either(&json!({ "opened": opened }), || match opened {
                true => out.line(format!("Nothing new is done by {words} from one second on.")),
                false => out.line(format!("It was stopped already: {words}.")),
            })
        }
        BreakersCommand::Close { of, reason, by } => {
            let of = breaker_of(&of)?;
            let reason = breaker::reason(&reason).map_err(anyhow::Error::msg)?;
            let by = may(store, &by, Permission::Resume).await?;
            let words = of.words();
            if !store.close_breaker(of, actor(by), reason).await? {
                bail!("{words} is not stopped; `countersign breakers list` shows what is");
            }
            out.either(&json!({ "closed": true }), || out.line(format!("On again: {words}.")))
        }
    }
}

pub(super) fn name_of(actor: &Actor) -> String {
    match actor {
        Actor::Customer { name, .. } | Actor::User { name, .. } | Actor::ApiKey { name, .. } => name.clone(),
        Actor::Agent { agent, .. } => agent.clone(),
        Actor::System => "the service".to_owned(),
    }
}

pub(super) async fn audit(
    app: &Arc<App>,
    store: &WorkspaceStore,
    command: AuditCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::List { action, limit } => {
            let action = match action.as_deref() {
                None => None,
                Some(text) => Some(AuditAction::parse(text).with_context(|| {
                    format!("an action is {}", AuditAction::ALL.map(AuditAction::as_str).join(", "))
                })?),
            };
            let entries =
                store.audit_entries(&AuditFilter { action, ..AuditFilter::default() }, None, limit).await?;
            let rows: Vec<Vec<String>> = entries
                .iter()
                .map(|entry| {
                    vec![
                        entry.seq.to_string(),
                        entry.deed.at.rfc3339()[..19].replace('T', " "),
                        name_of(&entry.deed.actor),
                        entry.deed.action.as_str().to_owned(),
                        entry.deed.subject.clone(),
                    ]
                })
                .collect();
            out.either(&entries, || out.table(&["NO", "AT", "WHO", "DID", "TO"], &rows))?;
        }
        AuditCommand::Verify { holds } => return verify(store, holds, out).await,
        AuditCommand::Prune { before } => {
            let (day, _) = Timestamp::parse_day(&before)
                .with_context(|| format!("`{before}` is not a day such as 2026-01-31"))?;
            let actor = by_hand(app, AuditAction::AuditPruned, "", json!({})).actor;
            let gone = store.prune_audit(day, actor).await?;
            out.either(&json!({ "gone": gone }), || out.line(format!("Taken away: {gone}.")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(store: &WorkspaceStore, holds: Option<String>, out: Output) -> anyhow::Result<ExitCode> {
    let report = store.verify_audit().await?;
    let held = match &holds {
        None => true,
        Some(digest) => store.has_audit_digest(digest).await?,
    };
    let whole = report.broken.is_none() && held;
    let value = json!({
        "whole": whole, "entries": report.entries, "head": report.head, "kept_after": report.kept_after,
        "broken": report.broken, "holds": holds.is_some().then_some(held),
    });
    out.either(&value, || match (&report.broken, held) {
        (Some(broken), _) => {
            out.line(format!("The chain is broken at entry {}: {}.", broken.seq, broken.why))
        }
        (None, false) => out.line("The chain fits, but no entry has that digest: it was written anew."),
        (None, true) => out.line(format!(
            "The chain is whole: {} entries, the last one is {} with the digest {}.",
            report.entries, report.head.seq, report.head.digest
        )),
    })?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
