//! Effects: recorded, attempted, settled.
//!
//! The record is durable before the first attempt leaves the process. After a crash the row says
//! that an attempt may have been made: a tool that recognises its idempotency key is asked again,
//! one that can be asked is asked, and for the rest a person has to say. This module holds the one
//! caller of [`AnyTool::execute`].

use std::time::Duration;

use domain::{
    DomainError, EffectId, Timestamp,
    approval::{Approval, ApprovalStatus, Permit, Question},
    commit::{EffectChange, Op, RunTo},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    policy::{Answer, Verdict},
    run::CallOutcome,
    ticket::{Channel, EventBody, Visibility},
    tool::{AnyTool, Inquiry, Risk, ToolCall, ToolError, ToolOutput},
};
use tokio::time;
use tracing::warn;

use super::{
    calls::Settled,
    credits::waits,
    inquiries::{Doubt, doubted},
    session::{Halt, Session},
    writing::Written,
};
use crate::{
    breakers::outside::{CameOf, Leave},
    measurements,
};

/// Attempts at one effect, all in all, besides those that were put off.
const MAX_ATTEMPTS: i64 = 6;
/// How long an effect may be put off while the far side is down or takes no more calls. Then the agent is
/// told, and a person.
const PUT_OFF: Duration = Duration::from_secs(24 * 60 * 60);
/// Begins the error of an effect that the other side says was not done while an attempt may still be at work.
const NOT_YET: &str = "it is said not to be done, which is asked again before it is repeated; ";
/// The same of one whose last attempt was refused: what is said then is the end of it.
const NOT_YET_REFUSED: &str = "it was refused and is said not to be done, which is asked again; ";
/// Grounds on which a person is asked about an effect that is recorded.
const OUTCOME_UNKNOWN: &str = "outcome_unknown";
const ACTS_NO_MORE: &str = "acts_no_more";

/// An attempt at an effect, for the journal.
pub(super) struct Attempt {
    pub(super) effect_id: EffectId,
    pub(super) started: Timestamp,
}

impl Session {
    /// Records a new effect and attempts it.
    pub(super) async fn perform(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
        permit: impl FnOnce(&Effect) -> Result<Permit, DomainError>,
    ) -> Result<Settled, Halt> {
        if let Some(waits) = self.stopped_call(tool.spec()) {
            return Ok(waits);
        }
        let leave = match self.enter(tool).await {
            Ok(leave) => leave,
            Err(pause) => return Ok(Settled::Waits { for_what: pause.why, until: pause.until }),
        };
        let permit = match permit(&effect) {
            Ok(permit) => permit,
            Err(error) => {
                self.house.outside.left(leave, CameOf::Nothing).await;
                let outcome = CallOutcome::Refused { reason: error.to_string() };
                self.journal_call(asked, &effect.call.clone(), None, effect.approval_id, outcome);
                return Ok(Settled::Now);
            }
        };
        if tool.spec().local {
            if tool.spec().risk >= Risk::Outward && self.has_heard().await? {
                self.house.outside.left(leave, CameOf::Nothing).await;
                return self.overtaken(asked, effect.approval_id).await;
            }
            return self.perform_local(tool, asked, effect, (permit, leave)).await;
        }
        // Durable before anything leaves the process. What the customer wrote meanwhile comes first.
        let recorded = self.ops.len();
        if let Err(halt) = self.pay_for_effect(&mut effect) {
            self.house.outside.left(leave, CameOf::Nothing).await;
            return Err(halt);
        }
        self.ops.push(Op::AddEffect(Box::new(effect.clone())));
        match self.write(RunTo::Running, true).await? {
            Written::Done => {}
            Written::Stale => {
                self.house.outside.left(leave, CameOf::Nothing).await;
                self.ops.truncate(recorded);
                return self.overtaken(asked, effect.approval_id).await;
            }
            Written::Exhausted { why, until } => {
                self.house.outside.left(leave, CameOf::Nothing).await;
                self.ops.truncate(recorded);
                return Ok(Settled::Waits { for_what: waits(&why), until });
            }
        }
        self.effects.push(effect.clone());
        let (result, open) = self.attempt(tool, permit, leave).await?;
        self.settle_effect(tool, asked, &mut effect, result, open).await
    }

    /// A local tool's effect is ticket events: they are written together with its record.
    async fn perform_local(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
        (permit, leave): (Permit, Leave),
    ) -> Result<Settled, Halt> {
        let attempt = Attempt { effect_id: effect.id, started: self.house.clock.now() };
        match self.attempt(tool, permit, leave).await?.0 {
            Ok(output) => {
                if self.is_mail(&output)
                    && let Some(waits) = self.count_email().await?
                {
                    return Ok(waits);
                }
                effect.status = EffectStatus::Succeeded;
                effect.summary = output.summary;
                effect.output = Some(output.content.clone());
                measurements::effect(&effect);
                let (call, approval_id) = (effect.call.clone(), effect.approval_id);
                self.ops.push(Op::AddEffect(Box::new(effect.clone())));
                self.effects.push(effect);
                for body in output.events {
                    self.ticket_event(body);
                }
                let outcome = CallOutcome::Ok { content: output.content };
                self.journal_call(asked, &call, Some(&attempt), approval_id, outcome);
            }
            Err(error) => {
                let outcome = CallOutcome::Failed { error: error.to_string() };
                self.journal_call(asked, &effect.call, Some(&attempt), effect.approval_id, outcome);
            }
        }
        Ok(Settled::Now)
    }

    /// Whether a local tool's effect goes out by mail.
    fn is_mail(&self, output: &ToolOutput) -> bool {
        let by_mail = self.ticket.as_ref().is_some_and(|ticket| ticket.channel == Channel::Email);
        let said = |body: &EventBody| matches!(body, EventBody::MessageAdded { message } if message.visibility == Visibility::Public);
        by_mail && output.events.iter().any(said)
    }

    /// Goes on with an effect that the database knows.
    pub(super) async fn continue_effect(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
    ) -> Result<Settled, Halt> {
        match effect.status {
            EffectStatus::Succeeded => {
                // Settled, and the journal does not know: cannot happen, because both are one commit.
                Err(Halt::Quarantine(format!(
                    "effect {} is settled and the journal does not know",
                    effect.id
                )))
            }
            EffectStatus::Failed => Err(Halt::Quarantine(format!(
                "effect {} has failed and the journal does not know",
                effect.id
            ))),
            EffectStatus::Retrying => {
                let due = effect.next_attempt_at.unwrap_or_default();
                if self.house.clock.now() < due {
                    return Ok(Settled::Waits {
                        for_what: format!("another attempt at {}", effect.call.tool),
                        until: due,
                    });
                }
                if let Some(why) = self.may_act_no_more(&effect) {
                    return Ok(self.ask_whether_to_go_on(tool, asked, &mut effect, &why));
                }
                let error = effect.error.clone().unwrap_or_default();
                if let Some(why) = error.strip_prefix(NOT_YET) {
                    let over = (effect.attempts >= MAX_ATTEMPTS)
                        .then(|| ToolError::Unavailable(why.to_owned()).to_string());
                    return self.ask_once_more(tool, asked, effect, why.to_owned(), over).await;
                }
                if let Some(why) = error.strip_prefix(NOT_YET_REFUSED) {
                    let why = why.to_owned();
                    return self.ask_once_more(tool, asked, effect, why.clone(), Some(why)).await;
                }
                self.attempt_again(tool, asked, effect).await
            }
            EffectStatus::Attempting => {
                warn!(effect = %effect.id, "an attempt was under way when the process ended");
                let unknown = ToolError::Unknown("the service stopped during the attempt".to_owned());
                let open = self.house.outside.is_open(self.store.id(), tool.spec());
                self.settle_effect(tool, asked, &mut effect, Err(unknown), open).await
            }
            EffectStatus::Unknown => self.continue_unknown(tool, asked, effect).await,
        }
    }

    async fn attempt_again(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
    ) -> Result<Settled, Halt> {
        if let Some(waits) = self.stopped_call(tool.spec()) {
            return Ok(waits);
        }
        let leave = match self.enter(tool).await {
            Ok(leave) => leave,
            Err(pause) => return Ok(Settled::Waits { for_what: pause.why, until: pause.until }),
        };
        effect.attempts += 1;
        effect.status = EffectStatus::Attempting;
        effect.next_attempt_at = None;
        self.change_effect(&effect);
        self.write(RunTo::Running, false).await?;
        let permit = Permit::again(&effect).map_err(|error| Halt::Quarantine(error.to_string()))?;
        let (result, open) = self.attempt(tool, permit, leave).await?;
        self.settle_effect(tool, asked, &mut effect, result, open).await
    }

    /// The one place where a tool with effects is executed. Tells too whether a breaker of it is not closed
    /// now.
    ///
    /// Its record was written with the run's fence. Since then the process may have been stopped, or have waited
    /// for the answer of a database that is out of reach: whoever has the run now acts on the record.
    async fn attempt(
        &self,
        tool: &dyn AnyTool,
        permit: Permit,
        leave: Leave,
    ) -> Result<(Result<ToolOutput, ToolError>, bool), Halt> {
        let context = self.context();
        let limit = self.house.runs.tool_timeout;
        if !self.term.holds() {
            self.house.outside.left(leave, CameOf::Nothing).await;
            return Err(Halt::LeaseLost);
        }
        let result = match time::timeout(limit, tool.execute(permit, &context)).await {
            Ok(result) => result,
            Err(_) => Err(ToolError::Unknown(format!("no answer within {} s", limit.as_secs_f32()))),
        };
        let came = result.as_ref().map_or_else(CameOf::tool, |_| CameOf::Answer);
        let open = self.house.outside.left(leave, came).await;
        let result = result.map_err(|error| match error {
            ToolError::Unclear(why) => ToolError::Unknown(why),
            known => known,
        });
        Ok((result, open))
    }

    async fn settle_effect(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        effect: &mut Effect,
        result: Result<ToolOutput, ToolError>,
        open: bool,
    ) -> Result<Settled, Halt> {
        // What is put off because the far side is down or takes no more has not used up its attempts.
        let put_off = open || matches!(result, Err(ToolError::Limited { .. }));
        let may_go_on = match put_off {
            true => self.house.clock.now().since(effect.created_at) < PUT_OFF,
            false => effect.attempts < MAX_ATTEMPTS,
        };
        let result = match result {
            Err(ToolError::Limited { why, .. }) => Err(ToolError::Unavailable(why)),
            known => known,
        };
        let result = match doubted(tool.spec(), effect, &result, may_go_on) {
            None => result,
            Some(doubt) => match self.inquire(tool, effect).await {
                Inquiry::Done(output) => Ok(output),
                // The other side recognises the key, so repeating is safe.
                Inquiry::NotDone if doubt.repeats => Err(ToolError::Unavailable(doubt.why)),
                Inquiry::NotDone => return Ok(self.wait_and_ask_once_more(effect, &doubt)),
                Inquiry::CannotTell if tool.spec().idempotent && may_go_on => {
                    Err(ToolError::Unavailable(doubt.why))
                }
                Inquiry::CannotTell => Err(ToolError::Unknown(doubt.why)),
            },
        };
        match result {
            Ok(output) => {
                self.succeed(asked, effect, output);
                Ok(Settled::Now)
            }
            Err(ToolError::Unavailable(why)) if may_go_on => {
                let now = self.house.clock.now();
                let wait = self.house.runs.retry.saturating_mul(1 << effect.attempts.clamp(0, 8));
                let due = match put_off {
                    // As soon as what it is put off for lets it.
                    true => {
                        effect.attempts -= 1;
                        now
                    }
                    false => now.plus(wait.mul_f64(0.5 + self.house.ids.fraction())),
                };
                effect.status = EffectStatus::Retrying;
                effect.error = Some(why);
                effect.next_attempt_at = Some(due);
                self.change_effect(effect);
                let for_what = format!("another attempt at {}", effect.call.tool);
                Ok(Settled::Waits { for_what, until: due })
            }
            Err(ToolError::Unknown(why)) => Ok(self.ask_what_happened(tool, asked, effect, why)),
            Err(error) => {
                self.fail(asked, effect, error.to_string());
                Ok(Settled::Now)
            }
        }
    }

    /// The other side has not done it, and does not recognise a repeat: the attempt may be on its way still, or be
    /// worked on. What it says counts when it says so again after an attempt can go on.
    fn wait_and_ask_once_more(&mut self, effect: &mut Effect, doubt: &Doubt) -> Settled {
        let limit = self.house.runs.tool_timeout;
        // The attempt began before now.
        let due = self.house.clock.now().plus(limit + limit / 2);
        effect.status = EffectStatus::Retrying;
        let said = if doubt.refused { NOT_YET_REFUSED } else { NOT_YET };
        effect.error = Some(format!("{said}{}", doubt.why));
        effect.next_attempt_at = Some(due);
        self.change_effect(effect);
        Settled::Waits { for_what: format!("word on whether {} was done", effect.call.tool), until: due }
    }

    /// `over`: with which error it is given up when it is not done; otherwise it is attempted again.
    async fn ask_once_more(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
        why: String,
        over: Option<String>,
    ) -> Result<Settled, Halt> {
        match self.inquire(tool, &effect).await {
            Inquiry::Done(output) => {
                self.succeed(asked, &mut effect, output);
                Ok(Settled::Now)
            }
            Inquiry::NotDone => match over {
                None => self.attempt_again(tool, asked, effect).await,
                Some(why) => {
                    self.fail(asked, &mut effect, why);
                    Ok(Settled::Now)
                }
            },
            Inquiry::CannotTell => Ok(self.ask_what_happened(tool, asked, &mut effect, why)),
        }
    }

    fn succeed(&mut self, asked: &ToolCall, effect: &mut Effect, output: ToolOutput) {
        effect.status = EffectStatus::Succeeded;
        effect.summary = output.summary;
        effect.output = Some(output.content.clone());
        effect.error = None;
        effect.next_attempt_at = None;
        measurements::effect(effect);
        self.change_effect(effect);
        for body in output.events {
            self.ticket_event(body);
        }
        self.tell_timeline(effect);
        self.journal_effect(asked, effect, CallOutcome::Ok { content: output.content });
        self.settle_paid_effect(effect, true);
    }

    fn fail(&mut self, asked: &ToolCall, effect: &mut Effect, error: String) {
        effect.status = EffectStatus::Failed;
        effect.summary = format!("not done: {error}");
        effect.error = Some(error.clone());
        effect.next_attempt_at = None;
        measurements::effect(effect);
        self.change_effect(effect);
        self.tell_timeline(effect);
        self.journal_effect(asked, effect, CallOutcome::Failed { error });
        self.settle_paid_effect(effect, false);
    }

    fn journal_effect(&mut self, asked: &ToolCall, effect: &Effect, outcome: CallOutcome) {
        let attempt = Attempt { effect_id: effect.id, started: effect.created_at };
        self.journal_call(asked, &effect.call, Some(&attempt), effect.approval_id, outcome);
    }

    fn tell_timeline(&mut self, effect: &Effect) {
        self.ticket_event(EventBody::EffectSettled {
            effect_id: effect.id,
            run_id: self.run.id,
            tool: effect.call.tool.clone(),
            status: effect.status.as_str().to_owned(),
            summary: effect.summary.clone(),
        });
    }

    fn change_effect(&mut self, effect: &Effect) {
        self.ops.push(Op::ChangeEffect(Box::new(EffectChange {
            id: effect.id,
            status: effect.status,
            attempts: effect.attempts,
            next_attempt_at: effect.next_attempt_at,
            output: effect.output.clone(),
            summary: effect.summary.clone(),
            error: effect.error.clone(),
            at: self.house.clock.now(),
        })));
        if let Some(known) = self.effects.iter_mut().find(|e| e.id == effect.id) {
            known.clone_from(effect);
        }
    }

    /// Nobody but a person can say whether it was done; it is never simply repeated.
    fn ask_what_happened(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        effect: &mut Effect,
        why: String,
    ) -> Settled {
        let words = format!(
            "It is not known whether this was done: {why}. Check with {}. Approve to try again, reject if it was not \
             done and should not be, respond if it was done.",
            effect.call.tool
        );
        effect.error = Some(why.clone());
        self.ask_of_effect(tool, asked, effect, (OUTCOME_UNKNOWN, why, words), "Was this done?")
    }

    /// It was put off, and may not be done by itself any more.
    fn ask_whether_to_go_on(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        effect: &mut Effect,
        why: &str,
    ) -> Settled {
        effect.next_attempt_at = None;
        let off = effect.error.as_deref().unwrap_or("the attempt before did not succeed");
        let words = format!(
            "This was put off ({off}), and may not be done without a person any more: {why}. Approve to try again, \
             reject if it should not be done, respond if it was done."
        );
        self.ask_of_effect(
            tool,
            asked,
            effect,
            (ACTS_NO_MORE, why.to_owned(), words),
            "Should this still be done?",
        )
    }

    /// The question was not answered in time.
    fn ask_anew(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        effect: &mut Effect,
        before: &Approval,
    ) -> Settled {
        match self.may_act_no_more(effect) {
            Some(why) if before.rule == ACTS_NO_MORE => self.ask_whether_to_go_on(tool, asked, effect, &why),
            _ => {
                let why = effect.error.clone().unwrap_or_default();
                self.ask_what_happened(tool, asked, effect, why)
            }
        }
    }

    /// Puts before a person what is to become of an effect.
    fn ask_of_effect(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        effect: &mut Effect,
        (rule, why, words): (&str, String, String),
        title: &str,
    ) -> Settled {
        effect.status = EffectStatus::Unknown;
        measurements::effect(effect);
        self.change_effect(effect);
        let gate = self.house.policies.of(self.store.id());
        let terms = gate.policy().default.clone();
        let verdict = Verdict {
            rule: rule.to_owned(),
            policy_version: gate.version().clone(),
            answer: Answer::Ask { terms: terms.clone(), why },
            on_paper: false,
        };
        let confidence = Confidence::by_rule(0.0, Vec::new());
        let call = effect.call.clone();
        let mut approval =
            self.approval(tool, &call, Question::Outcome, confidence, Vec::new(), &verdict, terms, words);
        approval.preview.title = format!("{title} {}", approval.preview.title);
        let until = approval.expires_at;
        self.put_before_person(asked, &call, approval);
        Settled::Waits { for_what: format!("word on whether {} was done", call.tool), until }
    }

    async fn continue_unknown(
        &mut self,
        tool: &dyn AnyTool,
        asked: &ToolCall,
        mut effect: Effect,
    ) -> Result<Settled, Halt> {
        let question = self
            .approvals
            .iter()
            .rfind(|a| a.binding.call.id == effect.call.id && a.question == Question::Outcome)
            .cloned();
        let Some(question) = question else {
            let why = effect.error.clone().unwrap_or_else(|| "the outcome is unknown".to_owned());
            return Ok(self.ask_what_happened(tool, asked, &mut effect, why));
        };
        if let Some(held) = self.held(&question).await? {
            return Ok(held);
        }
        let now = self.house.clock.now();
        match question.status {
            // Nobody answered in time. It stays open: neither repeating nor forgetting it would be right.
            ApprovalStatus::Pending if now >= question.expires_at => {
                self.ops.push(Op::EndApproval {
                    approval_id: question.id,
                    status: ApprovalStatus::Expired,
                    at: now,
                });
                Ok(self.ask_anew(tool, asked, &mut effect, &question))
            }
            ApprovalStatus::Expired | ApprovalStatus::Superseded => {
                Ok(self.ask_anew(tool, asked, &mut effect, &question))
            }
            ApprovalStatus::Pending => Ok(Settled::Waits {
                for_what: format!("word on whether {} was done", effect.call.tool),
                until: question.expires_at,
            }),
            ApprovalStatus::Approved => self.attempt_again(tool, asked, effect).await,
            ApprovalStatus::Responded => {
                let CallOutcome::Responded { message, .. } = self.words_of(&question).await? else {
                    return Err(Halt::Retry("the decision changed while it was read".to_owned()));
                };
                let content = serde_json::json!({ "confirmed_by_person": message });
                let output = ToolOutput::new(content, format!("done, as a person confirmed: {message}"));
                self.succeed(asked, &mut effect, output);
                Ok(Settled::Now)
            }
            // Whoever takes the ticket over finds out; until then nobody claims to know.
            ApprovalStatus::Escalated => {
                let outcome = self.words_of(&question).await?;
                if let CallOutcome::Escalated { reason, .. } = &outcome {
                    let summary = format!("Nobody has said yet. {}", question.preview.title);
                    self.ticket_event(EventBody::escalated(reason, summary));
                }
                self.journal_effect(asked, &effect, outcome);
                Ok(Settled::Now)
            }
            ApprovalStatus::Rejected | ApprovalStatus::Edited => {
                self.fail(asked, &mut effect, "a person found that it was not done".to_owned());
                Ok(Settled::Now)
            }
        }
    }
}
