//! What a run knows that speaks for a reply or a call.

use std::borrow::Cow;

use domain::{
    canonical::Sorted,
    grounding::Footing,
    knowledge::{Citation, Passage},
    run::CallOutcome,
    ticket::{Event, EventBody, Message},
    tool::ToolCall,
};
use serde_json::json;

use super::Turn;
use crate::{
    answer::{Answer, Findings},
    courtesy,
    dialogue::{self, SEARCH},
    footing::footing,
    journal::{Origin, anchor_of, from_customer},
    provenance::Origins,
};

impl Turn<'_, '_> {
    /// What the first `up_to` entries support.
    pub(super) fn findings(&self, up_to: usize) -> Findings<'_> {
        let journal = self.journal;
        let found = dialogue::passages(journal, up_to);
        let customers: Vec<(usize, &Message)> =
            journal.said().filter(|(at, message)| *at < up_to && from_customer(message)).collect();
        let asked = customers.last().map_or(0, |(at, _)| *at);
        let fresh: Vec<Passage> =
            found.iter().filter(|(at, _)| *at > asked).map(|(_, passage)| passage.clone()).collect();
        let searched = journal.results().any(|(at, s)| at < up_to && at > asked && s.call.tool == SEARCH);
        let mut findings = Findings {
            coverage: searched.then(|| fresh.iter().map(|passage| passage.coverage).fold(0.0, f32::max)),
            answerable: customers.last().filter(|_| searched).map(|(_, message)| {
                let judged = self.judge.answers.assess(&message.body, self.subject(), &fresh);
                let course = judged.course(&self.judge.courses);
                (judged, course)
            }),
            thanked: customers.last().is_some_and(|(_, message)| courtesy::thanks(&message.body)),
            ..Findings::default()
        };
        let reports = journal.reported().filter(|(at, _)| *at < up_to);
        findings.records.extend(reports.filter_map(|(_, event)| Some(("", told_from_outside(event)?))));
        let mut used: Vec<&str> = Vec::new();
        for (_, settled) in journal.results().filter(|(at, s)| *at < up_to && s.call.tool != SEARCH) {
            used.push(&settled.call.tool);
            match settled.outcome.as_ref() {
                CallOutcome::Ok { content } if settled.origin == Origin::Model => {
                    findings.records.push((&settled.call.tool, Cow::Owned(Sorted(content).to_string())));
                }
                CallOutcome::Rejected { reason, .. } => {
                    findings.records.push(("", Cow::Owned(reason.clone())))
                }
                CallOutcome::Responded { message, .. } => {
                    findings.records.push(("", Cow::Owned(message.clone())));
                }
                _ => {}
            }
        }
        for procedure in self.view.procedures.iter() {
            findings.questions.extend(procedure.slots.iter().map(|slot| slot.question.as_str()));
            let tools = [
                procedure.find.as_ref().map(|f| &f.call),
                procedure.lookup.as_ref(),
                procedure.action.as_ref(),
            ];
            if tools.into_iter().flatten().any(|template| used.contains(&template.tool.as_str())) {
                findings.wording.push(&procedure.reply);
                findings.wording.extend(procedure.declined.as_deref());
                findings.wording.extend(procedure.checks.iter().map(|check| check.otherwise.as_str()));
                findings.wording.extend(procedure.cases.iter().map(|case| case.text.as_str()));
            }
        }
        findings.said =
            customers.iter().map(|(_, message)| message.body.as_str()).collect::<Vec<_>>().join("\n");
        if let Some(ticket) = &journal.input.ticket {
            findings.said.push('\n');
            findings.said.push_str(&ticket.subject);
        }
        findings.names = self.names();
        findings.passages = found.into_iter().map(|(_, passage)| passage).collect();
        findings
    }

    /// What a proposed reply stands on, by what the run knew when it proposed it. `text` may be another than the
    /// agent's: masked on its way, or edited.
    pub(super) fn footing(&self, call: &ToolCall, text: &str) -> Option<Footing> {
        let anchor = anchor_of(&call.id, "reply")?;
        let (at, response) = self.journal.model(anchor)?;
        let answer = Answer::parse(response.text.as_deref()?).ok()?;
        let cited = call.args.get("sources").cloned().unwrap_or_default();
        let cited: Vec<Citation> = serde_json::from_value(cited).unwrap_or_default();
        let findings = self.findings(at + 1);
        Some(footing((answer.kind, text), &cited, &findings, self.grounds, self.journal.opinions(anchor)))
    }

    /// What the conversation is about, for messages that take it for granted.
    fn subject(&self) -> &str {
        self.journal.input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str())
    }

    /// Whom a reply may call by name: the customer, those who wrote, and the house itself.
    fn names(&self) -> String {
        let input = self.journal.input;
        let mut names = vec![self.view.workspace_name];
        if let Some(customer) = &input.customer {
            names.push(&customer.name);
        }
        if let Some(contact) = &input.contact {
            names.extend([contact.name.as_str(), contact.email.as_str()]);
        }
        names.extend(self.journal.said().map(|(_, message)| dialogue::author(message)));
        names.dedup();
        names.join("\n")
    }

    /// What the arguments of calls made after the first `before` entries may come from.
    pub(super) fn origins(&self, before: usize) -> Origins<'_> {
        let journal = self.journal;
        let input = journal.input;
        let said = journal
            .said()
            .filter(|(at, message)| *at < before && from_customer(message))
            .map(|(_, message)| Cow::Borrowed(message.body.as_str()));
        let results =
            journal.results().filter(|(at, _)| *at < before).filter_map(|(_, s)| match s.outcome.as_ref() {
                CallOutcome::Ok { content } => Some(Cow::Owned(Sorted(content).to_string())),
                CallOutcome::Responded { message, .. } => Some(Cow::Owned(message.clone())),
                _ => None,
            });
        let reports = journal.reported().filter(|(at, _)| *at < before);
        let reports = reports.filter_map(|(_, event)| told_from_outside(event));
        let ticket = input.ticket.iter().map(|ticket| Cow::Borrowed(ticket.subject.as_str()));
        let contact = input.contact.iter().map(|c| Cow::Owned(format!("{} {} {}", c.name, c.email, c.id)));
        let customer = input.customer.iter().map(|c| Cow::Owned(Sorted(&json!(c)).to_string()));
        Origins::new(
            self.grounds,
            said.chain(results).chain(reports).chain(ticket).chain(contact).chain(customer),
        )
    }
}

/// What an external event says. A follow-up's note is no record: an agent wrote it, and a guess
/// does not become a fact by being noted down.
fn told_from_outside<'a>(event: &Event) -> Option<Cow<'a, str>> {
    match &event.body {
        EventBody::External { name, data } => Some(Cow::Owned(format!("{name} {}", Sorted(data)))),
        _ => None,
    }
}
