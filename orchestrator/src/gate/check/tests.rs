//! What a check finds, and that what it judges by is what calls are judged by.

use domain::{
    autonomy::Level as Rung,
    canonical::Digest,
    confidence::Thresholds,
    tool::{Risk, ToolSource, ToolSpec},
};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::gate::DEFAULT_POLICY;

fn check(text: &str, world: &World) -> Report {
    super::check(text, world, &AtomicBool::new(false))
}

const HEAD: &str = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n";

fn spec(name: &str, risk: Risk, has_amount: bool) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        version: Digest::of("v"),
        title: String::new(),
        description: String::new(),
        risk,
        parameters: json!({}),
        protected: vec![],
        compensation: None,
        amount_arg: has_amount.then(|| "amount_cents".to_owned()),
        capabilities: vec![],
        source: ToolSource::BuiltIn,
        local: false,
        idempotent: true,
        always_asks: false,
    }
}

fn world() -> World {
    World {
        tools: vec![
            spec("add_note", Risk::Reversible, false),
            spec("reply_to_customer", Risk::Outward, false),
            spec("shop__refund_order", Risk::Irreversible, true),
            spec("shop__cancel_order", Risk::Irreversible, false),
            spec("shop__get_order", Risk::Read, false),
        ],
        agents: vec![("resolution".to_owned(), Thresholds { auto: 0.75, floor: 0.4 })],
    }
}

fn rule(name: &str, when: &str, then: &str) -> String {
    let when = if when.is_empty() { String::new() } else { format!("when = '''{when}'''\n") };
    format!("[[rule]]\nname = \"{name}\"\n{when}then = \"{then}\"\n")
}

fn checked(rules: &[(&str, &str, &str)]) -> Report {
    let rules: String = rules.iter().map(|(name, when, then)| rule(name, when, then)).collect();
    check(&format!("{HEAD}{rules}"), &world())
}

fn found<'r>(report: &'r Report, rule: &str, flaw: Flaw) -> Vec<&'r str> {
    let of = |finding: &&Finding| finding.rule.as_deref() == Some(rule) && finding.flaw == flaw;
    report.findings.iter().filter(of).map(|finding| finding.text.as_str()).collect()
}

#[test]
fn the_built_in_policy_has_no_flaw() {
    let report = check(DEFAULT_POLICY, &world());
    assert_eq!(report.findings, vec![]);
    assert!(report.calls > 50 && report.rules == 6, "{report:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = format!(
        "{HEAD}{}{}{}[[rule]]\nname = \"terms\"\nthen = \"ask\"\nask = {{ role = \"admin\", quorum = 4, ttl_minutes = 60, \
         escalate = {{ role = \"reviewer\", after_minutes = 90 }} }}\n",
        rule("typo", "amuont > 5", "run"),
        rule("broken", "amount >", "run"),
        rule("typo", "amount > 5", "ask"),
    );
    let report = check(&text, &world());
    assert!(!report.is_usable());
    assert_eq!(found(&report, "typo", Flaw::Invalid).len(), 2, "{report:#?}");
    assert_eq!(found(&report, "broken", Flaw::Invalid).len(), 1);
    assert_eq!(found(&report, "terms", Flaw::Invalid).len(), 3);
    for bad in [
        "[default]\nrole = \"The Pope\"\nquorum = 1\nttl_minutes = 5\n",
        "rule = 1",
        "",
        "\u{0}",
        "color = \"red\"",
    ] {
        assert!(!check(bad, &world()).is_usable(), "{bad}");
    }
}

#[test]
fn a_rule_that_never_decides_is_found_with_those_that_take_its_calls() {
    let report = checked(&[
        ("small", "amount >= 0 && amount < 1000", "ask"),
        ("tiny", "amount >= 0 && amount < 500", "refuse"),
        ("never", "amount > 900 && amount < 100", "ask"),
        ("rest", "", "ask"),
        ("after", "risk == 'reversible'", "run"),
    ]);
    assert!(found(&report, "tiny", Flaw::Unreachable)[0].contains("`small`"), "{report:#?}");
    assert!(found(&report, "never", Flaw::Unreachable)[0].contains("never matches any"), "{report:#?}");
    assert!(found(&report, "after", Flaw::Unreachable)[0].contains("`rest`"), "{report:#?}");
    assert_eq!(found(&report, "small", Flaw::Unreachable), Vec::<&str>::new());
}

#[test]
fn rules_that_match_the_same_and_say_something_else_contradict() {
    let report = checked(&[
        ("one", "tool == 'add_note' && tier == 'gold'", "ask"),
        ("other", "tier == \"gold\" && tool == \"add_note\"", "refuse"),
        ("again", "tool == 'add_note' && tier == 'gold'", "ask"),
    ]);
    assert!(found(&report, "other", Flaw::Contradictory)[0].contains("`one`"), "{report:#?}");
    assert_eq!(found(&report, "again", Flaw::Unreachable).len(), 1, "{report:#?}");
}

#[test]
fn what_lets_money_and_unsure_replies_out_is_dangerous() {
    let report = checked(&[
        ("refunds", "tool == 'shop__refund_order'", "run"),
        ("cancel", "tool == 'shop__cancel_order' && band == 'auto'", "run"),
        ("replies", "tool == 'reply_to_customer'", "run"),
        ("all", "", "run"),
    ]);
    let refunds = found(&report, "refunds", Flaw::Dangerous);
    assert!(refunds.iter().any(|text| text.contains("whatever the amount")), "{report:#?}");
    assert!(refunds.iter().any(|text| text.contains("however unsure")), "{report:#?}");
    let cancel = found(&report, "cancel", Flaw::Dangerous);
    assert!(cancel.len() == 1 && cancel[0].contains("cannot be undone"), "{report:#?}");
    assert!(found(&report, "replies", Flaw::Dangerous)[0].contains("however unsure"), "{report:#?}");
    assert!(
        found(&report, "all", Flaw::Dangerous).iter().any(|text| text.contains("every call")),
        "{report:#?}"
    );

    let bounded = checked(&[
        ("refunds", "tool == 'shop__refund_order' && amount >= 0 && amount <= 2000 && band == 'auto'", "run"),
        ("money", "amount > 2000", "ask"),
    ]);
    assert_eq!(found(&bounded, "refunds", Flaw::Dangerous), Vec::<&str>::new(), "{bounded:#?}");
}

#[test]
fn a_low_role_may_not_decide_on_money_unnoticed() {
    let text = format!(
        "{HEAD}[[rule]]\nname = \"money\"\nwhen = 'amount > 0'\nthen = \"ask\"\n\
         ask = {{ role = \"agent\", quorum = 1, ttl_minutes = 5 }}\n"
    );
    assert!(found(&check(&text, &world()), "money", Flaw::Dangerous)[0].contains("role agent"));
    let text = HEAD.replace("reviewer", "viewer");
    assert!(check(&text, &world()).findings.iter().any(|finding| finding.text.contains("role viewer")));
}

#[test]
fn what_is_held_back_whatever_a_rule_says_is_said() {
    let report = checked(&[
        ("untrusted", "risk == 'reversible' && origin == 'untrusted'", "run"),
        ("links", "risk == 'reversible' && 'link' in carries", "run"),
    ]);
    assert_eq!(found(&report, "untrusted", Flaw::HeldBack).len(), 1, "{report:#?}");
    assert_eq!(found(&report, "links", Flaw::HeldBack).len(), 1, "{report:#?}");
}

#[test]
fn what_cannot_be_evaluated_refuses_and_is_said() {
    let report = checked(&[("weekend", "weekday > 5", "ask")]);
    assert!(!report.is_usable(), "{report:#?}");
    assert_eq!(found(&report, "weekend", Flaw::Fails).len(), 1);
    let report = checked(&[("abroad", "args.country != 'CH'", "ask"), ("rest", "", "ask")]);
    assert!(report.is_usable(), "{report:#?}");
    assert!(found(&report, "abroad", Flaw::Fails)[0].contains("has(args.name)"), "{report:#?}");
    assert_eq!(found(&report, "abroad", Flaw::Unreachable), Vec::<&str>::new(), "{report:#?}");
    let report = checked(&[("unknown", "shout(tool)", "ask")]);
    assert!(!report.is_usable(), "{report:#?}");
}

#[test]
fn a_word_that_nothing_has_is_named() {
    let report = checked(&[
        ("risk", "risk == 'irreversable'", "ask"),
        ("tool", "tool == 'shop__refnd'", "ask"),
        ("agent", "agent == 'robot'", "ask"),
        ("prefix", "tool.startsWith('shop__')", "ask"),
    ]);
    for rule in ["risk", "tool", "agent"] {
        assert_eq!(found(&report, rule, Flaw::UnknownWord).len(), 1, "{report:#?}");
    }
    assert_eq!(found(&report, "prefix", Flaw::UnknownWord), Vec::<&str>::new());
    assert_eq!(found(&report, "prefix", Flaw::Unreachable), Vec::<&str>::new(), "{report:#?}");
}

#[test]
fn hours_arguments_and_rare_combinations_are_reached() {
    let report = checked(&[
        ("night", "hour >= 22 || hour < 6", "ask"),
        ("weekend", "weekday in ['saturday', 'sunday'] && band != 'auto'", "ask"),
        ("abroad", "has(args.country) && args.country == 'DE'", "ask"),
        (
            "rare",
            "tier == 'gold' && channel == 'email' && agent == 'resolution' && amount > 700 && edited",
            "refuse",
        ),
        ("grounded", "groundedness >= 0.9 && 'contradiction' in findings", "refuse"),
    ]);
    assert!(report.findings.iter().all(|finding| finding.flaw != Flaw::Unreachable), "{report:#?}");
}

#[test]
fn a_check_that_is_told_to_stop_does() {
    let report = super::check(DEFAULT_POLICY, &world(), &AtomicBool::new(true));
    assert_eq!(report.calls, 0);
    assert!(report.findings.iter().all(|finding| finding.flaw != Flaw::Unreachable), "{report:#?}");
}

#[test]
fn many_rules_are_tried_on_fewer_calls() {
    let rules: Vec<String> =
        (0..200).map(|n| rule(&format!("r{n}"), &format!("amount == {n}"), "ask")).collect();
    let report = check(&format!("{HEAD}{}", rules.concat()), &world());
    assert!(report.calls <= 10_000, "{}", report.calls);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The one that explains and the one that decides are the same.
    #[test]
    fn an_explanation_is_the_verdict(picked in proptest::collection::vec((0usize..9, 0usize..4), 0..6)) {
        let conditions = [
            "", "amount > 500", "risk == 'irreversible'", "band == 'auto'", "origin == 'untrusted'", "args.x > 3",
            "'link' in findings", "tier == 'gold' || hour < 6", "autonomy == 'act'",
        ];
        let thens = ["run", "draft", "ask", "refuse"];
        let rules: String = picked
            .iter()
            .enumerate()
            .map(|(n, (when, then))| rule(&format!("r{n}"), conditions[*when], thens[*then]))
            .collect();
        let gate = Gate::compile(&format!("{HEAD}{rules}")).unwrap();
        let reads = gate.rules.iter().filter_map(|rule| Some(&rule.condition.as_ref()?.reads));
        let mut calls = 0;
        for call in Imagined::of(reads, &world()).calls().step_by(7) {
            let verdict = gate.judge_call(&call);
            let explained = gate.explain(&call);
            prop_assert_eq!(explained.answer, Some(verdict.answer));
            prop_assert_eq!(explained.rule, verdict.rule);
            calls += 1;
        }
        prop_assert!(calls > 0);
    }

    /// A rung never lets run what the policy asks, nor asks what it refuses, unless a rule names the ladder.
    #[test]
    fn a_rung_makes_nothing_looser(picked in proptest::collection::vec((0usize..4, 0usize..4), 0..5)) {
        let conditions = ["", "amount > 500", "risk == 'irreversible'", "band == 'auto'"];
        let thens = ["run", "draft", "ask", "refuse"];
        let rules: String = picked
            .iter()
            .enumerate()
            .map(|(n, (when, then))| rule(&format!("r{n}"), conditions[*when], thens[*then]))
            .collect();
        let gate = Gate::compile(&format!("{HEAD}{rules}")).unwrap();
        let looseness = |answer: &Answer| match answer {
            Answer::Refuse { .. } => 0,
            Answer::Ask { .. } => 1,
            Answer::Run => 2,
        };
        let reads = gate.rules.iter().filter_map(|rule| Some(&rule.condition.as_ref()?.reads));
        for mut call in Imagined::of(reads, &world()).calls().step_by(5) {
            let without = looseness(&gate.judge_call(&call).answer);
            let leaves = call.facts.risk > Risk::Reversible;
            let mut before = 0;
            for level in Rung::ALL {
                call.facts.autonomy = Some(level);
                let with = looseness(&gate.judge_call(&call).answer);
                prop_assert!(with <= without && with >= before, "{level:?}");
                let most = match level {
                    Rung::Shadow => 0,
                    Rung::Draft | Rung::Ask => 1,
                    Rung::Act => 2,
                };
                prop_assert!(!leaves || with <= most, "{level:?}");
                before = with;
            }
            prop_assert_eq!(before, without, "what acts does what the policy says");
        }
    }
}

#[test]
fn what_a_policy_lets_out_at_a_border_is_said() {
    let masking = |text: &str| {
        let head = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n";
        let report = check(&format!("{head}{text}"), &world());
        let about = report.findings.into_iter().filter(|finding| finding.text.contains("[masking"));
        about.map(|finding| (finding.level, finding.text)).collect::<Vec<_>>()
    };
    assert_eq!(masking("[masking.log]\nkinds = { email = \"allow\" }"), []);
    for (text, level, words) in [
        (
            "[masking.export]\nkinds = { payment_card = \"allow\", api_key = \"allow\" }",
            Level::Warning,
            "`api_key`",
        ),
        ("[masking.log]\ndefault = \"allow\"", Level::Warning, "every kind"),
        ("[masking.customer]\ndefault = \"placeholder\"", Level::Warning, "customers read placeholders"),
        ("[masking.model]\ndefault = \"block\"", Level::Note, "offline model"),
        (
            "[[masking.recognisers]]\nname = \"badge\"\npattern = \"B-[0-9]+\"\nscore = 0.2",
            Level::Warning,
            "finds nothing",
        ),
        ("[masking.modle]\ndefault = \"mask\"", Level::Error, "did you mean `model`?"),
        ("[masking.model]\nkinds = { emial = \"mask\" }", Level::Error, "did you mean `email`?"),
        ("[masking.model]\ndefault = \"hide\"", Level::Error, "use one of allow, mask, placeholder, block"),
        ("[[masking.recognisers]]\nname = \"badge\"\npattern = \"(\"", Level::Error, "unclosed group"),
    ] {
        let found = masking(text);
        assert!(found.iter().any(|(of, said)| *of == level && said.contains(words)), "{text}: {found:?}");
    }
}
