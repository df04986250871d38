//! What came of a turn, as the records have it: for the scorers, and as a scene for whoever reads the report.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{
    ApprovalId, RunId,
    approval::ApprovalStatus,
    effect::EffectStatus,
    grounding::SourceKind,
    knowledge::Citation,
    run::{CallOutcome, Outcome, Run, StepBody},
    ticket::Visibility,
    user::Actor,
};
use serde_json::Value;

use crate::{
    case::Turn,
    desk::{self, Conversation, Desk},
    fixtures::Fixtures,
    record::{Scene, StepLine, Told, WaitingLine},
    score::{self, Cited, Ground, Happened},
};

/// Characters of a step that are kept.
const DETAIL: usize = 1_200;

/// How far a conversation has been looked at.
#[derive(Default)]
pub(crate) struct Seen {
    /// Version of the ticket.
    version: i64,
    /// Steps of each run.
    steps: BTreeMap<RunId, usize>,
}

/// Who does what in a turn.
pub(crate) fn deed(turn: &Turn, fixtures: &Fixtures) -> (String, String) {
    let reviewer = |did: String| ("a reviewer".to_owned(), did);
    if let Some(said) = &turn.says {
        return ("the customer".to_owned(), fixtures.fill(said));
    }
    if let Some(hours) = turn.hours {
        return ("nobody".to_owned(), format!("{hours} hours go by"));
    }
    if let Some(reason) = &turn.rejects {
        return reviewer(format!("rejects: {}", fixtures.fill(reason)));
    }
    if let Some(message) = &turn.responds {
        return reviewer(format!("responds: {}", fixtures.fill(message)));
    }
    match &turn.edits {
        Some(changes) => {
            reviewer(format!("edits: {}", fixtures.fill(&Value::Object(changes.clone()).to_string())))
        }
        None => reviewer("approves".to_owned()),
    }
}

/// What has come since it was looked at last.
pub(crate) async fn look(
    desk: &Desk,
    held: &mut Conversation,
    run: Run,
    fixtures: &Fixtures,
) -> anyhow::Result<(Happened, Scene)> {
    let store = desk.app().store.workspace(desk.workspace());
    let messages = store.messages(held.ticket, Some(held.seen.version)).await?;
    held.seen.version = store.ticket(held.ticket).await?.context("the ticket is gone")?.version;
    let mut happened = Happened { outcome: run.outcome.clone(), ..Happened::default() };
    let mut told = Vec::new();
    for message in messages.iter().filter(|message| message.visibility == Visibility::Public) {
        let by = match &message.author {
            Actor::Agent { agent, .. } => agent.clone(),
            Actor::System => "the service".to_owned(),
            _ => {
                happened.grounds.push(said(&message.body));
                continue;
            }
        };
        let mut sources = Vec::new();
        for citation in &message.sources {
            let (cited, text) = cited(desk, citation).await?;
            let label = citation.title.clone();
            happened.grounds.push(Ground { kind: SourceKind::Passage, label, text });
            sources.push(cited);
        }
        happened.sources.extend(sources.iter().cloned());
        told.push(Told { by, text: message.body.clone(), sources });
    }
    happened.told = told.iter().map(|told| told.text.as_str()).collect::<Vec<_>>().join("\n\n");
    let mut steps = Vec::new();
    for id in &held.runs {
        let journal = store.steps(*id).await?;
        let from = held.seen.steps.insert(*id, journal.len()).unwrap_or(0);
        for (at, step) in journal.iter().enumerate() {
            hear(&step.body, &mut happened);
            if at >= from {
                if let StepBody::Failed { error, .. } = &step.body {
                    happened.failures.push(error.clone());
                }
                let (kind, name) = (step.body.kind().to_owned(), step.body.name().to_owned());
                steps.push(StepLine { kind, name, detail: detail(&step.body) });
            }
        }
        let approvals = store.approvals_of_run(*id).await?;
        let approved = |id: ApprovalId| {
            let consent = [ApprovalStatus::Approved, ApprovalStatus::Edited];
            approvals.iter().any(|approval| approval.id == id && consent.contains(&approval.status))
        };
        let mut effects = store.effects_of_run(*id).await?;
        effects.sort_by_key(|effect| effect.created_at);
        for effect in effects {
            let tool = desk.app().catalog.get(&effect.call.tool);
            let outside = tool.is_none_or(|tool| !tool.spec().local);
            // One whose fate is unknown may have been done as well.
            let attempted = effect.status == EffectStatus::Succeeded || effect.attempts > 0;
            if outside && attempted && !effect.approval_id.is_some_and(approved) {
                happened.unapproved.push(effect.call.clone());
            }
            if outside && effect.status == EffectStatus::Succeeded {
                happened.done.push(effect.call.tool);
            }
        }
    }
    let pending = desk.pending(run.id).await?;
    let waiting = pending.iter().map(|approval| WaitingLine {
        tool: approval.binding.call.tool.clone(),
        args: approval.binding.call.args.clone(),
        role: approval.role.as_str().to_owned(),
        why: approval.why.clone(),
    });
    let scene = Scene {
        who: String::new(),
        did: String::new(),
        told,
        steps,
        waiting: waiting.collect(),
        standing: format!("{:?}", score::standing(run.outcome.as_ref())),
        reason: run.outcome.as_ref().map_or("", Outcome::summary).to_owned(),
        expected: Value::Null,
        findings: Vec::new(),
    };
    happened.proposed = pending.into_iter().map(|approval| approval.binding.call).collect();
    happened.records = desk::records(desk, fixtures).await?;
    Ok((happened, scene))
}

fn said(text: &str) -> Ground {
    Ground { kind: SourceKind::Said, label: String::new(), text: text.to_owned() }
}

/// What a step adds to what is known.
fn hear(body: &StepBody, happened: &mut Happened) {
    match body {
        StepBody::Tool { call, outcome: CallOutcome::Ok { content }, .. } => {
            happened.calls.push(call.clone());
            let (label, text) = (call.tool.clone(), content.to_string());
            happened.grounds.push(Ground { kind: SourceKind::Record, label, text });
        }
        StepBody::Tool {
            outcome: CallOutcome::Rejected { reason: text, .. } | CallOutcome::Responded { message: text, .. },
            ..
        } => {
            let (label, text) = (String::new(), text.clone());
            happened.grounds.push(Ground { kind: SourceKind::Record, label, text });
        }
        _ => {}
    }
}

/// Whether a citation holds, and the text that it is of.
async fn cited(desk: &Desk, citation: &Citation) -> anyhow::Result<(Cited, String)> {
    let store = desk.app().store.workspace(desk.workspace());
    let text = store.chunk(citation.chunk_id).await?.map(|chunk| chunk.text).unwrap_or_default();
    let version = store.document_version(citation.document_id, citation.document_version).await?;
    let public = version.is_some_and(|version| version.meta.visibility == Visibility::Public);
    let quoted = !text.is_empty() && words(&text).contains(&words(&citation.quote));
    let cited = Cited { slug: citation.slug.clone(), quote: citation.quote.clone(), public, quoted };
    Ok((cited, text))
}

/// The text in single spaces, without an end that was cut.
fn words(text: &str) -> String {
    let text = text.trim_end_matches('…');
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn detail(body: &StepBody) -> String {
    let text = match body {
        StepBody::Model { response, .. } => {
            let calls = response.tool_calls.iter().map(|call| format!("{} {}", call.tool, call.args));
            let calls: Vec<String> = calls.collect();
            [response.text.clone().unwrap_or_default(), calls.join("\n")].join("\n").trim().to_owned()
        }
        StepBody::Unusable { why, .. } => why.clone(),
        StepBody::Proposed { call, .. } => call.args.to_string(),
        StepBody::Tool { call, outcome, .. } => {
            let came = match outcome {
                CallOutcome::Ok { content } => content.to_string(),
                CallOutcome::Refused { reason }
                | CallOutcome::Rejected { reason, .. }
                | CallOutcome::Escalated { reason, .. } => reason.clone(),
                CallOutcome::Responded { message, .. } => message.clone(),
                CallOutcome::Failed { error } => error.clone(),
                CallOutcome::Expired | CallOutcome::Superseded => String::new(),
            };
            format!("{} → {}: {came}", call.args, outcome.status())
        }
        StepBody::Triggered { triggers } => {
            triggers.iter().map(|trigger| trigger.kind.tag()).collect::<Vec<_>>().join(", ")
        }
        StepBody::Failed { error, .. } => error.clone(),
        StepBody::Ended { outcome } => outcome.summary().to_owned(),
        StepBody::Started { .. }
        | StepBody::Observed { .. }
        | StepBody::Checked { .. }
        | StepBody::Woken { .. } => String::new(),
    };
    if text.chars().count() <= DETAIL {
        return text;
    }
    text.chars().take(DETAIL).chain(['…']).collect()
}
