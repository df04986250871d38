//! What takes a ticket from the agent to a person before any model is asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ticket::Priority;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Somebody may harm themselves.
    SelfHarm,
    /// Violence against people is threatened.
    Threat,
    /// An account, a payment or data are in somebody else's hands.
    Security,
    Legal,
    Press,
    Anger,
    /// The customer threatens to take the money back or to go elsewhere.
    Leaving,
    /// The customer asked for a person.
    Person,
    Vip,
    /// The customer comes back again and again on one matter.
    RepeatedContact,
    /// A tool gave no answer.
    ToolSilence,
}

impl TriggerKind {
    pub const ALL: [Self; 11] = [
        Self::SelfHarm,
        Self::Threat,
        Self::Security,
        Self::Legal,
        Self::Press,
        Self::Anger,
        Self::Leaving,
        Self::Person,
        Self::Vip,
        Self::RepeatedContact,
        Self::ToolSilence,
    ];

    /// The tag that the ticket gets.
    pub fn tag(self) -> &'static str {
        match self {
            Self::SelfHarm => "self-harm",
            Self::Threat => "threat",
            Self::Security => "security",
            Self::Legal => "legal",
            Self::Press => "press",
            Self::Anger => "anger",
            Self::Leaving => "leaving",
            Self::Person => "asked-for-person",
            Self::Vip => "vip",
            Self::RepeatedContact => "repeated-contact",
            Self::ToolSilence => "tool-silence",
        }
    }

    /// Why a person is wanted, in words for the person.
    pub fn words(self) -> &'static str {
        match self {
            Self::SelfHarm => "the customer may harm themselves",
            Self::Threat => "the customer threatens violence",
            Self::Security => "the customer tells of a security incident",
            Self::Legal => "the customer speaks of the law",
            Self::Press => "the customer speaks of the press or of making it public",
            Self::Anger => "the customer is angry",
            Self::Leaving => "the customer threatens to take the money back or to leave",
            Self::Person => "the customer asked for a person",
            Self::Vip => "the customer is a VIP",
            Self::RepeatedContact => "the customer comes back on the same matter",
            Self::ToolSilence => "a tool gave no answer",
        }
    }

    /// What the ticket's priority becomes at least, where it cannot wait its turn.
    pub fn priority(self) -> Option<Priority> {
        match self {
            Self::SelfHarm | Self::Threat => Some(Priority::Urgent),
            Self::Security => Some(Priority::High),
            _ => None,
        }
    }
}

/// One reason why a person is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub kind: TriggerKind,
    /// What gave it away: the customer's words, or the fact in words.
    pub phrase: String,
    /// The language of the phrase, such as `de`, where words gave it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// In one sentence, for whoever takes over.
pub fn words(triggers: &[Trigger]) -> String {
    let part = |one: &Trigger| {
        let what = one.kind.words();
        match (one.phrase.is_empty(), &one.language) {
            (true, _) => what.to_owned(),
            (false, Some(_)) => format!("{what}: “{}”", one.phrase),
            (false, None) => format!("{what}: {}", one.phrase),
        }
    };
    let parts: Vec<String> = triggers.iter().map(part).collect();
    parts.join("; ")
}

/// What the ticket's priority becomes, when that is more than it is.
pub fn priority(triggers: &[Trigger], now: Priority) -> Option<Priority> {
    triggers.iter().filter_map(|one| one.kind.priority()).max().filter(|wanted| *wanted > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(kind: TriggerKind, phrase: &str, language: Option<&str>) -> Trigger {
        Trigger { kind, phrase: phrase.to_owned(), language: language.map(str::to_owned) }
    }

    #[test]
    fn a_person_reads_which_words_it_was() {
        let said = trigger(TriggerKind::Legal, "my lawyer", Some("en"));
        let fact = trigger(TriggerKind::Vip, "tier gold", None);
        assert_eq!(
            words(&[said, fact]),
            "the customer speaks of the law: “my lawyer”; the customer is a VIP: tier gold"
        );
    }

    #[test]
    fn a_priority_is_raised_and_never_lowered() {
        let threat = [trigger(TriggerKind::Threat, "", None), trigger(TriggerKind::Security, "", None)];
        assert_eq!(priority(&threat, Priority::Normal), Some(Priority::Urgent));
        assert_eq!(priority(&threat[1..], Priority::Normal), Some(Priority::High));
        assert_eq!(priority(&threat[1..], Priority::Urgent), None);
        assert_eq!(priority(&[trigger(TriggerKind::Anger, "", None)], Priority::Low), None);
    }

    #[test]
    fn each_trigger_has_a_tag_of_its_own() {
        let tags: std::collections::BTreeSet<&str> = TriggerKind::ALL.map(TriggerKind::tag).into();
        assert_eq!(tags.len(), TriggerKind::ALL.len());
    }
}
