//! Cases made of decisions: the conversation up to a proposed call, the records that the run had read, and what a
//! person said to the call as what must come of it. Nothing of it is kept as it was said: see `masks`.

mod masks;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ApprovalId, EvaluationCaseId, WorkspaceId,
    approval::{Approval, ApprovalStatus, DecisionKind, Question},
    audit::{AuditAction, Deed},
    decided_case::{
        DecidedCase, Expected, ExpectedCall, Likely, Scripted, ScriptedFrom, ScriptedRead, ScriptedTurn,
        Unlikely,
    },
    run::{CallOutcome, StepBody},
    ticket::{Ticket, Visibility},
    tool::{Gives, ToolSpec},
    user::Actor,
};
use serde_json::{Map, Value, json};
use store::{MAX_LIMIT, RunFilter, StoreError, WorkspaceStore};

use crate::app::App;
use masks::Masks;

/// Cases of a workspace, at most.
const MOST_CASES: i64 = 1_000;
/// Turns of a case, and bytes of it as JSON.
const MOST_TURNS: usize = 40;
const MOST_BYTES: usize = 64 * 1024;
/// How near an answer must come to the one that a person let through.
const NEAR: f64 = 0.5;
/// How near to a rejected answer another may come, at most.
const FAR: f64 = 0.6;
/// The tool whose text is the agent's own.
const REPLY: &str = "reply_to_customer";

/// Why there is no case of what waits.
pub const UNDECIDED: &str = "nobody has decided on it yet: decide, and make a case of that";

/// Why no case was made.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// It can be no case; the text says why, and what to do where something can be done.
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfit<T>(why: impl Into<String>) -> Result<T, CaseError> {
    Err(CaseError::Unfit(why.into()))
}

/// Makes a case of what was decided about an approval and keeps it; gives the one that is there already while the
/// decision is the same.
///
/// # Errors
///
/// When nothing was decided that a case can expect, or there are too many.
pub async fn make(
    app: &App,
    workspace: WorkspaceId,
    approval: ApprovalId,
    by: Actor,
) -> Result<DecidedCase, CaseError> {
    let store = app.store.workspace(workspace);
    let approval = store.approval(approval).await?.ok_or(CaseError::Missing("the approval"))?;
    if let Some(known) = store.case_of_approval(approval.id).await? {
        return Ok(known);
    }
    let Some(decided_at) = approval.decided_at else {
        return unfit(UNDECIDED);
    };
    let (ticket, case) = script(app, &store, &approval).await?;
    let made_at = app.clock.now();
    let made = DecidedCase {
        id: EvaluationCaseId::new(&*app.ids),
        approval_id: approval.id,
        ticket_id: ticket.id,
        decided: approval.status,
        tool: approval.binding.call.tool.clone(),
        case,
        made_by: by.clone(),
        made_at,
        decided_at,
    };
    let bytes = serde_json::to_string(&made).map_or(usize::MAX, |text| text.len());
    if bytes > MOST_BYTES {
        return unfit(format!(
            "the conversation makes a case of {bytes} bytes, and one may have {MOST_BYTES}"
        ));
    }
    let deed = Deed {
        at: made_at,
        actor: by,
        action: AuditAction::EvaluationCaseMade,
        subject: approval.id.to_string(),
        detail: json!({ "case": made.id, "tool": made.tool, "decided": made.decided }),
    };
    if !store.keep_case(made.clone(), MOST_CASES, deed).await? {
        return unfit(format!("there are {MOST_CASES} cases already: export them and remove some"));
    }
    Ok(made)
}

/// All cases as a file of cases for the evaluations, the oldest first.
///
/// # Errors
///
/// When they cannot be read.
pub async fn export(store: &WorkspaceStore) -> Result<String, CaseError> {
    let (mut cases, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.decided_cases(MAX_LIMIT, cursor.as_deref()).await?;
        cases.extend(page.items.into_iter().map(|made| made.case));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    cases.reverse();
    let head = "# Made of reviewers' decisions. Personal data was replaced when each was made.\n";
    let text = serde_yaml_ng::to_string(&cases)
        .map_err(|error| CaseError::Unfit(format!("the cases cannot be written: {error}")))?;
    Ok(format!("{head}{text}"))
}

async fn script(
    app: &App,
    store: &WorkspaceStore,
    approval: &Approval,
) -> Result<(Ticket, Scripted), CaseError> {
    let decided = match approval.status {
        ApprovalStatus::Approved | ApprovalStatus::Edited | ApprovalStatus::Rejected => {
            approval.status.as_str()
        }
        ApprovalStatus::Pending => return unfit(UNDECIDED),
        other => {
            return unfit(format!(
                "it is {}, which says nothing about the call: what was approved, edited or rejected makes a case",
                other.as_str()
            ));
        }
    };
    if approval.question != Question::Call {
        return unfit("it asks whether something was done, which no conversation tells");
    }
    let run = store.run(approval.run_id).await?.ok_or(CaseError::Missing("the run"))?;
    if run.errand.is_some() || run.asked.is_some() || run.about.is_some() {
        return unfit("it came of a colleague's wish, and a case is about what a customer says");
    }
    let Some(ticket) = approval.ticket_id else {
        return unfit("it is about no ticket, so there is no conversation");
    };
    let ticket = store.ticket(ticket).await?.ok_or(CaseError::Missing("the ticket"))?;
    let contact = match ticket.contact_id {
        Some(id) => store.contact(id).await?,
        None => None,
    };
    let tool = app.catalog.get(&approval.binding.call.tool);
    let (mut turns, mut names) = turns_before(store, &ticket, approval).await?;
    if turns.is_empty() {
        return unfit("the customer has said nothing before it");
    }
    if turns.len() > MOST_TURNS {
        return unfit(format!(
            "the conversation has {} turns, and a case may have {MOST_TURNS}",
            turns.len()
        ));
    }
    let reason = match approval.status {
        ApprovalStatus::Rejected => reason_of(store, approval.id).await?,
        _ => String::new(),
    };
    expect(&mut turns, approval, tool.as_ref().map(|tool| tool.spec()), &reason);
    let last = approval.id.to_string();
    let mut case = Scripted {
        name: format!(
            "{} {decided} on #{} ({})",
            approval.binding.call.tool,
            ticket.number,
            last.get(last.len().saturating_sub(6)..).unwrap_or_default()
        ),
        tags: BTreeSet::from(["decided".to_owned(), decided.to_owned()]),
        why: reason,
        from: contact.map(|contact| ScriptedFrom { email: contact.email }),
        at: approval.requested_at,
        reads: records_read(app, store, approval).await?,
        turns,
    };
    names.extend(store.names_of(&[ticket.id]).await?.into_iter().map(|(_, name)| name));
    let mut masks = Masks::new(&app.protections.of(store.id()), names).map_err(CaseError::Unfit)?;
    masks.mask(&mut case).map_err(CaseError::Unfit)?;
    Ok((ticket, case))
}

/// What the customer had said when the call was proposed, and what had been decided meanwhile; with the names under
/// which they wrote.
async fn turns_before(
    store: &WorkspaceStore,
    ticket: &Ticket,
    approval: &Approval,
) -> Result<(Vec<ScriptedTurn>, BTreeSet<String>), StoreError> {
    let (mut timeline, mut names) = (BTreeMap::new(), BTreeSet::new());
    for (version, message) in store.messages_with_versions(ticket.id, None).await? {
        let Actor::Customer { name, .. } = &message.author else { continue };
        names.insert(name.clone());
        if version <= approval.binding.customer_version && message.visibility == Visibility::Public {
            let turn = ScriptedTurn { says: Some(message.body), ..ScriptedTurn::default() };
            timeline.insert((message.at, version.to_string()), turn);
        }
    }
    let of_ticket = RunFilter { ticket_id: Some(ticket.id), ..RunFilter::default() };
    for run in store.runs(&of_ticket, MAX_LIMIT, None).await?.items {
        for earlier in store.approvals_of_run(run.id).await? {
            let Some(at) = earlier.decided_at.filter(|at| *at <= approval.requested_at) else { continue };
            if earlier.id != approval.id
                && let Some(turn) = decided_turn(store, &earlier).await?
            {
                timeline.insert((at, earlier.id.to_string()), turn);
            }
        }
    }
    // A decision about something that the customer had not asked for yet is none of this conversation's.
    let turns: Vec<ScriptedTurn> = timeline.into_values().skip_while(|turn| turn.says.is_none()).collect();
    Ok((turns, names))
}

/// An earlier decision, as a turn.
async fn decided_turn(
    store: &WorkspaceStore,
    earlier: &Approval,
) -> Result<Option<ScriptedTurn>, StoreError> {
    let turn = ScriptedTurn::default();
    Ok(match (earlier.status, earlier.question) {
        (_, Question::Outcome) => None,
        (ApprovalStatus::Approved, _) => Some(ScriptedTurn { approves: true, ..turn }),
        (ApprovalStatus::Edited, _) => Some(ScriptedTurn { edits: Some(changed(earlier)), ..turn }),
        (ApprovalStatus::Rejected, _) => {
            Some(ScriptedTurn { rejects: Some(reason_of(store, earlier.id).await?), ..turn })
        }
        (ApprovalStatus::Responded, _) => {
            Some(ScriptedTurn { responds: Some(reason_of(store, earlier.id).await?), ..turn })
        }
        _ => None,
    })
}

/// What the last person who decided said in words.
async fn reason_of(store: &WorkspaceStore, approval: ApprovalId) -> Result<String, StoreError> {
    let last = store.decisions(approval).await?.into_iter().max_by_key(|decision| decision.at);
    Ok(match last.map(|decision| decision.kind) {
        Some(DecisionKind::Reject { reason: text } | DecisionKind::Respond { message: text }) => text,
        _ => String::new(),
    })
}

/// The arguments that a person changed, as they made them.
fn changed(approval: &Approval) -> Value {
    let proposed = &approval.binding.call.args;
    let edited = approval.edited_args.as_ref().and_then(Value::as_object);
    let differs = |(name, value): &(&String, &Value)| proposed.get(name.as_str()) != Some(*value);
    let changes: Map<String, Value> = edited
        .into_iter()
        .flatten()
        .filter(differs)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(changes)
}

/// Puts what was decided on the last turn. An answer's words are the agent's own, so that they must come near and not
/// be the same; of any other call the arguments count that decide who is affected and how much, and those that a
/// person put there. Of a rejected answer not the words alone are wrong, so that nothing may come near it, and whoever
/// judges is told why it was rejected.
fn expect(turns: &mut Vec<ScriptedTurn>, approval: &Approval, spec: Option<&ToolSpec>, reason: &str) {
    let Some(last) = turns.last_mut() else { return };
    let tool = approval.binding.call.tool.clone();
    let args = approval.edited_args.as_ref().unwrap_or(&approval.binding.call.args);
    let body = args.get("body").filter(|_| tool == REPLY).and_then(Value::as_str).map(str::to_owned);
    let rejected = approval.status == ApprovalStatus::Rejected;
    if let Some(text) = body {
        if rejected {
            last.expects.unlike = Some(Unlikely { text, at_most: FAR });
            last.expects.judge = (!reason.is_empty())
                .then(|| format!("It does not repeat what an answer was rejected for, which is: {reason}"));
            return;
        }
        last.expects.proposes = Some(ExpectedCall { tool, args: json!({}) });
        let like = Some(Likely { text, at_least: NEAR });
        let expects = Expected { like, ..Expected::default() };
        turns.push(ScriptedTurn { approves: true, expects, ..ScriptedTurn::default() });
        return;
    }
    let counts = |name: &str| match spec {
        Some(spec) if !spec.protected.is_empty() => spec.protected.iter().any(|one| one == name),
        _ => true,
    };
    let mut kept: Map<String, Value> = args
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| counts(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Value::Object(changes) = changed(approval) {
        kept.extend(changes);
    }
    let call = ExpectedCall { tool, args: Value::Object(kept) };
    if rejected {
        last.expects.avoids.push(call);
    } else {
        last.expects.proposes = Some(call);
    }
}

/// What the run had read of records before it proposed the call; what it read last of what it read twice.
async fn records_read(
    app: &App,
    store: &WorkspaceStore,
    approval: &Approval,
) -> Result<Vec<ScriptedRead>, StoreError> {
    let mut reads: Vec<ScriptedRead> = Vec::new();
    for step in store.steps(approval.run_id).await? {
        match step.body {
            StepBody::Proposed { approval_id, .. } if approval_id == approval.id => break,
            StepBody::Tool { call, outcome: CallOutcome::Ok { content }, effect_id: None, .. } => {
                let gives = app.catalog.get(&call.tool).map(|tool| tool.gives());
                if !matches!(gives, Some(Gives::Records | Gives::OwnRecords)) {
                    continue;
                }
                reads.retain(|read| (&read.tool, &read.args) != (&call.tool, &call.args));
                reads.push(ScriptedRead { tool: call.tool, args: call.args, answer: content });
            }
            _ => {}
        }
    }
    Ok(reads)
}
