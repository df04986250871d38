//! What a workspace says of its own about borders: read with care, laid over the house's rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use guards::{
    masking::{Border, Own, Protector, Pseudonyms, Rules, Treatment, Vault},
    pii::{Detector, MAX_CUSTOM, Settings},
};
use proptest::prelude::*;
use serde_json::{Value, json};

static HOUSE: LazyLock<Protector> = LazyLock::new(|| {
    let detector = Detector::new(Settings::default()).unwrap();
    Protector::new(Arc::new(detector), Rules::default()).unwrap()
});

fn wrong(value: &Value) -> String {
    let wrong = Own::read(value).err().expect("it should be refused");
    let lines = wrong.into_iter().map(|one| format!("{}: {}", one.at, one.why));
    lines.collect::<Vec<_>>().join("\n")
}

fn own(value: &Value) -> Protector {
    match Own::read(value) {
        Ok(own) => HOUSE.with(&own),
        Err(wrong) => panic!("{wrong:?}"),
    }
}

#[test]
fn a_workspace_changes_single_kinds_at_single_borders() {
    let rules = Own::read(&json!({
        "model": { "kinds": { "email": "allow" } },
        "log": { "default": "block" },
    }));
    let rules = rules.ok().unwrap().over(&Rules::default());
    assert_eq!(rules.treatment(Border::Model, "email"), Treatment::Allow);
    assert_eq!(rules.treatment(Border::Model, "person_name"), Treatment::Allow);
    assert_eq!(rules.treatment(Border::Model, "phone"), Treatment::Placeholder);
    assert_eq!(rules.treatment(Border::Log, "phone"), Treatment::Block);
    assert_eq!(rules.at(Border::Export), Rules::default().at(Border::Export));
    assert!(Own::read(&Value::Null).ok().unwrap().is_empty());
}

#[test]
fn a_result_that_one_workspace_lets_pass_is_treated_for_another() {
    let open = own(&json!({ "model": { "kinds": { "email": "allow" } } }));
    let wary = own(&json!({ "recognisers": [{ "name": "badge", "pattern": "BADGE-[0-9]{4}" }] }));
    let told = r#"{"to":"ann@example.com","note":"BADGE-1234"}"#;
    for _ in 0..2 {
        let by =
            |protector: &Protector| protector.protect_result(Border::Model, told, &mut Vault::new()).unwrap();
        assert_eq!(by(&open), told);
        assert_eq!(by(&HOUSE), r#"{"note":"BADGE-1234","to":"<EMAIL_1>"}"#);
        assert_eq!(by(&wary), r#"{"note":"<BADGE_1>","to":"<EMAIL_1>"}"#);
        assert_eq!(by(&open.with(&Own::default())), told, "a copy with nothing of its own");
    }
}

#[test]
fn what_nobody_knows_is_refused_with_what_was_probably_meant() {
    for (value, words) in [
        (json!({ "modle": {} }), "did you mean `model`?"),
        (json!({ "recogniser": [] }), "did you mean `recognisers`?"),
        (json!({ "model": { "kind": {} } }), "did you mean `kinds`?"),
        (json!({ "model": { "kinds": { "emial": "mask" } } }), "did you mean `email`?"),
        (json!({ "model": { "default": "placehodler" } }), "did you mean `placeholder`?"),
        (json!({ "model": { "default": 3 } }), "model.default: it is a number"),
        (json!({ "model": [] }), "model: it is a list and must be a table"),
        (json!({ "recognisers": { "name": "x" } }), "[[masking.recognisers]]"),
        (json!({ "recognisers": [{ "name": "badge", "patern": "x" }] }), "did you mean `pattern`?"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": "x", "words": ["x"] }] }), "either"),
        (json!({ "recognisers": [{ "name": "badge" }] }), "either"),
        (json!({ "recognisers": [{ "name": "badge", "words": "x" }] }), "must be a list of texts"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": "x", "score": "much" }] }), "0 to 1"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": "x", "score": 7 }] }), "outside 0 to 1"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": "(" }] }), "unclosed group"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": "[0-9]*" }] }), "empty text"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": r"\b" }] }), "empty text"),
        (json!({ "recognisers": [{ "name": "badge", "pattern": r"(\w{100}){100}" }] }), "repetitions"),
        (json!({ "recognisers": [{ "name": "Badge", "pattern": "x" }] }), "a-z, 0-9"),
        (json!({ "recognisers": [{ "pattern": "x" }] }), "a-z, 0-9"),
        (json!({ "recognisers": [{ "name": "badge", "kind": "email", "pattern": "x" }] }), "label of"),
        (json!({ "recognisers": [{ "name": "badge", "kind": "literal", "pattern": "x" }] }), "label of"),
        (json!({ "recognisers": [{ "name": "badge", "words": [""] }] }), "empty"),
        (json!(["mask"]), "must be a table"),
    ] {
        let said = wrong(&value);
        assert!(said.contains(words), "{value}: {said}");
    }
    let one = |place: usize| json!({ "name": format!("own_{place}"), "pattern": "x" });
    let crowd: Vec<Value> = (0..=MAX_CUSTOM).map(one).collect();
    assert!(wrong(&json!({ "recognisers": crowd })).contains("at most"));
    // Lists may be long one by one and too long together.
    let list = |name: &str| json!({ "name": name, "words": vec!["word"; 6_000] });
    assert!(wrong(&json!({ "recognisers": [list("a"), list("b")] })).contains("all lists together"));
}

#[test]
fn recognisers_work_at_every_border_by_their_label() {
    let protector = own(&json!({
        "recognisers": [
            { "name": "number", "kind": "loyalty_card", "pattern": r"\bNF-L-[0-9]{6}\b" },
            { "name": "old_number", "kind": "loyalty_card", "pattern": r"\b[0-9]{7}\b", "near": ["loyalty"],
              "score": 0.3 },
            { "name": "projects", "words": ["Bluebird", "Red Kite"] },
        ],
        "index": { "kinds": { "loyalty_card": "block" } },
        "log": { "kinds": { "projects": "allow" } },
    }));
    let text = "Red Kite: NF-L-123456 and my loyalty card 7654321, not order 7654321.";
    let mut vault = Vault::new();
    let shown = protector.protect(Border::Model, text, &mut vault).unwrap();
    assert!(
        shown.starts_with("<PROJECTS_1>: <LOYALTY_CARD_1> and my loyalty card <LOYALTY_CARD_2>"),
        "{shown}"
    );
    assert_eq!(vault.restore(&shown).value, text);
    assert!(protector.clean(Border::Index, text).unwrap_err().to_string().contains("loyalty_card"));
    assert!(protector.redact(Border::Log, text).starts_with("Red Kite: [loyalty card] and"));
    assert!(protector.redact(Border::Export, text).starts_with("[projects]: [loyalty card] and"));
    assert_eq!(
        protector.propose_json(Border::Customer, &json!({ "body": text }))["body"].as_str().unwrap()[..26],
        *"[projects]: [loyalty card]"
    );
    // The house, which it is laid over, is as it was.
    assert_eq!(HOUSE.redact(Border::Export, "It is NF-L-123456."), "It is NF-L-123456.");
}

#[test]
fn a_placeholder_for_good_is_the_same_everywhere_and_says_nothing_without_the_key() {
    let value = json!({ "export": { "default": "placeholder" } });
    let keyed = |key: u8| own(&value).keyed(Pseudonyms::new([key; 32]));
    let line = "from jane@example.com";
    let one = keyed(1).redact(Border::Export, line).into_owned();
    assert!(one.starts_with("from <EMAIL_"), "{one}");
    assert_eq!(one, keyed(1).redact(Border::Export, line));
    assert_eq!(one, keyed(1).redact(Border::Export, "from Jane@Example.com"), "another spelling");
    assert_ne!(one, keyed(2).redact(Border::Export, line));
    assert_ne!(one, keyed(1).redact(Border::Export, "from john@example.com"));
    assert_eq!(own(&value).redact(Border::Export, line), "from [email]");
}

#[test]
fn where_nobody_can_tell_what_a_workspace_wants_nothing_is_shown() {
    let closed = HOUSE.closed();
    assert!(closed.is_closed() && !HOUSE.is_closed());
    let mut vault = Vault::new();
    assert!(closed.protect(Border::Model, "Jane Doe, jane@example.com", &mut vault).is_err());
    for border in Border::ALL {
        assert!(!closed.redact(border, "Write to jane@example.com").contains("jane@"));
    }
}

/// What makes engines slow: nested repetitions, long looks ahead, many states.
const HOSTILE: [&str; 8] = [
    r"(a+)+b",
    r"(a|a)*ab",
    r".*[^A-Z]x|[A-Z]",
    r"(?:[a-z]{1,20}x?){1,8}.*[^A-Za-z]|[A-Za-z]",
    r"\w{1,60}(?:\w|\s){1,60}\d|\w",
    r"(?s).*.*.*=|a",
    r"(?i)(?:a?){30}a{30}",
    r"[ab]*a[ab]{12}c|[ab]",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn no_pattern_hangs_on_any_text() {
    let texts = ["a".repeat(20_000), "ab".repeat(10_000), "A".repeat(20_000), "a b".repeat(7_000)];
    for pattern in HOSTILE {
        let Ok(read) = Own::read(&json!({ "recognisers": [{ "name": "own", "pattern": pattern }] })) else {
            continue;
        };
        let protector = HOUSE.with(&read);
        for text in &texts {
            let began = Instant::now();
            protector.redact(Border::Log, text);
            let took = began.elapsed();
            println!("{pattern} on {}…: {took:?}", &text[..4]);
            assert!(took < Duration::from_secs(5), "{pattern}: {took:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_table_makes_reading_stumble(
        pattern in "[a-c.*+?()|\\[\\]{},0-9\\\\dwsb^$-]{0,40}",
        words in prop::collection::vec("\\PC{0,12}", 0..5),
        name in "[a-zA-Z_]{0,6}",
        text in "\\PC{0,400}",
    ) {
        let value = json!({ name.as_str(): { "default": name }, "recognisers": [
            { "name": name, "pattern": pattern }, { "name": "list", "words": words, "near": words },
        ]});
        drop(Own::read(&value));
        for one in value["recognisers"].as_array().unwrap() {
            if let Ok(own) = Own::read(&json!({ "recognisers": [one] })) {
                let protector = HOUSE.with(&own);
                let mut vault = Vault::new();
                if let Ok(shown) = protector.protect(Border::Model, &text, &mut vault) {
                    // A workspace's own are replaced as all others are.
                    let names_alone = HOUSE.redact(Border::Model, &text) == text;
                    if names_alone {
                        prop_assert_eq!(vault.restore(&shown).value, text.clone());
                    }
                }
                protector.redact(Border::Log, &text);
                drop(protector.clean(Border::Index, &text));
            }
        }
    }
}

proptest! {
    #[test]
    fn what_records_are_named_and_bound_by_is_no_personal_data(id in any::<u128>(), print in any::<[u128; 2]>(), seq in any::<u32>()) {
        let hex = format!("{id:032x}");
        let id = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        let digest = format!("sha256:{:032x}{:032x}", print[0], print[1]);
        let value = json!({
            "id": id, "run_id": id, "subject": format!("{id} opened"), "digest": digest, "previous": digest,
            "at": "2026-11-22T07:28:38.123456Z", "seq": seq, "actor": { "kind": "user", "user_id": id },
            "agent": "resolution", "name": "shop__refund_order", "tool": "reply_to_customer", "from": "taking",
        });
        prop_assert_eq!(HOUSE.redact_json(Border::Export, &value), value);
    }
}
