//! What goes with a ticket to the person who takes it over.

use domain::{
    canonical::Sorted,
    excerpt::{cut, line},
    run::CallOutcome,
    tool::ToolCall,
    trigger::{Trigger, TriggerKind},
};
use prompts::{Done, HandoffCare, HandoffMessage, HandoffSummary, PromptError, Said};
use serde_json::json;

use super::{ESCALATE, Turn, is_own};
use crate::{
    answer::Answer,
    dialogue::{self, SEARCH},
    journal::{Origin, What, own_id},
};

/// Triggers of one handoff.
const MOST_TRIGGERS: usize = 12;
/// Characters of a summary: what the tool takes, less the mark where it is cut.
const MAX_SUMMARY: usize = 3_999;

impl Turn<'_, '_> {
    /// The call that hands over, because of step `anchor`.
    pub(super) fn handoff(
        &self,
        anchor: i64,
        reason: &str,
        draft: Option<&str>,
    ) -> Result<ToolCall, PromptError> {
        let journal = self.journal;
        let reason = match reason.trim() {
            "" => "the agent could not settle it".to_owned(),
            reason => line(reason, 400),
        };
        let told = journal.entries.iter().rev().filter_map(|entry| match entry.what {
            What::Said(message) => {
                Some(Said { who: dialogue::author(message), text: line(&message.body, 250) })
            }
            What::Reported(event) => match dialogue::report(event, 1_000) {
                (Some(name), data) => Some(Said { who: "event", text: line(&format!("{name} {data}"), 250) }),
                (None, note) => Some(Said { who: "follow-up", text: line(&note, 250) }),
            },
            _ => None,
        });
        let mut said: Vec<Said<'_>> = told.take(6).collect();
        said.reverse();
        let tried = journal.results().filter(|(_, s)| s.origin == Origin::Model && s.call.tool != SEARCH);
        let mut done: Vec<Done<'_>> = tried
            .rev()
            .take(6)
            .map(|(_, s)| Done {
                tool: &s.call.tool,
                status: s.outcome.status(),
                detail: detail(s.outcome.as_ref()),
            })
            .collect();
        done.reverse();
        let draft = draft.map(|text| cut(text.trim(), 800)).filter(|text| !text.is_empty());
        let subject = line(journal.input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str()), 150);
        let summary = prompts::handoff_summary(HandoffSummary {
            reason: &reason,
            subject: &subject,
            said,
            done,
            draft: draft.as_deref(),
        })?;
        let triggers = self.triggers();
        let mut args = json!({ "reason": reason, "summary": cut(summary.text.trim(), MAX_SUMMARY) });
        // Who has written nothing that waits for an answer is not told about our own affairs.
        if journal.reported().next().is_none() || !journal.unanswered().is_empty() {
            args["message"] = json!(self.told(&triggers)?);
        }
        if !triggers.is_empty() {
            args["triggers"] = json!(triggers);
        }
        Ok(ToolCall { id: own_id("escalate", anchor), tool: ESCALATE.to_owned(), args })
    }

    /// What set the handoff off: all that was found since a person last decided on one.
    pub(super) fn triggers(&self) -> Vec<Trigger> {
        let entries = &self.journal.entries;
        let decided = entries.iter().rposition(|entry| match &entry.what {
            What::Result(settled) if is_own(settled, ESCALATE) => matches!(
                settled.outcome.as_ref(),
                CallOutcome::Ok { .. } | CallOutcome::Rejected { .. } | CallOutcome::Responded { .. }
            ),
            _ => false,
        });
        let mut found: Vec<Trigger> = Vec::new();
        for entry in &entries[decided.map_or(0, |at| at + 1)..] {
            if let What::Triggered(triggers) = entry.what {
                let new: Vec<Trigger> = triggers.iter().filter(|one| !found.contains(one)).cloned().collect();
                found.extend(new);
            }
        }
        found.truncate(MOST_TRIGGERS);
        found
    }

    /// What the customer reads.
    fn told(&self, triggers: &[Trigger]) -> Result<String, PromptError> {
        let of = |kind| triggers.iter().find(|one| one.kind == kind);
        if let Some(harm) = of(TriggerKind::SelfHarm) {
            let language = harm.language.as_deref().unwrap_or("en");
            let help = self.view.settings.help.trim();
            return Ok(prompts::handoff_care(HandoffCare { language, help })?.text);
        }
        Ok(prompts::handoff_message(HandoffMessage { wanted: of(TriggerKind::Person).is_some() })?.text)
    }

    /// The last reply that was drafted and did not go out.
    pub(super) fn draft(&self) -> Option<String> {
        let sent = self.journal.answered_up_to().map_or(0, |at| at + 1);
        self.journal.entries[sent..].iter().rev().find_map(|entry| match &entry.what {
            What::Model(response) if response.tool_calls.is_empty() => {
                Answer::parse(response.text.as_deref()?).ok().map(|answer| answer.reply)
            }
            _ => None,
        })
    }
}

fn detail(outcome: &CallOutcome) -> String {
    match outcome {
        CallOutcome::Ok { content } => line(&Sorted(content).to_string(), 120),
        CallOutcome::Refused { reason }
        | CallOutcome::Rejected { reason, .. }
        | CallOutcome::Escalated { reason, .. } => line(reason, 120),
        CallOutcome::Responded { message, .. } => line(message, 120),
        CallOutcome::Failed { error } => line(error, 120),
        CallOutcome::Expired | CallOutcome::Superseded => String::new(),
    }
}
