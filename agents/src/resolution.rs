//! The resolution agent: answers the customer from knowledge and records, fulfils what procedures
//! cover, asks for what is missing, and gives the rest to a person. It never ends in silence.
//!
//! A turn goes: look the customer's message up (a rule, no model), ask the model, settle the calls
//! it makes, ask again …, until it ends its turn with an [`Answer`]. The agent, and not the model,
//! then replies or hands over, so that nothing reaches a customer which the gate has not judged as
//! a whole. What comes of the reply decides how the run ends.

use std::sync::Arc;

use domain::{
    DomainError,
    agent::{Agent, AgentSettings, Next, ProposedCall, RunLimits, RunView},
    answerability::Judge,
    confidence::{Confidence, Reason, Thresholds},
    excerpt::line,
    grounding::{Doubts, Footing, Grounds},
    model::{ModelRequest, Strength},
    run::{CallOutcome, Outcome},
    tool::ToolCall,
    trigger,
};
use prompts::{ContactFacts, CustomerFacts, Field, PromptError, ResolutionSystem, TicketFacts, Untrusted};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Kind, ground},
    dialogue::{self, Offer, SEARCH},
    journal::{Journal, Open, Origin, Rules, Settled, What, from_customer, own_id},
    provenance::Origins,
    query,
};

mod correction;
mod evidence;
mod handoff;

pub use correction::RECALL;

pub const NAME: &str = "resolution";
const PURPOSE: &str = "resolution.answer";
const REPLY: &str = "reply_to_customer";
const ESCALATE: &str = "escalate";
/// Replies and handoffs are made from the [`Answer`], never called by the model.
const RESERVED: &[&str] = &[REPLY, ESCALATE];
/// Handoffs in a row that may fail before a person has to look at the run itself.
const MAX_FAILED_HANDOFFS: usize = 3;

const RULES: Rules<'static> = Rules {
    reserved: RESERVED,
    own: &[("search", SEARCH), ("reply", REPLY), ("escalate", ESCALATE)],
    check: |text| Answer::parse(text).map(|_| ()),
};

/// What applies where the configuration says nothing. All tools are granted: the gate judges each
/// call, and by default asks a person for every effect that is not declared safe.
pub fn default_settings() -> AgentSettings {
    AgentSettings {
        tools: [
            "add_note",
            "add_tags",
            "call_webhook",
            "close_ticket",
            ESCALATE,
            "get_customer",
            "get_ticket_history",
            REPLY,
            "schedule_follow_up",
            SEARCH,
            "set_ticket_fields",
            "*",
        ]
        .map(str::to_owned)
        .to_vec(),
        thresholds: Thresholds { auto: 0.8, floor: 0.4 },
        max_model_calls: 12,
        max_output_tokens: 1_500,
        limits: RunLimits::default(),
        help: String::new(),
    }
}

pub struct Resolution {
    offer: Offer,
    grounds: Arc<dyn Grounds>,
    judge: Judge,
}

impl Resolution {
    /// `grounds` checks every reply before it is proposed, `judge` whether what was found answers what
    /// was asked.
    pub fn new(grounds: Arc<dyn Grounds>, judge: Judge) -> Self {
        Self { offer: Offer::without(RESERVED), grounds, judge }
    }
}

impl Agent for Resolution {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "Answers customers from the knowledge base and their records, carries out procedures, and hands over what it cannot settle."
    }

    fn next(&self, view: &RunView<'_>) -> Result<Next, DomainError> {
        let journal = Journal::read(view.run.id, view.steps, &RULES)?;
        if let Some(outcome) = journal.ended {
            return Ok(Next::End(outcome.clone()));
        }
        let turn =
            Turn { offer: &self.offer, grounds: &*self.grounds, judge: &self.judge, view, journal: &journal };
        let handoff = turn.triggered()?;
        if journal.open.is_empty() {
            return handoff.map_or_else(|| turn.decide(), |call| Ok(Next::Tools(vec![call])));
        }
        // What is under way is seen through, and nobody waits for that who needs a person.
        Ok(Next::Tools(handoff.into_iter().chain(turn.open_calls()).collect()))
    }

    fn doubts(&self, view: &RunView<'_>) -> Result<Option<Doubts>, DomainError> {
        let journal = Journal::read(view.run.id, view.steps, &RULES)?;
        let turn =
            Turn { offer: &self.offer, grounds: &*self.grounds, judge: &self.judge, view, journal: &journal };
        Ok(turn.doubts())
    }

    fn footing(
        &self,
        view: &RunView<'_>,
        call: &ToolCall,
        text: &str,
    ) -> Result<Option<Footing>, DomainError> {
        if call.tool != REPLY {
            return Ok(None);
        }
        let journal = Journal::read(view.run.id, view.steps, &RULES)?;
        let turn =
            Turn { offer: &self.offer, grounds: &*self.grounds, judge: &self.judge, view, journal: &journal };
        Ok(turn.footing(call, text))
    }
}

struct Turn<'t, 'a> {
    offer: &'t Offer,
    grounds: &'t dyn Grounds,
    judge: &'t Judge,
    view: &'t RunView<'a>,
    journal: &'t Journal<'a>,
}

impl Turn<'_, '_> {
    fn decide(&self) -> Result<Next, DomainError> {
        let journal = self.journal;
        if let Some(reason) = self.taken() {
            return Ok(Next::End(Outcome::HandedOff { reason }));
        }
        let Some(last) = journal.entries.last() else {
            return Ok(nothing("there is no message to answer"));
        };
        match &last.what {
            What::Said(message) if from_customer(message) => self.go_on(),
            What::Said(_) => Ok(nothing("the last message is not from the customer")),
            What::Reported(event) => match correction::proposed(event) {
                Some(body) if journal.unanswered().is_empty() => {
                    Ok(Next::Tools(vec![self.correction(last.seq, body)]))
                }
                _ => self.go_on(),
            },
            What::Model(response) => match Answer::parse(response.text.as_deref().unwrap_or("")) {
                Ok(answer) if answer.kind == Kind::Handoff => {
                    self.escalate(last.seq, &answer.reason, Some(&answer.reply))
                }
                Ok(answer) if answer.kind == Kind::Nothing => {
                    if journal.unanswered().is_empty() {
                        return Ok(nothing(&line(&answer.reason, 400)));
                    }
                    let reason =
                        format!("the agent would leave the customer without an answer: {}", answer.reason);
                    self.escalate(last.seq, &reason, None)
                }
                Ok(answer) => {
                    let up_to = journal.entries.len();
                    Ok(Next::Tools(vec![self.reply(last.seq, up_to, &answer, &response.model)]))
                }
                Err(why) => Err(DomainError::Journal { step: last.seq, why }),
            },
            What::Unusable { why, .. } => {
                let in_a_row =
                    journal.entries.iter().rev().take_while(|e| matches!(e.what, What::Unusable { .. }));
                if in_a_row.count() < 2 {
                    return self.go_on();
                }
                self.escalate(last.seq, &format!("the model's replies could not be used: {why}"), None)
            }
            What::Failed { what, error } => match self.last_handoff() {
                Some(settled) => self.handoff_failed(last.seq, settled),
                None => self.escalate(
                    last.seq,
                    &format!("{what} is not available: {error}"),
                    self.draft().as_deref(),
                ),
            },
            What::Result(settled) if is_own(settled, REPLY) => self.after_reply(last.seq, settled),
            What::Result(settled) if is_own(settled, ESCALATE) => self.handoff_failed(last.seq, settled),
            What::Result(_) | What::Triggered(_) => self.go_on(),
        }
    }

    /// Why a person has the ticket. Nothing that comes later takes it back.
    fn taken(&self) -> Option<String> {
        self.journal.results().find_map(|(_, settled)| match settled.outcome.as_ref() {
            CallOutcome::Escalated { reason, .. } => Some(reason.clone()),
            CallOutcome::Ok { .. } if is_own(settled, ESCALATE) => Some(text_arg(settled.call, "reason")),
            _ => None,
        })
    }

    /// What comes after something new: a message, a result, a colleague's words.
    fn go_on(&self) -> Result<Next, DomainError> {
        let journal = self.journal;
        if journal.input.ticket.as_ref().is_some_and(|ticket| ticket.handoff.is_some()) {
            return Ok(nothing("a colleague has been asked to take over already"));
        }
        let unanswered = journal.unanswered();
        let searched = journal.results().rev().find(|(_, settled)| is_own(settled, SEARCH)).map(|(at, _)| at);
        let unread = unanswered.last().is_some_and(|(at, _)| searched.is_none_or(|s| s < *at));
        let granted = self.view.tools.iter().any(|tool| tool.name == SEARCH);
        if unread
            && granted
            && let Some(query) = query::search_query(journal)
        {
            let call = ToolCall {
                id: own_id("search", journal.last_seq()),
                tool: SEARCH.to_owned(),
                args: json!({ "query": query }),
            };
            let confidence = Confidence::certain("the customer's message is always looked up");
            return Ok(Next::Tools(vec![ProposedCall { call, confidence }]));
        }
        let used = journal.model_calls;
        if used >= self.view.settings.max_model_calls {
            let reason = format!("{used} model calls did not settle it");
            return self.escalate(journal.last_seq(), &reason, self.draft().as_deref());
        }
        self.request().map_err(|error| self.unrenderable(&error))
    }

    fn request(&self) -> Result<Next, PromptError> {
        let view = self.view;
        let input = self.journal.input;
        let today = self.journal.started_at.rfc3339();
        let customer = input.customer.as_ref().map(|customer| CustomerFacts {
            name: Untrusted(&customer.name),
            tier: Untrusted(&customer.tier),
            locale: Untrusted(&customer.locale),
            contact: input
                .contact
                .as_ref()
                .map(|c| ContactFacts { name: Untrusted(&c.name), email: Untrusted(&c.email) }),
            fields: customer
                .fields
                .iter()
                .map(|(name, value)| Field { name: Untrusted(name), value: Untrusted(value) })
                .collect(),
        });
        let system = prompts::resolution_system(ResolutionSystem {
            workspace: view.workspace_name,
            today: today.get(..10).unwrap_or(&today),
            ticket: TicketFacts {
                number: input.ticket.as_ref().map_or(0, |ticket| ticket.number),
                channel: input.ticket.as_ref().map_or("api", |ticket| ticket.channel.as_str()),
                subject: Untrusted(input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str())),
            },
            customer,
            procedures: view.procedures,
        })?;
        Ok(Next::Model(Box::new(ModelRequest {
            workspace: None,
            purpose: PURPOSE.to_owned(),
            strength: Strength::Strong,
            messages: dialogue::messages(system.text, self.journal)?,
            tools: self.offer.of(&view.tools),
            output_schema: Some(Answer::output_schema()),
            max_output_tokens: view.settings.max_output_tokens,
            prompt: system.prompt.to_owned(),
            facts: dialogue::facts(view, self.journal),
        })))
    }

    fn reply(&self, seq: i64, up_to: usize, answer: &Answer, model: &str) -> ProposedCall {
        let grounded = ground(answer, &self.findings(up_to), self.grounds, self.journal.opinions(seq));
        let resolved = answer.kind == Kind::Answer && answer.resolved;
        let mut args = json!({
            "body": grounded.body,
            "sources": grounded.sources,
            "status_after": if resolved { "resolved" } else { "waiting_for_customer" },
        });
        if !model.trim().is_empty() {
            // With the mark of a cut, the 200 characters that the tool takes.
            args["model"] = json!(line(model, 199));
        }
        let call = ToolCall { id: own_id("reply", seq), tool: REPLY.to_owned(), args };
        ProposedCall { call, confidence: grounded.confidence }
    }

    /// What of the reply that came last its sources leave in doubt.
    fn doubts(&self) -> Option<Doubts> {
        let What::Model(response) = &self.journal.entries.last()?.what else { return None };
        if !response.tool_calls.is_empty() {
            return None;
        }
        let answer = Answer::parse(response.text.as_deref()?).ok()?;
        if !matches!(answer.kind, Kind::Answer | Kind::Ask) {
            return None;
        }
        ground(&answer, &self.findings(self.journal.entries.len()), self.grounds, &[]).doubts.any()
    }

    fn after_reply(&self, seq: i64, settled: &Settled<'_>) -> Result<Next, DomainError> {
        let draft = text_arg(settled.call, "body");
        let hand_over = |reason: String| self.escalate(seq, &reason, Some(&draft));
        if let Some(left) = self.correction_left(settled) {
            return Ok(nothing(&left));
        }
        // The report that proposed a follow-up is answered by it.
        let corrected = matches!(settled.origin, Origin::Agent { anchor } if self.corrects(anchor).is_some());
        match settled.outcome.as_ref() {
            CallOutcome::Ok { .. }
                if !self.journal.unanswered().is_empty()
                    || (!corrected && !self.journal.unheeded().is_empty()) =>
            {
                self.go_on()
            }
            CallOutcome::Ok { .. } => Ok(Next::End(self.replied(settled, &draft))),
            CallOutcome::Responded { .. } | CallOutcome::Superseded => self.go_on(),
            CallOutcome::Refused { reason } => hand_over(format!("the reply was not let out: {reason}")),
            CallOutcome::Rejected { reason, .. } => {
                hand_over(format!("a reviewer rejected the reply: {reason}"))
            }
            CallOutcome::Expired => hand_over("nobody decided on the reply in time".to_owned()),
            CallOutcome::Failed { error } => hand_over(format!("the reply could not be sent: {error}")),
            CallOutcome::Escalated { reason, .. } => {
                Ok(Next::End(Outcome::HandedOff { reason: reason.clone() }))
            }
        }
    }

    fn replied(&self, settled: &Settled<'_>, body: &str) -> Outcome {
        let summary = line(body, 200);
        let asked = match settled.origin {
            Origin::Agent { anchor } => self
                .journal
                .model(anchor)
                .and_then(|(_, response)| Answer::parse(response.text.as_deref()?).ok())
                .is_some_and(|answer| answer.kind == Kind::Ask),
            Origin::Model => false,
        };
        if asked {
            return Outcome::Asked { summary };
        }
        Outcome::Answered { resolved: text_arg(settled.call, "status_after") == "resolved", summary }
    }

    /// Gives the ticket to a person, because of step `anchor`.
    fn escalate(&self, anchor: i64, reason: &str, draft: Option<&str>) -> Result<Next, DomainError> {
        Ok(Next::Tools(vec![self.hand_over(anchor, reason, draft)?]))
    }

    fn hand_over(&self, anchor: i64, reason: &str, draft: Option<&str>) -> Result<ProposedCall, DomainError> {
        let call = self.handoff(anchor, reason, draft).map_err(|error| self.unrenderable(&error))?;
        let confidence = Confidence::certain("giving a ticket to a person needs no certainty");
        Ok(ProposedCall { call, confidence })
    }

    /// The handoff that triggers ask for, once for each time that they were found.
    fn triggered(&self) -> Result<Option<ProposedCall>, DomainError> {
        let journal = self.journal;
        let found = journal.entries.iter().rev().find_map(|entry| match entry.what {
            What::Triggered(_) => Some(entry.seq),
            _ => None,
        });
        let Some(seq) = found else { return Ok(None) };
        let since = |origin: Origin| matches!(origin, Origin::Agent { anchor } if anchor >= seq);
        let asked =
            journal.results().any(|(_, settled)| settled.call.tool == ESCALATE && since(settled.origin))
                || journal.open.iter().any(|open| open.call.tool == ESCALATE && since(open.origin));
        if asked || self.taken().is_some() {
            return Ok(None);
        }
        self.hand_over(seq, &trigger::words(&self.triggers()), self.draft().as_deref()).map(Some)
    }

    fn last_handoff(&self) -> Option<&Settled<'_>> {
        let entries = self.journal.entries.iter().rev();
        entries
            .skip_while(|entry| matches!(entry.what, What::Failed { .. }))
            .map_while(|entry| match &entry.what {
                What::Result(settled) if is_own(settled, ESCALATE) => Some(settled),
                _ => None,
            })
            .next()
    }

    /// A handoff that did not happen is tried again: the customer must not be left alone.
    fn handoff_failed(&self, seq: i64, settled: &Settled<'_>) -> Result<Next, DomainError> {
        let why = match settled.outcome.as_ref() {
            CallOutcome::Rejected { reason, .. } => {
                return Ok(nothing(&format!("a reviewer keeps the ticket: {reason}")));
            }
            CallOutcome::Responded { .. } => return self.go_on(),
            // Without what set it off, the newer message decides.
            CallOutcome::Superseded
                if !self.journal.unanswered().is_empty() && self.triggers().is_empty() =>
            {
                return self.go_on();
            }
            CallOutcome::Refused { reason } => reason,
            CallOutcome::Failed { error } => error,
            // Superseded without a newer message, or nobody looked: asking again costs nothing.
            _ => "nobody decided on it in time",
        };
        let failed = self
            .journal
            .entries
            .iter()
            .rev()
            .filter(|entry| !matches!(entry.what, What::Failed { .. }))
            .map_while(|entry| match &entry.what {
                What::Result(s) if is_own(s, ESCALATE) => Some(s.outcome.as_ref()),
                _ => None,
            })
            .filter(|outcome| matches!(outcome, CallOutcome::Refused { .. } | CallOutcome::Failed { .. }))
            .count();
        if failed >= MAX_FAILED_HANDOFFS {
            return Err(DomainError::Journal {
                step: seq,
                why: format!(
                    "the ticket could not be handed over ({why}); take it by hand and let `{ESCALATE}` run for this agent in the policy"
                ),
            });
        }
        let reason = text_arg(settled.call, "reason");
        self.escalate(seq, &reason, self.draft().as_deref())
    }

    fn open_calls(&self) -> Vec<ProposedCall> {
        // Calls of one model reply stand together and share their origins.
        let mut origins: Option<Origins<'_>> = None;
        let open = &self.journal.open;
        open.iter()
            .map(|open| {
                let confidence = match open.origin {
                    Origin::Agent { anchor } => self.own_confidence(open, anchor),
                    Origin::Model => {
                        origins.get_or_insert_with(|| self.origins(open.after)).confidence(open.call)
                    }
                };
                ProposedCall { call: open.call.clone(), confidence }
            })
            .collect()
    }

    /// The case for a call that waits, made again from what was known when it was proposed.
    fn own_confidence(&self, open: &Open<'_>, anchor: i64) -> Confidence {
        if open.call.tool != REPLY {
            return Confidence::certain("proposed by rule");
        }
        if self.corrects(anchor).is_some() {
            return self.correction_confidence();
        }
        let answered = self.journal.model(anchor).and_then(|(at, response)| {
            let answer = Answer::parse(response.text.as_deref()?).ok()?;
            Some(self.reply(anchor, at + 1, &answer, &response.model).confidence)
        });
        // A reply whose origin cannot be told is trusted by nobody.
        answered.unwrap_or_else(|| {
            let detail = "the model's answer behind this reply is not in the journal".to_owned();
            Confidence::by_rule(0.0, vec![Reason { name: "origin".to_owned(), score: 0.0, detail }])
        })
    }

    fn unrenderable(&self, error: &PromptError) -> DomainError {
        DomainError::Journal { step: self.journal.last_seq(), why: error.to_string() }
    }
}

fn nothing(reason: &str) -> Next {
    Next::End(Outcome::Nothing { reason: reason.to_owned() })
}

fn is_own(settled: &Settled<'_>, tool: &str) -> bool {
    matches!(settled.origin, Origin::Agent { .. }) && settled.call.tool == tool
}

fn text_arg(call: &ToolCall, name: &str) -> String {
    call.args.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
