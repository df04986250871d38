//! Calls that were judged before: what the gate said of them, and what it would say by another policy.
//!
//! They are read from approvals, effects and journals, which keep the facts that the gate judged on.
//! Rows of older versions hold fewer; what they do not hold is unknown and never guessed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ApprovalId, EffectId, RunId, TicketId, Timestamp,
    approval::{Approval, Question},
    canonical::Digest,
    confidence::Band,
    effect::Effect,
    policy::{Answer, Facts, Trust},
    run::{CallOutcome, Run, Step, StepBody},
    tool::{Risk, ToolCall, ToolSpec},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{RunFilter, StoreError, WorkspaceStore};

use crate::gate::{
    Gate,
    check::World,
    facts::{CONTRADICTION, Call, Holds, UNSUPPORTED},
};

/// Calls that a dry run looks at.
pub const MAX_LAST: usize = 500;
/// Runs that are read for them, the newest.
const MAX_RUNS: usize = 300;
const RUNS_AT_ONCE: i64 = 100;

/// Where a judged call is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Written {
    /// It was put before a person.
    Approval { id: ApprovalId },
    /// It ran by itself.
    Effect { id: EffectId },
    /// The policy refused it; the step is of the run's journal.
    Refusal { step: i64 },
}

/// A call that the gate judged.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCall {
    pub written: Written,
    pub run_id: RunId,
    pub ticket_id: Option<TicketId>,
    pub call_id: String,
    pub at: Timestamp,
    pub title: String,
    /// What was said: `run`, `ask reviewer`, `refuse`.
    pub was: String,
    /// The rule that said so, where it was kept.
    pub rule: Option<String>,
    pub policy_version: Option<Digest>,
    pub call: Call,
}

/// One call under a policy that is not in effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyDryRunItem")]
pub struct DryRunItem {
    pub written: Written,
    pub run_id: RunId,
    pub ticket_id: Option<TicketId>,
    pub at: Timestamp,
    pub tool: String,
    pub title: String,
    /// `run`, `ask` with whom, or `refuse`.
    pub was: String,
    pub was_by: Option<String>,
    /// The same, or `unknown` where the rule asks for what nobody kept.
    pub would_be: String,
    pub would_be_by: String,
    /// What is told to the reviewer or the agent, or what is not known.
    pub why: String,
    pub changes: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyDryRun")]
pub struct DryRun {
    /// How many calls were looked at.
    pub calls: usize,
    pub changes: usize,
    /// Of how many it cannot be told.
    pub unknown: usize,
    /// Those that would change, and those of which it cannot be told; the newest first.
    pub items: Vec<DryRunItem>,
}

/// An answer with whom it asks.
pub fn words(answer: Option<&Answer>) -> String {
    match answer {
        None => "unknown".to_owned(),
        Some(Answer::Ask { terms, .. }) => asked(terms.role.as_str(), terms.quorum),
        Some(other) => other.as_str().to_owned(),
    }
}

/// Whom it asks.
pub fn asked(role: &str, quorum: u8) -> String {
    if quorum > 1 { format!("ask {quorum} of role {role}") } else { format!("ask {role}") }
}

/// What the newest judged calls would have become.
pub fn dry_run(gate: &Gate, past: &[PastCall]) -> DryRun {
    let mut result = DryRun { calls: past.len(), changes: 0, unknown: 0, items: Vec::new() };
    for call in past {
        let explained = gate.explain(&call.call);
        let would_be = words(explained.answer.as_ref());
        let changes = would_be != call.was;
        if !changes {
            continue;
        }
        match explained.answer {
            None => result.unknown += 1,
            Some(_) => result.changes += 1,
        }
        let why = match (&explained.unknown, &explained.answer) {
            (Some(why), _) | (None, Some(Answer::Ask { why, .. } | Answer::Refuse { why })) => {
                Some(why.clone())
            }
            _ => None,
        };
        result.items.push(DryRunItem {
            written: call.written.clone(),
            run_id: call.run_id,
            ticket_id: call.ticket_id,
            at: call.at,
            tool: call.call.facts.tool.clone(),
            title: call.title.clone(),
            was: call.was.clone(),
            was_by: call.rule.clone(),
            changes: explained.answer.is_some(),
            would_be,
            would_be_by: explained.rule,
            why: why.unwrap_or_default(),
        });
    }
    result
}

/// The newest calls that were judged, the newest first.
pub async fn newest(store: &WorkspaceStore, world: &World, last: usize) -> Result<Vec<PastCall>, StoreError> {
    let last = last.min(MAX_LAST);
    let mut calls = Vec::new();
    let mut cursor: Option<String> = None;
    let mut seen = 0;
    while seen < MAX_RUNS && calls.len() < last {
        let page = store.runs(&RunFilter::default(), RUNS_AT_ONCE, cursor.as_deref()).await?;
        for run in &page.items {
            if seen >= MAX_RUNS || calls.len() >= last {
                break;
            }
            seen += 1;
            calls.extend(of_run(store, world, run).await?);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    calls.sort_by_key(|call| std::cmp::Reverse(call.at));
    calls.truncate(last);
    Ok(calls)
}

/// The calls of a run that the gate judged, in their order.
pub async fn of_run(store: &WorkspaceStore, world: &World, run: &Run) -> Result<Vec<PastCall>, StoreError> {
    let mut calls: Vec<PastCall> = Vec::new();
    let asked = store.approvals_of_run(run.id).await?;
    calls.extend(asked.iter().filter(|a| a.question == Question::Call).map(|a| of_approval(a, world)));
    let effects = store.effects_of_run(run.id).await?;
    let alone = effects.iter().filter(|effect| effect.approval_id.is_none());
    calls.extend(alone.map(|effect| of_effect(effect, run, world)));
    if run.step_count > 0 {
        let steps = store.steps(run.id).await?;
        calls.extend(steps.iter().filter_map(|step| of_refusal(step, run, world)));
    }
    calls.sort_by_key(|call| call.at);
    Ok(calls)
}

pub fn of_approval(approval: &Approval, world: &World) -> PastCall {
    let call = &approval.binding.call;
    let spec = world.tool(&call.tool);
    let mut unknown = BTreeSet::new();
    let facts = match &approval.facts {
        Some(facts) => (**facts).clone(),
        None => {
            unknown.extend(["band", "channel", "tier", "edited"]);
            let mut facts = bare(call, spec, &approval.agent, approval.requested_at, &mut unknown);
            facts.risk = approval.risk;
            unknown.remove("risk");
            facts.confidence = approval.confidence.score;
            let reason = |name: &str| approval.confidence.reasons.iter().find(|reason| reason.name == name);
            facts.groundedness = reason("groundedness").map_or(-1.0, |reason| reason.score);
            facts.carries = approval.carries.iter().map(|carried| carried.kind).collect();
            let found = facts.carries.iter().map(|kind| kind.as_str());
            let stops = (!approval.confidence.stops.is_empty()).then_some(UNSUPPORTED);
            let denied = reason(CONTRADICTION).map(|_| CONTRADICTION);
            let found: BTreeSet<&str> = found.chain(stops).chain(denied).collect();
            facts.findings = found.into_iter().map(str::to_owned).collect();
            match spec {
                Some(spec) if untrusted(approval, spec).is_empty() => facts.origin = Trust::Trusted,
                Some(_) => {}
                None => {
                    unknown.insert("origin");
                }
            }
            facts
        }
    };
    let holds = Holds {
        always_asks: spec.is_some_and(|spec| spec.always_asks),
        untrusted: match (facts.origin, spec) {
            (Trust::Trusted, _) => Vec::new(),
            (Trust::Untrusted, Some(spec)) => untrusted(approval, spec),
            (Trust::Untrusted, None) => vec!["a protected argument".to_owned()],
        },
        carries: approval.carries.clone(),
        stops: approval.confidence.stops.clone(),
        suspicions: approval.suspicions.clone(),
    };
    PastCall {
        written: Written::Approval { id: approval.id },
        run_id: approval.run_id,
        ticket_id: approval.ticket_id,
        call_id: call.id.clone(),
        at: approval.requested_at,
        title: approval.preview.title.clone(),
        was: asked(
            approval.escalates.as_ref().map_or(&approval.role, |it| &it.from).as_str(),
            approval.quorum,
        ),
        rule: Some(approval.rule.clone()),
        policy_version: Some(approval.binding.policy_version.clone()),
        call: Call { args: call.args.clone(), holds, unknown: &unknown | &unkept(&facts), facts },
    }
}

fn untrusted(approval: &Approval, spec: &ToolSpec) -> Vec<String> {
    let args = &approval.binding.call.args;
    let given = |name: &&String| args.get(*name).is_some_and(|value| !value.is_null());
    let trusted: BTreeMap<&str, bool> =
        approval.origins.iter().map(|origin| (origin.argument.as_str(), origin.kind.is_trusted())).collect();
    let untrusted = |name: &&String| trusted.get(name.as_str()) != Some(&true);
    spec.protected.iter().filter(given).filter(untrusted).cloned().collect()
}

/// It ran by itself, so nothing held it back.
pub fn of_effect(effect: &Effect, run: &Run, world: &World) -> PastCall {
    let spec = world.tool(&effect.call.tool);
    let mut unknown = BTreeSet::new();
    let facts = match &effect.judged {
        Some(judged) => judged.facts.clone(),
        None => {
            unknown.extend(["band", "channel", "tier", "edited", "confidence", "groundedness"]);
            unknown.extend(["carries", "findings", "origin"]);
            bare(&effect.call, spec, &run.agent, effect.created_at, &mut unknown)
        }
    };
    let always_asks = spec.is_some_and(|spec| spec.always_asks);
    let holds = match effect.judged {
        Some(_) => Holds::of(&facts, always_asks),
        None => Holds { always_asks, ..Holds::default() },
    };
    PastCall {
        written: Written::Effect { id: effect.id },
        run_id: effect.run_id,
        ticket_id: effect.ticket_id,
        call_id: effect.call.id.clone(),
        at: effect.created_at,
        title: if effect.summary.is_empty() { effect.call.tool.clone() } else { effect.summary.clone() },
        was: "run".to_owned(),
        rule: effect.judged.as_ref().map(|judged| judged.rule.clone()),
        policy_version: effect.judged.as_ref().map(|judged| judged.policy_version.clone()),
        call: Call { args: effect.call.args.clone(), holds, unknown: &unknown | &unkept(&facts), facts },
    }
}

fn of_refusal(step: &Step, run: &Run, world: &World) -> Option<PastCall> {
    let StepBody::Tool { call, judged: Some(judged), outcome: CallOutcome::Refused { reason }, .. } =
        &step.body
    else {
        return None;
    };
    let always_asks = world.tool(&call.tool).is_some_and(|spec| spec.always_asks);
    let holds = Holds::of(&judged.facts, always_asks);
    Some(PastCall {
        written: Written::Refusal { step: step.seq },
        run_id: run.id,
        ticket_id: run.ticket_id,
        call_id: call.id.clone(),
        at: step.finished_at,
        title: reason.clone(),
        was: "refuse".to_owned(),
        rule: Some(judged.rule.clone()),
        policy_version: Some(judged.policy_version.clone()),
        call: Call {
            facts: judged.facts.clone(),
            args: call.args.clone(),
            holds,
            unknown: unkept(&judged.facts),
        },
    })
}

/// What older versions did not keep, and what nobody looked for.
fn unkept(facts: &Facts) -> BTreeSet<&'static str> {
    let intent = facts.intent.is_none().then_some("intent");
    let spend = facts.spend.is_none().then_some("spend");
    intent.into_iter().chain(spend).collect()
}

/// What a call and today's tool tell.
fn bare(
    call: &ToolCall,
    spec: Option<&ToolSpec>,
    agent: &str,
    at: Timestamp,
    unknown: &mut BTreeSet<&'static str>,
) -> Facts {
    if spec.is_none() {
        unknown.extend(["risk", "amount"]);
    }
    let amount = match spec.and_then(|spec| spec.amount_arg.as_ref()).and_then(|name| call.args.get(name)) {
        None => Some(-1),
        Some(value) => value.as_i64().filter(|cents| *cents >= 0),
    };
    let (hour, weekday) = at.hour_and_weekday();
    Facts {
        tool: call.tool.clone(),
        risk: spec.map_or(Risk::Irreversible, |spec| spec.risk),
        agent: agent.to_owned(),
        channel: String::new(),
        tier: String::new(),
        band: Band::Low,
        confidence: 0.0,
        groundedness: -1.0,
        amount,
        edited: false,
        origin: Trust::Untrusted,
        carries: Vec::new(),
        findings: Vec::new(),
        hour,
        weekday: weekday.to_owned(),
        intent: None,
        spend: None,
        autonomy: None,
    }
}
