//! Tool calls with effects: judged by the gate and then performed, asked about, or refused.

use std::{sync::Arc, time::Duration};

use domain::{
    ApprovalId, PaperId, Timestamp, UserId,
    agent::ProposedCall,
    approval::{Approval, ApprovalStatus, Binding, Decision, DecisionKind, Escalates, Permit, Question},
    canonical::Digest,
    commit::{Op, RunTo},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    excerpt::cut,
    knowledge::{Citation, Passage},
    origin::ArgumentOrigin,
    policy::{Answer, AskTerms, Facts, Judged, Verdict},
    run::{CallOutcome, StepBody},
    ticket::EventBody,
    tool::{AnyTool, Risk, ToolCall, ToolSpec},
};

use super::{
    effects::Attempt,
    judging, limits,
    session::{Halt, Session},
};
use crate::gate::judged;

/// How long a call waits at most for the server of its tool to be looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What is to be done about one call now.
pub(super) enum Settled {
    Now,
    /// It waits; due again at the given time at the latest.
    Waits {
        for_what: String,
        until: Timestamp,
    },
}

impl Session {
    pub(super) async fn settle_calls(&mut self, calls: Vec<ProposedCall>) -> Result<(), Halt> {
        if calls.is_empty() {
            return Err(Halt::Quarantine("the agent asked for no calls at all".to_owned()));
        }
        let seen = self.run.seen_signals;
        let (reads, effects): (Vec<_>, Vec<_>) = calls.into_iter().partition(|proposed| {
            self.granted(&proposed.call.tool).is_some_and(|tool| tool.spec().risk == Risk::Read)
        });
        self.tell_looks(reads.iter().map(|proposed| proposed.call.tool.clone()).collect());
        let mut waits: Vec<(String, Timestamp)> = self.read_all(reads).await?;
        self.look_for_injections();
        for proposed in effects {
            if let Settled::Waits { for_what, until } = self.settle(proposed).await? {
                waits.push((for_what, until));
            }
        }
        // What one call brought to light may have ended what another waits for: nothing would wake the run.
        if waits.is_empty() || self.run.seen_signals != seen {
            return Ok(());
        }
        let wake_at = waits.iter().map(|(_, until)| *until).min();
        let mut reasons: Vec<String> = waits.into_iter().map(|(for_what, _)| for_what).collect();
        reasons.dedup();
        self.park(RunTo::Waiting { for_what: reasons.join(", "), wake_at }).await
    }

    pub(super) fn granted(&self, name: &str) -> Option<Arc<dyn AnyTool>> {
        judging::granted(&self.house, &self.settings, name)
    }

    async fn settle(&mut self, proposed: ProposedCall) -> Result<Settled, Halt> {
        let ProposedCall { call, confidence } = proposed;
        if self.is_settled(&call.id) {
            // A call before it brought to light that the customer has written, which settled this one.
            return Ok(Settled::Now);
        }
        if self.run.asked.is_some()
            && let Some(reason) = self.beyond_a_question(&call)
        {
            self.journal_call(&call, &call, None, None, CallOutcome::Refused { reason });
            return Ok(Settled::Now);
        }
        let Some(tool) = self.granted(&call.tool) else {
            if judging::is_awaited(&self.house, &self.settings, &call.tool) {
                let until = self.house.clock.now().plus(LOOK_AGAIN);
                return Ok(Settled::Waits { for_what: format!("the server of {}", call.tool), until });
            }
            if self.effects.iter().any(|e| e.call.id == call.id && !e.status.is_settled()) {
                // What became of it can only be found out with the tool.
                return Err(Halt::Retry(format!(
                    "`{}` is not available, and a call of it is under way",
                    call.tool
                )));
            }
            let reason = format!("there is no tool `{}` that this agent may use", call.tool);
            self.journal_call(&call, &call, None, None, CallOutcome::Refused { reason });
            return Ok(Settled::Now);
        };
        if let Some(effect) = self.effects.iter().find(|e| e.call.id == call.id).cloned() {
            return self.continue_effect(&*tool, &call, effect).await;
        }
        let asked = self
            .approvals
            .iter()
            .rfind(|a| a.binding.call.id == call.id && a.question == Question::Call)
            .cloned();
        if asked.is_none() && judging::is_overtaken(&self.steps, &call.id) {
            self.journal_call(&call, &call, None, None, CallOutcome::Superseded);
            return Ok(Settled::Now);
        }
        match asked {
            Some(approval) => self.after_asking(&*tool, &call, &confidence, approval).await,
            None => self.propose(&*tool, &call, &confidence).await,
        }
    }

    async fn propose(
        &mut self,
        tool: &dyn AnyTool,
        call: &ToolCall,
        confidence: &Confidence,
    ) -> Result<Settled, Halt> {
        let asked = call;
        let proposed = self.judging(|judging| judging.proposed(tool.spec(), asked));
        let call = &*proposed;
        if let Err(error) = tool.validate(&call.args) {
            self.journal_call(asked, call, None, None, CallOutcome::Refused { reason: error.to_string() });
            return Ok(Settled::Now);
        }
        if let Some(reason) = limits::repeated(&self.steps, self.settings.limits, call) {
            self.journal_call(asked, call, None, None, CallOutcome::Refused { reason });
            return Ok(Settled::Now);
        }
        let origins = self.judging(|judging| judging.origins(tool.spec(), call));
        let (verdict, facts) = self.judge(tool.spec(), call, confidence, &origins, false);
        match &verdict.answer {
            Answer::Run => {
                let effect = self.effect(call.clone(), None, judged(&verdict, facts));
                self.perform(tool, asked, effect, |effect| Permit::by_policy(&verdict, effect)).await
            }
            Answer::Ask { terms, why } => {
                let barred = self.requesters(terms, call).await?;
                Ok(self.ask(
                    tool,
                    asked,
                    call,
                    confidence,
                    (&verdict, facts),
                    (terms.clone(), barred),
                    why,
                    origins,
                ))
            }
            Answer::Refuse { why } => {
                let mut judged = judged(&verdict, facts);
                judged.on_paper = verdict.on_paper.then(|| PaperId::new(&*self.house.ids));
                self.journal_refusal(asked, call, None, why, judged);
                Ok(Settled::Now)
            }
        }
    }

    fn judge(
        &self,
        spec: &ToolSpec,
        call: &ToolCall,
        confidence: &Confidence,
        origins: &[ArgumentOrigin],
        edited: bool,
    ) -> (Verdict, Facts) {
        self.judging(|judging| judging.judge(spec, call, confidence, origins, edited))
    }

    /// Puts the call before a person, bound to exactly what they will see. `asked` is what the agent
    /// asked for, which a person may have edited into `call` since.
    #[expect(
        clippy::too_many_arguments,
        reason = "a question is what it shows; grouping it would only rename it"
    )]
    fn ask(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        call: &ToolCall,
        confidence: &Confidence,
        (verdict, facts): (&Verdict, Facts),
        (terms, requesters): (AskTerms, Vec<UserId>),
        why: &str,
        origins: Vec<ArgumentOrigin>,
    ) -> Settled {
        let evidence = self.evidence(call);
        let mut approval = self.approval(
            tool,
            call,
            Question::Call,
            confidence.clone(),
            evidence,
            verdict,
            terms,
            self.said_of_errand().map_or_else(|| why.to_owned(), |said| format!("{said}; {why}")),
        );
        approval.origins = origins;
        approval.facts = Some(Box::new(facts));
        approval.requesters = requesters;
        approval.intent = self.judging(|judging| judging.intent().to_owned());
        approval.carries = self.carries(tool.spec(), &call.args);
        approval.suspicions.clone_from(&self.suspicions.found);
        let until = approval.expires_at;
        self.put_before_person(asked, call, approval);
        Settled::Waits { for_what: format!("a decision on {}", call.tool), until }
    }

    pub(super) fn put_before_person(&mut self, asked: &ToolCall, call: &ToolCall, approval: Approval) {
        let digest = Digest::of(asked);
        self.push(StepBody::Proposed { call: call.clone(), approval_id: approval.id }, Some(digest));
        self.ops.push(Op::AddApproval(Box::new(approval.clone())));
        self.ticket_event(EventBody::ApprovalRequested {
            approval_id: approval.id,
            run_id: self.run.id,
            tool: call.tool.clone(),
            title: approval.preview.title.clone(),
        });
        self.approvals.push(approval);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "an approval is what it shows; grouping them would only rename them"
    )]
    pub(super) fn approval(
        &self,
        tool: &dyn AnyTool,
        call: &ToolCall,
        question: Question,
        confidence: Confidence,
        evidence: Vec<Citation>,
        verdict: &Verdict,
        terms: AskTerms,
        why: String,
    ) -> Approval {
        let now = self.house.clock.now();
        let spec = tool.spec();
        let minutes = |minutes: u32| now.plus(Duration::from_secs(u64::from(minutes) * 60));
        let binding = Binding {
            run_id: self.run.id,
            call: call.clone(),
            tool_version: spec.version.clone(),
            policy_version: verdict.policy_version.clone(),
            evidence: Digest::of(&evidence),
            customer_version: self.customer_version(),
        };
        Approval {
            id: ApprovalId::new(&*self.house.ids),
            run_id: self.run.id,
            ticket_id: self.run.ticket_id,
            agent: self.run.agent.clone(),
            question,
            status: ApprovalStatus::Pending,
            digest: binding.digest(),
            binding,
            risk: spec.risk,
            preview: tool.preview(&call.args),
            rule: verdict.rule.clone(),
            why,
            confidence,
            evidence,
            origins: Vec::new(),
            carries: Vec::new(),
            suspicions: Vec::new(),
            facts: None,
            requesters: Vec::new(),
            reminds_at: terms.reminder_minutes.map(minutes),
            escalates: terms
                .escalate
                .as_ref()
                .map(|escalation| Escalates::of(terms.role.clone(), escalation, now)),
            role: terms.role.clone(),
            team: terms.team.clone(),
            quorum: terms.quorum,
            requested_at: now,
            expires_at: minutes(terms.ttl_minutes),
            decided_at: None,
            edited_args: None,
            intent: String::new(),
            assignee: None,
            snoozed_until: None,
            undo_until: None,
        }
    }

    /// Whether those who decided are among those whom these terms ask. Who they are now is looked up only when
    /// somebody else is asked than was.
    async fn stand_for(
        &self,
        decisions: &[&Decision],
        approval: &Approval,
        terms: &AskTerms,
    ) -> Result<bool, Halt> {
        if decisions.is_empty() {
            return Ok(false);
        }
        if approval.role == terms.role && approval.team == terms.team {
            return Ok(true);
        }
        for decision in decisions {
            let Some(user) = self.store.user(decision.user_id).await? else { return Ok(false) };
            let standing = self.store.standing(&user).await?;
            // Whom it was passed on to answers for it whatever the team, as long as the policy passes it on to them.
            let passed_on = approval.escalates.as_ref().filter(|escalates| {
                decision.at >= escalates.at
                    && terms.escalate.as_ref().is_some_and(|terms| terms.role == escalates.to)
            });
            let (role, team) = match passed_on {
                Some(escalates) => (&escalates.to, None),
                None => (&terms.role, terms.team.as_ref()),
            };
            if !standing.answers_for(role) || team.is_some_and(|team| !standing.is_in(team)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The passages a reviewer should read: what the call cites, or what the run found last.
    fn evidence(&self, call: &ToolCall) -> Vec<Citation> {
        if let Some(sources) = call.args.get("sources")
            && let Ok(cited) = serde_json::from_value::<Vec<Citation>>(sources.clone())
            && !cited.is_empty()
        {
            return cited;
        }
        let found = self.steps.iter().rev().find_map(|step| match &step.body {
            StepBody::Tool { call, outcome: CallOutcome::Ok { content }, .. }
                if call.tool == "search_knowledge" =>
            {
                serde_json::from_value::<Vec<Passage>>(content.get("passages")?.clone()).ok()
            }
            _ => None,
        });
        found
            .unwrap_or_default()
            .into_iter()
            .take(3)
            .map(|passage| {
                let quote = cut(&passage.text, 400);
                Citation {
                    span: passage.span_of(quote.trim_end_matches('…')),
                    chunk_id: passage.chunk_id,
                    document_id: passage.document_id,
                    document_version: passage.document_version,
                    slug: passage.slug,
                    title: passage.title,
                    quote,
                }
            })
            .collect()
    }

    async fn after_asking(
        &mut self,
        tool: &dyn AnyTool,
        call: &ToolCall,
        confidence: &Confidence,
        approval: Approval,
    ) -> Result<Settled, Halt> {
        if let Some(held) = self.held(&approval).await? {
            return Ok(held);
        }
        let now = self.house.clock.now();
        let id = approval.id;
        let outcome = match approval.status {
            ApprovalStatus::Pending if now < approval.expires_at => {
                let for_what = format!("a decision on {}", call.tool);
                return Ok(Settled::Waits { for_what, until: approval.expires_at });
            }
            ApprovalStatus::Pending => {
                self.ops.push(Op::EndApproval { approval_id: id, status: ApprovalStatus::Expired, at: now });
                CallOutcome::Expired
            }
            ApprovalStatus::Expired => CallOutcome::Expired,
            ApprovalStatus::Superseded => CallOutcome::Superseded,
            ApprovalStatus::Approved | ApprovalStatus::Edited => {
                return self.after_consent(tool, call, confidence, approval).await;
            }
            ApprovalStatus::Rejected | ApprovalStatus::Responded | ApprovalStatus::Escalated => {
                self.words_of(&approval).await?
            }
        };
        if let CallOutcome::Escalated { reason, .. } = &outcome {
            let summary = format!("A reviewer took over from the agent at: {}", approval.preview.title);
            self.ticket_event(EventBody::escalated(reason, summary));
        }
        self.journal_call(call, call, None, Some(id), outcome);
        Ok(Settled::Now)
    }

    /// What the person said whose decision it came to.
    pub(super) async fn words_of(&self, approval: &Approval) -> Result<CallOutcome, Halt> {
        let decisions = self.store.decisions(approval.id).await?;
        // By what came of it, and not by the clocks of those who decided.
        let decided = |decision: &Decision| match &decision.kind {
            DecisionKind::Reject { .. } => approval.status == ApprovalStatus::Rejected,
            DecisionKind::Respond { .. } => approval.status == ApprovalStatus::Responded,
            DecisionKind::Escalate { .. } => approval.status == ApprovalStatus::Escalated,
            DecisionKind::Approve | DecisionKind::Edit { .. } => false,
        };
        let Some(last) = decisions.into_iter().find(decided) else {
            return Err(Halt::Retry(format!("approval {} is decided and has no decision", approval.id)));
        };
        let by = Some(last.user_id);
        Ok(match last.kind {
            DecisionKind::Reject { reason } => CallOutcome::Rejected { reason, by },
            DecisionKind::Respond { message } => CallOutcome::Responded { message, by },
            DecisionKind::Escalate { reason } => CallOutcome::Escalated { reason, by },
            DecisionKind::Approve | DecisionKind::Edit { .. } => {
                return Err(Halt::Retry(format!("approval {} changed while it was read", approval.id)));
            }
        })
    }

    /// A person said yes. What drifted since goes back to review; what was edited is judged again.
    async fn after_consent(
        &mut self,
        tool: &dyn AnyTool,
        call: &ToolCall,
        confidence: &Confidence,
        approval: Approval,
    ) -> Result<Settled, Halt> {
        if approval.binding.customer_version != self.customer_version() {
            self.journal_call(call, call, None, Some(approval.id), CallOutcome::Superseded);
            return Ok(Settled::Now);
        }
        let Some(approved) = approval.approved_call() else {
            return Err(Halt::Quarantine(format!("approval {} is decided without a call", approval.id)));
        };
        let edited = approval.status == ApprovalStatus::Edited;
        let origins = approval.origins_of(&approved);
        let (verdict, facts) = self.judge(tool.spec(), &approved, confidence, &origins, edited);
        let drifted = tool.spec().version != approval.binding.tool_version
            || verdict.policy_version != approval.binding.policy_version;
        match &verdict.answer {
            Answer::Refuse { why } => {
                self.journal_refusal(call, &approved, Some(approval.id), why, judged(&verdict, facts));
                return Ok(Settled::Now);
            }
            Answer::Ask { terms, why } => {
                let decisions = self.store.decisions(approval.id).await?;
                let barred = self.requesters(terms, call).await?;
                // What the rules go by, such as the hour, may ask for more now than it did then.
                let (of_them, quorum) = if edited {
                    let edits = |d: &&Decision| matches!(d.kind, DecisionKind::Edit { .. });
                    (decisions.iter().filter(edits).collect(), 1)
                } else {
                    (decisions.iter().collect::<Vec<_>>(), approval.quorum)
                };
                let enough = terms.quorum <= quorum
                    && self.stand_for(&of_them, &approval, terms).await?
                    && !decisions.iter().any(|d| barred.contains(&d.user_id));
                if drifted || !enough {
                    let why = if drifted {
                        format!("the tool or the policy changed after it was approved; {why}")
                    } else if edited {
                        format!("it was edited and needs another approval; {why}")
                    } else {
                        format!("the policy asks for more than it did and needs another approval; {why}")
                    };
                    let (asked, proposal) = ((&verdict, facts), approved.clone());
                    let whom = (terms.clone(), barred);
                    return Ok(self.ask(tool, call, &proposal, confidence, asked, whom, &why, origins));
                }
            }
            Answer::Run if drifted => {
                let effect = self.effect(approved.clone(), Some(approval.id), judged(&verdict, facts));
                return self.perform(tool, call, effect, |effect| Permit::by_policy(&verdict, effect)).await;
            }
            Answer::Run => {}
        }
        let effect = self.effect(approved, Some(approval.id), judged(&verdict, facts));
        let (tool_version, policy_version) = (tool.spec().version.clone(), verdict.policy_version.clone());
        self.perform(tool, call, effect, |effect| {
            Permit::by_decision(&approval, effect, &tool_version, &policy_version)
        })
        .await
    }

    fn effect(&self, call: ToolCall, approval_id: Option<ApprovalId>, judged: Box<Judged>) -> Effect {
        let now = self.house.clock.now();
        Effect {
            id: domain::EffectId::new(&*self.house.ids),
            run_id: self.run.id,
            ticket_id: self.run.ticket_id,
            call,
            approval_id,
            judged: Some(judged),
            status: EffectStatus::Attempting,
            attempts: 1,
            price_micros: 0,
            next_attempt_at: None,
            output: None,
            summary: String::new(),
            error: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Records how a call ended. `asked` is what the agent asked for, `ran` what it came to.
    pub(super) fn journal_call(
        &mut self,
        asked: &ToolCall,
        ran: &ToolCall,
        attempt: Option<&Attempt>,
        approval_id: Option<ApprovalId>,
        outcome: CallOutcome,
    ) {
        let digest = Digest::of(asked);
        let body = StepBody::Tool {
            call: ran.clone(),
            effect_id: attempt.map(|a| a.effect_id),
            approval_id,
            edited: self.is_edited(asked, ran),
            judged: None,
            outcome,
        };
        let started = attempt.map_or_else(|| self.house.clock.now(), |a| a.started);
        self.push_timed(body, Some(digest), Default::default(), None, started);
    }

    /// Records that the gate refused a call, and on what grounds; the ticket is told of one on paper.
    fn journal_refusal(
        &mut self,
        asked: &ToolCall,
        ran: &ToolCall,
        approval_id: Option<ApprovalId>,
        why: &str,
        judged: Box<Judged>,
    ) {
        let on_paper = judged.on_paper;
        let body = StepBody::Tool {
            call: ran.clone(),
            effect_id: None,
            approval_id,
            edited: self.is_edited(asked, ran),
            judged: Some(judged),
            outcome: CallOutcome::Refused { reason: why.to_owned() },
        };
        self.push(body, Some(Digest::of(asked)));
        if let Some(paper_id) = on_paper {
            let (run_id, tool) = (self.run.id, ran.tool.clone());
            self.ticket_event(EventBody::PutOnPaper { paper_id, run_id, tool });
        }
    }
}
