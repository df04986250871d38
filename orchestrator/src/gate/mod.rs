//! The gate: where every call with an effect is judged.
//!
//! It evaluates the policy's rules in order; the first match answers, no match asks, and a rule
//! that cannot be evaluated refuses. Nothing here executes anything: a verdict is only words until
//! [`domain::approval::Permit`] is made from it.

pub mod cases;
pub mod check;
mod conditions;
pub mod explain;
pub mod facts;
mod imagined;
pub mod leaving;
pub mod origins;
mod rules;

use std::{path::Path, sync::Arc};

use domain::{
    Timestamp,
    autonomy::Level,
    canonical::Digest,
    confidence::{Confidence, Thresholds},
    leaving::Carried,
    origin::ArgumentOrigin,
    policy::{Answer, AskTerms, Facts, Judged, MAX_DOCUMENT, Policy, Verdict},
    suspicion::Suspicion,
    tool::{ToolCall, ToolSpec},
    user::Role,
};
use guards::masking::{Own, Protector};
use thiserror::Error;

use facts::Call;
use rules::{CompiledRule, Wrong};

/// The policy that is in effect when no file is configured.
pub const DEFAULT_POLICY: &str = include_str!("../../policy.default.toml");

#[derive(Debug, Error)]
pub enum GateError {
    #[error("the policy file {path} cannot be read: {error}")]
    File { path: String, error: std::io::Error },
    #[error("the cases cannot be read: {0}")]
    Cases(String),
    #[error("the policy is not valid: {0}")]
    Invalid(String),
}

/// What a call is judged on.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    pub call: &'a ToolCall,
    pub spec: &'a ToolSpec,
    pub agent: &'a str,
    /// The ticket's channel; empty when there is no ticket.
    pub channel: &'a str,
    /// The customer's tier; empty when unknown.
    pub tier: &'a str,
    pub confidence: &'a Confidence,
    pub thresholds: Thresholds,
    /// Where its protected arguments come from. One that is not among them comes from nowhere.
    pub origins: &'a [ArgumentOrigin],
    /// What it would carry out of the house that a person should see first.
    pub carries: &'a [Carried],
    /// What the run has read that sounds like an order to the agent.
    pub suspicions: &'a [Suspicion],
    /// A person changed the arguments.
    pub edited: bool,
    /// The procedure that the customer's words ask for; none where nobody looked.
    pub intent: Option<&'a str>,
    /// Where it stands on the ladder of autonomy, if at all.
    pub level: Option<Level>,
    /// What the run has cost, in millionths of a credit.
    pub spent_micros: i64,
    pub now: Timestamp,
}

pub struct Gate {
    policy: Policy,
    version: Digest,
    rules: Vec<CompiledRule>,
    env: Arc<cel::Env>,
    /// Why everything is refused.
    closed: Option<String>,
    /// What it says of personal and secret data.
    masking: Own,
    text: String,
}

impl Gate {
    /// The policy in `file`, or the built-in one when `file` is empty.
    pub fn load(file: &str) -> Result<Self, GateError> {
        if file.is_empty() {
            return Self::parse(DEFAULT_POLICY);
        }
        let text = std::fs::read_to_string(Path::new(file))
            .map_err(|error| GateError::File { path: file.to_owned(), error })?;
        Self::parse(&text)
    }

    /// Compiles every condition, so that a mistake stops the start and not a customer.
    pub fn parse(text: &str) -> Result<Self, GateError> {
        Self::compile(text).map_err(|wrong| {
            let words = wrong.into_iter().map(|one| match one.rule {
                Some(rule) => format!("rule `{rule}`: {}", one.why),
                None => one.why,
            });
            GateError::Invalid(words.collect::<Vec<_>>().join("; "))
        })
    }

    fn compile(text: &str) -> Result<Self, Vec<Wrong>> {
        let whole = |why: String| vec![Wrong { rule: None, why }];
        let length = text.chars().count();
        if length > MAX_DOCUMENT {
            return Err(whole(format!("it has {length} characters and may have {MAX_DOCUMENT}")));
        }
        let policy: Policy = toml::from_str(text).map_err(|error| whole(error.to_string()))?;
        let rules = rules::compile(&policy);
        let masking = Own::read(&policy.masking).map_err(|wrong| wrong.into_iter().map(of_masking).collect());
        let (rules, masking) = match (rules, masking) {
            (Ok(rules), Ok(masking)) => (rules, masking),
            (rules, masking) => {
                let wrong: [Vec<Wrong>; 2] =
                    [rules.err().unwrap_or_default(), masking.err().unwrap_or_default()];
                return Err(wrong.concat());
            }
        };
        let (version, env) = (policy.version(), Arc::new(cel::Env::stdlib()));
        Ok(Self { version, policy, rules, env, closed: None, masking, text: text.to_owned() })
    }

    /// In place of a document that cannot be used: refuses everything and says why. Nothing looser takes its
    /// place.
    pub fn closed(text: &str, why: &str) -> Self {
        let default = AskTerms::of(Role::Owner, 1_440);
        let policy = Policy { rules: Vec::new(), default, masking: serde_json::Value::Null };
        let why = format!(
            "the workspace's policy cannot be used, so nothing is done: {why}; an admin has to put one that can"
        );
        Self {
            version: Digest::of(&("closed", text)),
            policy,
            rules: Vec::new(),
            env: Arc::new(cel::Env::stdlib()),
            closed: Some(why),
            masking: Own::default(),
            text: text.to_owned(),
        }
    }

    /// Why everything is refused, when it is.
    pub fn is_closed(&self) -> Option<&str> {
        self.closed.as_deref()
    }

    /// What the workspace goes by at every border.
    pub fn protector(&self, house: &Protector) -> Protector {
        match self.closed {
            Some(_) => house.closed(),
            None => house.with(&self.masking),
        }
    }

    /// The document it was made of.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    pub fn version(&self) -> &Digest {
        &self.version
    }

    /// What the policy says of this call.
    pub fn judge(&self, matter: &Matter<'_>) -> Verdict {
        self.judge_call(&Call::of(matter))
    }

    /// The same, with what it was judged on.
    pub fn judged(&self, matter: &Matter<'_>) -> (Verdict, Facts) {
        let call = Call::of(matter);
        (self.judge_call(&call), call.facts)
    }

    fn judge_call(&self, call: &Call) -> Verdict {
        let (rule, answer) = self.first(call);
        let held = call.held().filter(|_| answer == Answer::Run);
        // What carries an invented value, and what is a person's to decide, goes before a person,
        // whichever rule would let it out.
        let answer = held.map_or(answer, |why| Answer::Ask { terms: self.policy.default.clone(), why });
        let on_paper = held_to_paper(call, &answer);
        let answer = on_paper.map_or(answer, |why| Answer::Refuse { why: why.to_owned() });
        Verdict {
            rule: rule.to_owned(),
            policy_version: self.version.clone(),
            answer,
            on_paper: on_paper.is_some(),
        }
    }

    /// The first rule that does not pass the call on, and its answer.
    fn first(&self, call: &Call) -> (&str, Answer) {
        if let Some(why) = &self.closed {
            return (rules::CLOSED, Answer::Refuse { why: why.clone() });
        }
        let context = call.context(&self.env);
        for rule in &self.rules {
            match rule.matches(&context) {
                Ok(false) => {}
                Ok(true) => return (&rule.rule.name, rule.answer(&self.policy.default)),
                Err(why) => return (&rule.rule.name, explain::unevaluated(&rule.rule.name, &why)),
            }
        }
        (rules::DEFAULT, self.no_match())
    }

    fn no_match(&self) -> Answer {
        Answer::Ask { terms: self.policy.default.clone(), why: "no rule lets this run by itself".to_owned() }
    }
}

/// Why a call is written down alone: what is done on paper is neither done nor put before a person. What the policy
/// refuses it refuses for its own reason.
fn held_to_paper(call: &Call, answer: &Answer) -> Option<&'static str> {
    call.on_paper().filter(|_| matches!(answer, Answer::Run | Answer::Ask { .. }))
}

fn of_masking(wrong: guards::masking::Wrong) -> Wrong {
    let at = match wrong.at.as_str() {
        "" => "[masking]".to_owned(),
        at => format!("[masking] {at}"),
    };
    Wrong { rule: None, why: format!("{at}: {}", wrong.why) }
}

/// What is kept of a verdict beside what was done about it.
pub fn judged(verdict: &Verdict, facts: Facts) -> Box<Judged> {
    Box::new(Judged {
        rule: verdict.rule.clone(),
        policy_version: verdict.policy_version.clone(),
        facts,
        on_paper: None,
    })
}

#[cfg(test)]
mod tests {
    use domain::{
        leaving::CarriedKind,
        origin::{Likeness, OriginKind},
        tool::{Risk, ToolSource},
    };
    use serde_json::json;

    use super::*;

    /// A Monday, 16:00.
    const NOW: Timestamp = Timestamp(1_764_000_000_123_456);

    fn spec(name: &str, risk: Risk) -> ToolSpec {
        ToolSpec {
            name: name.to_owned(),
            version: Digest::of("v"),
            title: String::new(),
            description: String::new(),
            risk,
            parameters: json!({}),
            protected: vec![],
            compensation: None,
            amount_arg: Some("amount_cents".to_owned()),
            capabilities: vec![],
            source: ToolSource::BuiltIn,
            local: false,
            idempotent: true,
            always_asks: false,
        }
    }

    fn judge(gate: &Gate, name: &str, risk: Risk, args: serde_json::Value, score: f32) -> Verdict {
        judge_of(gate, name, risk, args, Confidence::by_rule(score, vec![]))
    }

    fn judge_of(
        gate: &Gate,
        name: &str,
        risk: Risk,
        args: serde_json::Value,
        confidence: Confidence,
    ) -> Verdict {
        let call = ToolCall { id: "c".to_owned(), tool: name.to_owned(), args };
        gate.judge(&Matter {
            call: &call,
            spec: &spec(name, risk),
            agent: "resolution",
            channel: "chat",
            tier: "standard",
            confidence: &confidence,
            thresholds: Thresholds { auto: 0.75, floor: 0.4 },
            origins: &[],
            carries: &[],
            suspicions: &[],
            edited: false,
            intent: None,
            level: None,
            spent_micros: 0,
            now: NOW,
        })
    }

    #[test]
    fn the_built_in_policy_runs_the_safe_asks_for_money_and_refuses_the_unsure() {
        let gate = Gate::parse(DEFAULT_POLICY).unwrap();
        assert_eq!(judge(&gate, "add_note", Risk::Reversible, json!({}), 0.0).answer, Answer::Run);
        assert_eq!(judge(&gate, "reply_to_customer", Risk::Outward, json!({}), 0.9).answer, Answer::Run);
        let draft = judge(&gate, "reply_to_customer", Risk::Outward, json!({}), 0.5);
        assert!(matches!(draft.answer, Answer::Ask { .. }), "{draft:?}");
        let low = judge(&gate, "reply_to_customer", Risk::Outward, json!({}), 0.1);
        assert!(matches!(low.answer, Answer::Refuse { .. }), "{low:?}");
        let refund =
            judge(&gate, "shop__refund_order", Risk::Irreversible, json!({"amount_cents": 34900}), 1.0);
        assert!(
            matches!(&refund.answer, Answer::Ask { terms, .. } if terms.role == Role::Reviewer),
            "{refund:?}"
        );
        let large =
            judge(&gate, "shop__refund_order", Risk::Irreversible, json!({"amount_cents": 90000}), 1.0);
        assert!(matches!(&large.answer, Answer::Ask { terms, .. } if terms.role == Role::Admin), "{large:?}");
    }

    #[test]
    fn no_rule_lets_an_invented_value_out() {
        let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n[[rule]]\nname = \"all\"\nthen = \"run\"\n";
        let gate = Gate::parse(text).unwrap();
        let invented = Confidence { stops: vec!["60 days".to_owned()], ..Confidence::certain("a test") };
        let verdict = judge_of(&gate, "reply_to_customer", Risk::Outward, json!({}), invented);
        assert!(matches!(&verdict.answer, Answer::Ask { why, .. } if why.contains("60 days")), "{verdict:?}");
        let sound =
            judge_of(&gate, "reply_to_customer", Risk::Outward, json!({}), Confidence::certain("a test"));
        assert_eq!(sound.answer, Answer::Run);
    }

    #[test]
    fn no_rule_runs_a_call_whose_protected_arguments_nobody_trusted_gave() {
        let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n[[rule]]\nname = \"all\"\nthen = \"run\"\n";
        let gate = Gate::parse(text).unwrap();
        let args = json!({"order_number": "NF-10482", "amount_cents": 900, "reason": "late"});
        let call = ToolCall { id: "c".to_owned(), tool: "refund".to_owned(), args };
        let protected = ["order_number", "amount_cents", "iban"].map(str::to_owned).to_vec();
        let spec = ToolSpec { protected, ..spec("refund", Risk::Irreversible) };
        let judged = |kinds: &[(&str, OriginKind)]| {
            let origins: Vec<ArgumentOrigin> = kinds
                .iter()
                .map(|(argument, kind)| ArgumentOrigin {
                    argument: (*argument).to_owned(),
                    kind: *kind,
                    likeness: Likeness::Exact,
                    from: String::new(),
                })
                .collect();
            gate.judge(&Matter {
                call: &call,
                spec: &spec,
                agent: "resolution",
                channel: "chat",
                tier: "standard",
                confidence: &Confidence::certain("a test"),
                thresholds: Thresholds { auto: 0.75, floor: 0.4 },
                origins: &origins,
                carries: &[],
                suspicions: &[],
                edited: false,
                intent: None,
                level: None,
                spent_micros: 0,
                now: NOW,
            })
            .answer
        };
        // What is not given needs no origin.
        let trusted = [("order_number", OriginKind::Record), ("amount_cents", OriginKind::Person)];
        assert_eq!(judged(&trusted), Answer::Run);
        for kind in [
            OriginKind::Claimed,
            OriginKind::Customer,
            OriginKind::Document,
            OriginKind::Output,
            OriginKind::Model,
        ] {
            let answer = judged(&[("order_number", OriginKind::Record), ("amount_cents", kind)]);
            assert!(
                matches!(&answer, Answer::Ask { why, .. } if why.contains("`amount_cents`")),
                "{answer:?}"
            );
        }
        assert!(matches!(judged(&[]), Answer::Ask { .. }), "what was not traced is trusted by nobody");
    }

    #[test]
    fn a_rule_may_ask_what_a_call_carries_and_none_lets_it_out() {
        let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n\
                    [[rule]]\nname = \"links\"\nwhen = \"'link' in carries\"\nthen = \"refuse\"\nwhy = \"no links\"\n\
                    [[rule]]\nname = \"all\"\nthen = \"run\"\n";
        let gate = Gate::parse(text).unwrap();
        let call = ToolCall { id: "c".to_owned(), tool: "reply".to_owned(), args: json!({}) };
        let judged = |carries: &[Carried]| {
            gate.judge(&Matter {
                call: &call,
                spec: &spec("reply", Risk::Outward),
                agent: "resolution",
                channel: "chat",
                tier: "",
                confidence: &Confidence::certain("a test"),
                thresholds: Thresholds { auto: 0.75, floor: 0.4 },
                origins: &[],
                carries,
                suspicions: &[],
                edited: false,
                intent: None,
                level: None,
                spent_micros: 0,
                now: NOW,
            })
            .answer
        };
        let of = |kind| Carried { kind, shown: "evil.example".to_owned() };
        assert_eq!(judged(&[]), Answer::Run);
        assert!(matches!(judged(&[of(CarriedKind::Link)]), Answer::Refuse { .. }));
        let held = judged(&[of(CarriedKind::Secret)]);
        assert!(matches!(&held, Answer::Ask { why, .. } if why.contains("evil.example")), "{held:?}");
    }

    #[test]
    fn no_rule_runs_what_is_a_persons_to_decide() {
        let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n[[rule]]\nname = \"all\"\nthen = \"run\"\n";
        let gate = Gate::parse(text).unwrap();
        let call = ToolCall { id: "c".to_owned(), tool: "add_article".to_owned(), args: json!({}) };
        let verdict = gate.judge(&Matter {
            call: &call,
            spec: &ToolSpec { always_asks: true, ..spec("add_article", Risk::Outward) },
            agent: "article",
            channel: "",
            tier: "",
            confidence: &Confidence::certain("a test"),
            thresholds: Thresholds { auto: 0.0, floor: 0.0 },
            origins: &[],
            carries: &[],
            suspicions: &[],
            edited: false,
            intent: None,
            level: None,
            spent_micros: 0,
            now: NOW,
        });
        assert!(matches!(&verdict.answer, Answer::Ask { why, .. } if why.contains("person")), "{verdict:?}");
    }

    #[test]
    fn no_match_asks_and_an_error_refuses() {
        let head = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n";
        let none = Gate::parse(head).unwrap();
        assert!(matches!(judge(&none, "x", Risk::Outward, json!({}), 1.0).answer, Answer::Ask { .. }));
        let broken =
            format!("{head}[[rule]]\nname = \"b\"\nwhen = 'args.missing.deep > 3'\nthen = \"run\"\n");
        let gate = Gate::parse(&broken).unwrap();
        assert!(matches!(judge(&gate, "x", Risk::Outward, json!({}), 1.0).answer, Answer::Refuse { .. }));
        let text = format!("{head}[[rule]]\nname = \"t\"\nwhen = 'confidence'\nthen = \"run\"\n");
        let gate = Gate::parse(&text).unwrap();
        assert!(matches!(judge(&gate, "x", Risk::Outward, json!({}), 1.0).answer, Answer::Refuse { .. }));
    }

    #[test]
    fn an_amount_that_is_not_a_whole_number_is_refused_not_ignored() {
        let gate = Gate::parse(DEFAULT_POLICY).unwrap();
        let odd =
            judge(&gate, "shop__refund_order", Risk::Irreversible, json!({"amount_cents": "much"}), 1.0);
        assert!(matches!(odd.answer, Answer::Refuse { .. }), "{odd:?}");
    }

    #[test]
    fn a_mistake_in_a_policy_is_named() {
        let error =
            Gate::parse("[default]\nrole = \"reviewer\"\nquorum = 9\nttl_minutes = 5\n").err().unwrap();
        assert!(error.to_string().contains("quorum"), "{error}");
        let bad = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n[[rule]]\nname = \"x\"\nwhen = 'amount >'\nthen = \"run\"\n";
        let error = Gate::parse(bad).err().unwrap();
        assert!(error.to_string().contains("`x`"), "{error}");
    }
}
