//! What takes a ticket from the agent before any model is asked: `[escalation]`, and what of it a
//! journal holds.
//!
//! Pure: the same journal gives the same triggers. They are no rules of the policy, because that
//! judges calls, and here none is made yet; the handoff that follows is a call, and judged like any.

use std::time::Duration;

use domain::{
    Timestamp,
    excerpt::line,
    run::{CallOutcome, RunInput, Step, StepBody},
    ticket::{Message, Visibility},
    tool,
    trigger::{Trigger, TriggerKind},
    user::Actor,
};
use guards::triggers::{Finding, Kind, Triggers};
use serde::{Deserialize, Serialize};

/// Tiers and tags that may be named.
const MOST_NAMES: usize = 100;
/// Characters of a phrase.
const MAX_PHRASE: usize = 120;

/// Which triggers there are in this installation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationConfig {
    pub self_harm: bool,
    pub threat: bool,
    pub security: bool,
    pub legal: bool,
    pub press: bool,
    pub anger: bool,
    /// How angry a message must sound, 0 to 1.
    pub anger_from: f32,
    pub leaving: bool,
    pub person: bool,
    pub vip_tiers: Vec<String>,
    pub vip_tags: Vec<String>,
    /// The contact on one ticket that goes to a person. 0: none.
    pub contacts: u32,
    /// After how many quiet hours a customer's message is another contact.
    pub contact_hours: u32,
    pub tool_silence: bool,
}

impl EscalationConfig {
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(0.0 < self.anger_from && self.anger_from <= 1.0) {
            return Err("escalation.anger_from must be above 0 and at most 1".to_owned());
        }
        if self.contacts == 1 {
            return Err(
                "escalation.contacts: 1 would give every ticket to a person; use 0 or at least 2".to_owned()
            );
        }
        if !(1..=8_760).contains(&self.contact_hours) {
            return Err("escalation.contact_hours must be 1 to 8760".to_owned());
        }
        if self.vip_tiers.len() > MOST_NAMES || self.vip_tags.len() > MOST_NAMES {
            return Err(format!("escalation.vip_tiers and vip_tags may name {MOST_NAMES} each"));
        }
        Ok(())
    }

    fn wants(&self, kind: Kind) -> bool {
        match kind {
            Kind::SelfHarm => self.self_harm,
            Kind::Threat => self.threat,
            Kind::Security => self.security,
            Kind::Legal => self.legal,
            Kind::Press => self.press,
            Kind::Anger => self.anger,
            Kind::Leaving => self.leaving,
            Kind::Person => self.person,
        }
    }
}

fn kind_of(kind: Kind) -> TriggerKind {
    match kind {
        Kind::SelfHarm => TriggerKind::SelfHarm,
        Kind::Threat => TriggerKind::Threat,
        Kind::Security => TriggerKind::Security,
        Kind::Legal => TriggerKind::Legal,
        Kind::Press => TriggerKind::Press,
        Kind::Anger => TriggerKind::Anger,
        Kind::Leaving => TriggerKind::Leaving,
        Kind::Person => TriggerKind::Person,
    }
}

/// Finds triggers in journals. Made once, shared freely.
pub struct Escalation {
    config: EscalationConfig,
    words: Triggers,
}

impl Escalation {
    pub fn new(config: EscalationConfig) -> Result<Self, guards::Error> {
        Ok(Self { config, words: Triggers::new()? })
    }

    /// What the step at `at` brought that calls for a person, the gravest first.
    pub fn found(&self, steps: &[Step], at: usize) -> Vec<Trigger> {
        let mut found = Vec::new();
        match steps.get(at).map(|step| &step.body) {
            Some(StepBody::Started { input }) => self.at_the_start(input, &mut found),
            Some(StepBody::Observed { messages, .. }) => {
                let fresh: Vec<&Message> = messages.iter().filter(by_customer).collect();
                self.in_words(fresh.iter().map(|message| message.body.as_str()), &mut found);
                self.in_contacts(&said(&steps[..=at]), fresh.len(), &mut found);
            }
            Some(StepBody::Tool { call, outcome: CallOutcome::Failed { error }, .. })
                if self.config.tool_silence && tool::NO_ANSWER.iter().any(|how| error.starts_with(how)) =>
            {
                let phrase = line(&format!("{}, {error}", call.tool), MAX_PHRASE);
                found.push(Trigger { kind: TriggerKind::ToolSilence, phrase, language: None });
            }
            _ => {}
        }
        found.sort_by_key(|one| one.kind);
        found
    }

    fn at_the_start(&self, input: &RunInput, found: &mut Vec<Trigger>) {
        let Some(ticket) = &input.ticket else { return };
        let heard = input.heard as usize;
        let fresh: Vec<&Message> = input.messages.iter().skip(heard).filter(by_customer).collect();
        if fresh.is_empty() {
            return;
        }
        // Where a message came without a subject, its beginning became one.
        let begins = ticket.subject.trim_end_matches('…');
        let first = input.messages.iter().find(by_customer);
        let own = heard == 0 && first.is_some_and(|message| !message.body.contains(begins));
        let subject = own.then_some(ticket.subject.as_str());
        let bodies = fresh.iter().map(|message| message.body.as_str());
        self.in_words(bodies.chain(subject), found);
        self.in_contacts(&said_in(input), fresh.len(), found);
        let tier = input.customer.as_ref().map(|customer| customer.tier.as_str());
        let tier = tier.filter(|tier| self.config.vip_tiers.iter().any(|vip| vip.eq_ignore_ascii_case(tier)));
        let tag = ticket
            .tags
            .iter()
            .find(|tag| self.config.vip_tags.iter().any(|vip| vip.eq_ignore_ascii_case(tag)));
        let why = tier
            .map(|tier| format!("of the tier {tier}"))
            .or_else(|| tag.map(|tag| format!("the ticket is tagged {tag}")));
        if let Some(why) = why {
            found.push(Trigger { kind: TriggerKind::Vip, phrase: line(&why, MAX_PHRASE), language: None });
        }
    }

    /// One for each kind that is wanted: its first words that say most.
    fn in_words<'t>(&self, texts: impl Iterator<Item = &'t str>, found: &mut Vec<Trigger>) {
        for text in texts {
            let report = self.words.look(text);
            for kind in Kind::ALL.into_iter().filter(|kind| self.config.wants(*kind)) {
                if kind == Kind::Anger && report.anger < self.config.anger_from {
                    continue;
                }
                let known = |found: &[Trigger]| found.iter().any(|one| one.kind == kind_of(kind));
                if let Some(best) = report.best(kind)
                    && !known(found)
                {
                    found.push(spelled(best, text));
                }
            }
        }
    }

    /// Whether one of the last `fresh` messages is the contact from which on a person is wanted.
    fn in_contacts(&self, said: &[&Message], fresh: usize, found: &mut Vec<Trigger>) {
        if self.config.contacts == 0 || fresh == 0 {
            return;
        }
        let quiet = Duration::from_secs(u64::from(self.config.contact_hours) * 3_600);
        let old = said.len().saturating_sub(fresh);
        let (mut contacts, mut last): (u32, Option<Timestamp>) = (0, None);
        let mut wanted = false;
        for (at, message) in said.iter().enumerate() {
            let anew = last.is_none_or(|last| message.at.since(last) >= quiet);
            last = Some(message.at);
            // Who says thanks has no matter any more.
            if anew && !agents::courtesy::thanks(&message.body) {
                contacts += 1;
                wanted |= at >= old && contacts >= self.config.contacts;
            }
        }
        if wanted {
            let first = said.first().map(|message| message.at.rfc3339()).unwrap_or_default();
            let phrase = format!("contact {contacts} since {}", first.get(..10).unwrap_or(&first));
            found.push(Trigger { kind: TriggerKind::RepeatedContact, phrase, language: None });
        }
    }
}

fn by_customer(message: &&Message) -> bool {
    message.visibility == Visibility::Public && matches!(message.author, Actor::Customer { .. })
}

fn said_in(input: &RunInput) -> Vec<&Message> {
    input.messages.iter().filter(by_customer).collect()
}

/// All that the customer has said as far as the steps go, the oldest first, each message once.
fn said(steps: &[Step]) -> Vec<&Message> {
    let mut all: Vec<&Message> = Vec::new();
    for step in steps {
        let messages = match &step.body {
            StepBody::Started { input } => said_in(input),
            StepBody::Observed { messages, .. } => messages.iter().filter(by_customer).collect(),
            _ => continue,
        };
        for message in messages {
            if all.iter().all(|known| known.id != message.id) {
                all.push(message);
            }
        }
    }
    all
}

fn spelled(finding: &Finding, text: &str) -> Trigger {
    Trigger {
        kind: kind_of(finding.kind),
        // What is found stands in the text, as a property of the triggers says.
        phrase: line(text.get(finding.span.clone()).unwrap_or_default(), MAX_PHRASE),
        language: Some(finding.language.to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_the_configuration_does_not_know_is_refused_with_the_nearest_name() {
        let error = Config::with("[escalation]\nselfharm = true").unwrap_err().to_string();
        assert!(error.contains("`escalation.selfharm`") && error.contains("`self_harm`"), "{error}");
        for (wrong, why) in [
            ("anger_from = 0.0", "anger_from"),
            ("contacts = 1", "every ticket"),
            ("contact_hours = 0", "contact_hours"),
        ] {
            let error = Config::with(&format!("[escalation]\n{wrong}")).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let long = format!("[agents.resolution]\nhelp = \"{}\"", "x".repeat(1_001));
        assert!(Config::with(&long).unwrap_err().to_string().contains("1000 characters"));
    }
}
