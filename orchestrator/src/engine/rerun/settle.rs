//! Calls in a rerun: looked up in what was recorded, judged by the gate, decided as they were decided.

use std::sync::Arc;

use domain::{
    ApprovalId, EffectId, Timestamp,
    agent::ProposedCall,
    approval::{Approval, ApprovalStatus, DecisionKind},
    canonical::Digest,
    confidence::Confidence,
    origin::ArgumentOrigin,
    policy::{Answer, AskTerms, Facts, Verdict},
    run::{CallOutcome, Step, StepBody},
    standing::Standing,
    tool::{AnyTool, Risk, ToolCall, ToolContext},
};
use serde_json::Value;
use tokio::time;
use uuid::Uuid;

use super::{
    Again, End, Knowledge, Made, Stop,
    account::{ESCALATE, REPLY, title, told},
    identity,
};
use crate::{
    engine::{
        asking,
        judging::{self, Judging},
        limits,
    },
    gate::judged,
    models::offline::slots,
    policies::past,
};

const SEARCH: &str = "search_knowledge";

/// A call that was put before a person.
pub(super) struct Asked {
    pub(super) call: ToolCall,
    terms: AskTerms,
    then: Option<Then>,
}

/// What came of a call then, taken out of the records.
pub(super) struct Then {
    step: Step,
    at: Timestamp,
    ran: ToolCall,
    edited: bool,
    effect_id: Option<EffectId>,
    outcome: CallOutcome,
    approval: Option<Approval>,
}

impl Again<'_> {
    pub(super) async fn settle_calls(&mut self, calls: Vec<ProposedCall>) -> Result<(), Stop> {
        if calls.is_empty() {
            return Err(End::Failed("the agent asked for no calls at all".to_owned()));
        }
        let (reads, effects): (Vec<_>, Vec<_>) = calls.into_iter().partition(|proposed| {
            self.granted(&proposed.call).is_some_and(|tool| tool.spec().risk == Risk::Read)
        });
        for ProposedCall { call, .. } in reads {
            self.read(&call).await?;
        }
        self.suspicions.look(&self.house.injections, &self.steps);
        let mut waits = None;
        for proposed in effects {
            if let Some(wait) = self.settle(proposed)? {
                waits.get_or_insert(wait);
            }
        }
        waits.map_or(Ok(()), |wait| Err(End::Waits(wait)))
    }

    fn granted(&self, call: &ToolCall) -> Option<Arc<dyn AnyTool>> {
        judging::granted(self.house, &self.means.settings, &call.tool)
    }

    fn then(&mut self, call: &ToolCall) -> Option<Then> {
        self.records.find(call).map(|record| Then {
            step: record.step.clone(),
            at: record.at(),
            ran: record.ran.clone(),
            edited: record.edited,
            effect_id: record.effect_id,
            outcome: record.outcome.clone(),
            approval: record.approval.cloned(),
        })
    }

    async fn read(&mut self, call: &ToolCall) -> Result<(), Stop> {
        if let Some(reason) = limits::repeated(&self.steps, self.means.settings.limits, call) {
            self.push_call(call, call, false, CallOutcome::Refused { reason }, None);
            return Ok(());
        }
        if call.tool == SEARCH && self.changes.knowledge == Knowledge::Today {
            return self.search(call).await;
        }
        if let Some(then) = self.then(call) {
            let (ran, edited) = (ToolCall { id: call.id.clone(), ..then.ran.clone() }, then.edited);
            self.push_call(call, &ran, edited, then.outcome.clone(), Some(&then));
            return Ok(());
        }
        let elsewhere = self.records.find_elsewhere(self.store, &self.past.run, call).await;
        let elsewhere = elsewhere.map_err(|error| End::Unknown(error.to_string()))?;
        if let Some(Step { body: StepBody::Tool { outcome, .. }, .. }) = elsewhere {
            self.push_call(call, call, false, outcome, None);
            return Ok(());
        }
        Err(End::Unknown(format!(
            "the agent would look something up that nobody looked up then: {}",
            title(self.house, call)
        )))
    }

    /// Looks into the knowledge base as it is now, which changes nothing.
    async fn search(&mut self, call: &ToolCall) -> Result<(), Stop> {
        let Some(tool) = self.granted(call) else {
            return Err(End::Failed(format!("there is no tool `{SEARCH}`")));
        };
        let breakers = &self.house.breakers;
        if let Some(stop) = breakers.heard(|| breakers.of_tool(self.store.id(), tool.spec())).await {
            return Err(End::Unknown(format!("the knowledge base is not read: {}", stop.words())));
        }
        let context = self.context();
        let found = time::timeout(self.house.runs.tool_timeout, tool.read(&context, &call.args)).await;
        match found {
            Ok(Ok(output)) => {
                self.push_call(call, call, false, CallOutcome::Ok { content: output.content }, None);
                Ok(())
            }
            Ok(Err(error)) => Err(End::Unknown(format!("the knowledge base was not read: {error}"))),
            Err(_) => Err(End::Unknown("the knowledge base took too long".to_owned())),
        }
    }

    fn context(&self) -> ToolContext {
        let addresses = match &self.input.contact {
            Some(contact) => vec![contact.email.to_lowercase()],
            None => self.input.messages.iter().filter_map(|message| slots::email(&message.body)).collect(),
        };
        ToolContext {
            workspace_id: self.store.id(),
            run: self.run.clone(),
            ticket: self.input.ticket.clone(),
            customer: self.input.customer.clone(),
            contact: self.input.contact.clone(),
            on_behalf_of: Some(addresses),
            now: self.house.clock.now(),
            ports: Arc::clone(&self.house.ports),
        }
    }

    fn judging<T>(&self, now: Timestamp, look: impl FnOnce(&Judging<'_>) -> T) -> T {
        look(&Judging {
            house: self.house,
            gate: &self.changes.gate,
            workspace: self.store.id(),
            protector: &self.changes.protector,
            procedures: &self.changes.procedures,
            settings: &self.means.settings,
            run: &self.run,
            steps: &self.steps,
            ticket: self.input.ticket.as_ref(),
            customer: self.input.customer.as_ref(),
            contact: self.input.contact.as_ref(),
            suspicions: &self.suspicions.found,
            intent: &self.intent,
            spent_micros: self.usage.cost_micros,
            now,
        })
    }

    /// For what a person would have been asked, when nobody has an answer to it.
    fn settle(&mut self, proposed: ProposedCall) -> Result<Option<String>, Stop> {
        let ProposedCall { call, confidence } = proposed;
        let settled =
            |step: &Step| matches!(&step.body, StepBody::Tool { call: made, .. } if made.id == call.id);
        if self.steps.iter().any(settled) {
            // News before it settled it.
            return Ok(None);
        }
        let Some(tool) = self.granted(&call) else {
            let reason = format!("there is no tool `{}` that this agent may use", call.tool);
            self.push_call(&call, &call, false, CallOutcome::Refused { reason }, None);
            return Ok(None);
        };
        if let Some(asked) = self.asked.remove(&call.id) {
            return self.decided(&*tool, &call, &confidence, asked);
        }
        if judging::is_overtaken(&self.steps, &call.id) {
            self.push_call(&call, &call, false, CallOutcome::Superseded, None);
            return Ok(None);
        }
        self.propose(&*tool, &call, &confidence)
    }

    fn propose(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        confidence: &Confidence,
    ) -> Result<Option<String>, Stop> {
        let call = self.judging(self.now, |judging| judging.proposed(tool.spec(), asked)).into_owned();
        let refused = match tool.validate(&call.args) {
            Err(error) => Some(error.to_string()),
            Ok(()) => limits::repeated(&self.steps, self.means.settings.limits, &call),
        };
        if let Some(reason) = refused {
            self.push_call(asked, &call, false, CallOutcome::Refused { reason }, None);
            return Ok(None);
        }
        let then = self.then(&call);
        let now = then.as_ref().map_or(self.now, |then| then.at);
        let origins = self.judging(now, |judging| judging.origins(tool.spec(), &call));
        let (verdict, facts) = self.judge((tool, now), &call, confidence, &origins, false);
        self.made.push(Made {
            call_id: call.id.clone(),
            tool: call.tool.clone(),
            title: title(self.house, &call),
            identity: identity(&call),
            said: past::words(Some(&verdict.answer)),
            came: "unknown".to_owned(),
        });
        match verdict.answer.clone() {
            Answer::Run => self.perform(asked, &call, then).map(|()| None),
            Answer::Ask { terms, .. } => {
                self.came(&call.id, "waits");
                // No row stands behind it.
                let approval = then.as_ref().and_then(|then| then.approval.as_ref());
                let approval_id = approval.map_or(ApprovalId(Uuid::nil()), |approval| approval.id);
                self.push(StepBody::Proposed { call: call.clone(), approval_id });
                self.asked.insert(call.id.clone(), Asked { call, terms, then });
                Ok(None)
            }
            Answer::Refuse { why } => {
                self.refuse(&call, why, &verdict, facts);
                Ok(None)
            }
        }
    }

    fn judge(
        &self,
        (tool, now): (&dyn AnyTool, Timestamp),
        call: &ToolCall,
        confidence: &Confidence,
        origins: &[ArgumentOrigin],
        edited: bool,
    ) -> (Verdict, Facts) {
        self.judging(now, |judging| judging.judge(tool.spec(), call, confidence, origins, edited))
    }

    fn refuse(&mut self, call: &ToolCall, why: String, verdict: &Verdict, facts: Facts) {
        self.came(&call.id, "refused");
        self.push(StepBody::Tool {
            call: call.clone(),
            effect_id: None,
            approval_id: None,
            edited: false,
            judged: Some(judged(verdict, facts)),
            outcome: CallOutcome::Refused { reason: why },
        });
    }

    /// It would run by itself: what came of it then comes of it now.
    fn perform(&mut self, asked: &ToolCall, call: &ToolCall, then: Option<Then>) -> Result<(), Stop> {
        if let Some(approval) = then.as_ref().and_then(|then| then.approval.as_ref())
            && let Some(against) = against(approval)
        {
            self.against.push(format!("{}: {against}", title(self.house, call)));
        }
        match &then {
            Some(then)
                if !then.edited
                    && matches!(then.outcome, CallOutcome::Ok { .. } | CallOutcome::Failed { .. }) =>
            {
                self.came(&call.id, then.outcome.status());
                self.push_call(asked, call, false, then.outcome.clone(), Some(then));
                Ok(())
            }
            // It waited for nobody, and the customer was faster all the same.
            Some(Then { outcome: CallOutcome::Superseded, approval: None, .. }) => self.overtaken(call),
            // Agents make these themselves, at the end, and look at nothing that comes back.
            _ if matches!(call.tool.as_str(), REPLY | ESCALATE) => {
                self.came(&call.id, "ok");
                self.push_call(asked, call, false, CallOutcome::Ok { content: Value::Null }, None);
                Ok(())
            }
            _ => Err(End::Unknown(format!(
                "this would be done, which was not done then, so nobody knows what comes of it: {}",
                title(self.house, call)
            ))),
        }
    }

    /// Something newer came before it was decided or done then.
    fn overtaken(&mut self, call: &ToolCall) -> Result<(), Stop> {
        if !self.hear_next()? {
            return Err(End::Unknown(format!(
                "something came in between then, and nobody decided: {}",
                title(self.house, call)
            )));
        }
        let settled =
            |step: &Step| matches!(&step.body, StepBody::Tool { call: made, .. } if made.id == call.id);
        if !self.steps.iter().any(settled) {
            self.came(&call.id, "superseded");
            self.push_call(call, call, false, CallOutcome::Superseded, None);
        }
        Ok(())
    }

    /// It was put before a person, who decides as somebody did then, if they would be asked.
    fn decided(
        &mut self,
        tool: &dyn AnyTool,
        call: &ToolCall,
        confidence: &Confidence,
        asked: Asked,
    ) -> Result<Option<String>, Stop> {
        let proposed = asked.call.clone();
        let shown = title(self.house, &proposed);
        let Some(then) = &asked.then else {
            return Ok(Some(format!("a decision on a new proposal: {shown}")));
        };
        let Some(approval) = &then.approval else {
            return Ok(Some(format!("a decision, where it ran by itself then: {shown}")));
        };
        if matches!(then.outcome, CallOutcome::Superseded) {
            self.asked.insert(call.id.clone(), asked);
            return self.overtaken(&proposed).map(|()| None);
        }
        if !self.stands(approval, &asked.terms) {
            let whom = past::words(Some(&Answer::Ask { terms: asked.terms.clone(), why: String::new() }));
            return Ok(Some(format!("a decision, for which it would {whom} now: {shown}")));
        }
        let approved = ToolCall { id: call.id.clone(), ..then.ran.clone() };
        if then.edited {
            let origins = approval.origins_of(&approved);
            let (verdict, facts) = self.judge((tool, then.at), &approved, confidence, &origins, true);
            if let Answer::Refuse { why } = verdict.answer.clone() {
                self.refuse(&approved, why, &verdict, facts);
                return Ok(None);
            }
        }
        self.came(&call.id, then.outcome.status());
        self.push_call(call, &approved, then.edited, then.outcome.clone(), Some(then));
        Ok(None)
    }

    /// Whether those who decided then are among those who would be asked, and enough.
    fn stands(&self, approval: &Approval, terms: &AskTerms) -> bool {
        if approval.status == ApprovalStatus::Expired {
            return true;
        }
        let Some(decisions) = self.past.decisions.get(&approval.id) else { return false };
        if terms.team.is_some() && terms.team != approval.team {
            // Who was in it then nobody knows.
            return false;
        }
        let behind = asking::behind(&self.run, &self.steps);
        let may = decisions.iter().filter(|decision| {
            let answers = approval.role == terms.role
                || Standing::built_in(decision.user_id, decision.role.clone()).answers_for(&terms.role);
            let approves = matches!(decision.kind, DecisionKind::Approve | DecisionKind::Edit { .. });
            answers && !(terms.not_requester && approves && behind.contains(&decision.user_id))
        });
        let enough = match approval.status {
            ApprovalStatus::Approved => usize::from(terms.quorum),
            _ => 1,
        };
        may.count() >= enough
    }

    pub(super) fn came(&mut self, call_id: &str, came: &str) {
        if let Some(made) = self.made.iter_mut().rfind(|made| made.call_id == call_id) {
            came.clone_into(&mut made.came);
        }
    }

    /// Appends how a call ended, at the time and for the price of then where it was made.
    pub(super) fn push_call(
        &mut self,
        asked: &ToolCall,
        ran: &ToolCall,
        edited: bool,
        outcome: CallOutcome,
        then: Option<&Then>,
    ) {
        if let Some(words) = told(ran, &outcome) {
            self.told.push(words.to_owned());
        }
        let body = StepBody::Tool {
            call: ran.clone(),
            effect_id: then.and_then(|then| then.effect_id),
            approval_id: None,
            edited,
            judged: None,
            outcome,
        };
        match then {
            Some(then) => {
                let mut was = then.step.clone();
                was.input_digest = Some(Digest::of(asked));
                self.push_as(&was, body);
            }
            None => self.push(body),
        }
    }
}

/// What a person did with it who did not let it run as it was.
fn against(approval: &Approval) -> Option<&'static str> {
    match approval.status {
        ApprovalStatus::Rejected => Some("a person rejected it, and it would run by itself"),
        ApprovalStatus::Edited => Some("a person changed it first, and it would run by itself as it was"),
        ApprovalStatus::Responded => Some("a person had an objection, and it would run by itself"),
        ApprovalStatus::Escalated => Some("a person took the ticket over, and it would run by itself"),
        _ => None,
    }
}
