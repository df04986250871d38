//! What the arguments of a call would carry out of the house, and what they are turned into before.

use std::{borrow::Cow, sync::LazyLock};

use domain::{
    leaving::{Carried, CarriedKind},
    tool::{Risk, ToolCall, ToolSpec},
};
use guards::{
    echo::Echo,
    leaving::Leaving,
    masking::{Border, CREDENTIALS, Protector, Treatment},
    pii::Kind,
};
use serde_json::Value;

use crate::{config::Config, message_html};

/// What is more is not looked for: a person sees enough.
const MOST: usize = 20;
/// Characters of a secret that are shown.
const SHOWN: usize = 4;
/// Characters of a stretch of a prompt that are shown.
const SHOWN_OF_PROMPT: usize = 60;

/// Instructions for models, which are nobody's to read by way of an agent.
static PROMPTS: LazyLock<Echo> = LazyLock::new(|| Echo::of(prompts::instructions()));

/// With the domains of the configuration, of the service's own address and of its mail.
pub fn guard(config: &Config) -> Leaving {
    let public = url::Url::parse(&config.public_url()).ok();
    let own = public.as_ref().and_then(|url| url.host_str());
    let mail = config.email.address.rsplit_once('@').map(|(_, domain)| domain);
    Leaving::new(config.guards.links.iter().map(String::as_str).chain(own).chain(mail))
}

/// Whether what a call says is what a customer reads.
fn is_to_customer(spec: &ToolSpec) -> bool {
    spec.risk == Risk::Outward && spec.local
}

/// A call as it may be proposed: what the workspace masks on its way to customers is masked in it, so that
/// the gate, a reviewer, the ticket and the customer all have the same words.
pub fn proposed<'c>(protector: &Protector, spec: &ToolSpec, call: &'c ToolCall) -> Cow<'c, ToolCall> {
    if !is_to_customer(spec) {
        return Cow::Borrowed(call);
    }
    let args = protector.propose_json(Border::Customer, &call.args);
    if args == call.args { Cow::Borrowed(call) } else { Cow::Owned(ToolCall { args, ..call.clone() }) }
}

/// Of calls that reach somebody outside, each text is looked at; of others nothing leaves. What the workspace
/// blocks on its way to customers is held, and where nothing is masked, secrets are.
pub fn carried(guard: &Leaving, protector: &Protector, spec: &ToolSpec, args: &Value) -> Vec<Carried> {
    let mut carried = Vec::new();
    if !matches!(spec.risk, Risk::Outward | Risk::Irreversible) {
        return carried;
    }
    let mut add = |one: Carried| {
        if carried.len() < MOST && !carried.contains(&one) {
            carried.push(one);
        }
    };
    each(args, &mut |text| {
        // Also of a message as it is drawn, where more may become a link than a text shows as one.
        let drawn = message_html::links(text);
        for host in guard.links(text).into_iter().chain(drawn.iter().filter_map(|to| guard.stranger(to))) {
            add(Carried { kind: CarriedKind::Link, shown: host });
        }
        if let Some(stretch) = PROMPTS.find(text).and_then(|span| text.get(span)) {
            let begin: String = stretch.chars().take(SHOWN_OF_PROMPT).collect();
            add(Carried { kind: CarriedKind::Prompt, shown: format!("{begin}…") });
        }
    });
    protector.meet_json(Border::Customer, args, &mut |text, met| {
        let held = met.treatment == Treatment::Block || (!is_to_customer(spec) && is_secret(&met.kind));
        if held {
            let value = text.get(met.span).unwrap_or_default();
            let begin: String = value.chars().take(SHOWN).collect();
            let shown = format!("{}: {begin}…", met.kind.replace('_', " "));
            add(Carried { kind: CarriedKind::Secret, shown });
        }
    });
    carried
}

/// Whoever reads it can do harm with it.
fn is_secret(kind: &str) -> bool {
    kind == Kind::PaymentCard.name() || CREDENTIALS.iter().any(|secret| secret.name() == kind)
}

fn each(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| each(item, look)),
        Value::Object(members) => members.values().for_each(|item| each(item, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_message_links_to_when_it_is_drawn_is_looked_at() {
        let guard = Leaving::new(["northfold.example"]);
        for text in [
            "See https://northfold.example|@evil.example/x",
            "See https://northfold.example`@evil.example/x",
            "See 1https://evil.example/x",
            "See a@https://evil.example/x",
            "[here](https://northfold.example\"@evil.example/x)",
            "[here](https://northfold.example'@evil.example/x)",
            "[here](<https://northfold.example\"@evil.example/x>)",
            "<https://northfold.example\"@evil.example/x>",
        ] {
            let drawn = message_html::links(text);
            let strangers: Vec<String> = drawn.iter().filter_map(|to| guard.stranger(to)).collect();
            assert_eq!(strangers, ["evil.example"], "{text}");
        }
        let own = message_html::links("See https://northfold.example/returns and <help@elsewhere.example>.");
        assert_eq!(own.len(), 2);
        assert!(own.iter().all(|to| guard.stranger(to).is_none()), "{own:?}");
    }
}
