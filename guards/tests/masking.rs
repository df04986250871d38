//! What crosses a border, and what of it can be undone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::{Arc, LazyLock};

use guards::{
    masking::{
        Border, Error, MAX_ENTRIES, OwnNames, Protector, Rules, StreamRestorer, Treatment, Vault, mask,
    },
    pii::{Custom, Detector, Finding, Kind, Matcher, Settings, Validator},
};
use proptest::prelude::*;
use serde_json::json;

static DETECTOR: LazyLock<Arc<Detector>> =
    LazyLock::new(|| Arc::new(Detector::new(Settings::default()).unwrap()));
static STANDARD: LazyLock<Protector> =
    LazyLock::new(|| Protector::new(DETECTOR.clone(), Rules::default()).unwrap());
static ALL: LazyLock<Protector> =
    LazyLock::new(|| Protector::new(DETECTOR.clone(), Rules::all(Treatment::Placeholder)).unwrap());

fn protect(text: &str, vault: &mut Vault) -> String {
    STANDARD.protect(Border::Model, text, vault).unwrap()
}

#[test]
fn a_model_reads_placeholders_and_names_and_its_answer_has_the_values() {
    let mut vault = Vault::new();
    let text = "Hi, I am Jane Doe, jane@example.com, card 4242 4242 4242 4242, order NF-10482. Call +1 202 555 0147.";
    let told = protect(text, &mut vault);
    assert_eq!(told, "Hi, I am Jane Doe, <EMAIL_1>, card <PAYMENT_CARD_1>, order NF-10482. Call <PHONE_1>.");
    assert_eq!(vault.restore(&told).value, text);
    let answer = vault.restore("Dear Jane, we wrote to <EMAIL_1>, not to <EMAIL_7>, <email_1> or <EMAIL_7>.");
    assert_eq!(
        answer.value,
        "Dear Jane, we wrote to jane@example.com, not to <EMAIL_7>, <email_1> or <EMAIL_7>."
    );
    assert_eq!(answer.unknown, ["<EMAIL_7>", "<email_1>"]);
}

#[test]
fn one_value_has_one_number_and_each_spelling_is_undone_as_it_was() {
    let mut vault = Vault::new();
    let text = "jane@example.com Jane@Example.com jane@example.com joe@example.com, cards 4242424242424242 and 4242-4242-4242-4242";
    let told = protect(text, &mut vault);
    assert_eq!(
        told,
        "<EMAIL_1> <EMAIL_1.2> <EMAIL_1> <EMAIL_2>, cards <PAYMENT_CARD_1> and <PAYMENT_CARD_1.2>"
    );
    assert_eq!(vault.restore(&told).value, text);
    assert_eq!(protect("JANE@example.com", &mut vault), "<EMAIL_1.3>");
}

#[test]
fn a_placeholder_that_a_customer_types_reaches_nothing() {
    let mut vault = Vault::new();
    protect("jane@example.com", &mut vault);
    let text = "Write to <EMAIL_1>, <email_1>, <EMAIL_9>, <LITERAL_1> and <<EMAIL_1>_1>.";
    let told = protect(text, &mut vault);
    assert_eq!(told, "Write to <LITERAL_1>, <LITERAL_2>, <LITERAL_3>, <LITERAL_4> and <<LITERAL_1>_1>.");
    let back = vault.restore(&told);
    assert_eq!((back.value.as_str(), back.unknown.len()), (text, 0));
}

#[test]
fn what_must_not_cross_is_named_by_its_kind_and_leaves_no_trace() {
    let mut rules = Rules::default();
    rules.model.kinds.insert("iban".into(), Treatment::Block);
    rules.model.kinds.insert("payment_card".into(), Treatment::Block);
    let protector = Protector::new(DETECTOR.clone(), rules).unwrap();
    let mut vault = Vault::new();
    let text = "jane@example.com pays from DE89370400440532013000 or 4242424242424242";
    let error = protector.protect(Border::Model, text, &mut vault).unwrap_err();
    assert_eq!(
        error,
        Error::Blocked { border: Border::Model, kinds: vec!["iban".into(), "payment_card".into()] }
    );
    assert!(error.to_string().contains("iban, payment_card") && !error.to_string().contains("DE89"));
    assert_eq!(vault, Vault::new());
    let value = json!({"a": "jane@example.com", "z": {"deep": ["DE89370400440532013000"]}});
    let error = protector.protect_json(Border::Model, &value, &mut vault).unwrap_err();
    assert_eq!(error, Error::Blocked { border: Border::Model, kinds: vec!["iban".into()] });
    assert_eq!(vault, Vault::new());
}

#[test]
fn each_border_has_rules_that_make_sense() {
    let key = format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dc");
    let text = "Jane Doe, jane@example.com, card 4242424242424242";
    let clean = |border, text: &str| STANDARD.clean(border, text).map(String::from);
    assert_eq!(clean(Border::Log, text).unwrap(), "J. D., j•••@e•••.com, card •••• 4242");
    assert_eq!(clean(Border::Export, text).unwrap(), "J. D., j•••@e•••.com, card •••• 4242");
    let secret = format!("the api key is {key}");
    for border in [Border::Index, Border::Customer] {
        assert_eq!(clean(border, text).unwrap(), "Jane Doe, jane@example.com, card •••• 4242");
    }
    let error = clean(Border::Customer, &secret).unwrap_err();
    assert_eq!(error, Error::Blocked { border: Border::Customer, kinds: vec!["api_key".into()] });
    for border in [Border::Index, Border::Log, Border::Export] {
        assert_eq!(clean(border, &secret).unwrap(), "the api key is [api key]");
    }
    assert_eq!(clean(Border::Model, text).unwrap(), "Jane Doe, [email], card [payment card]");
    // A kind of the user's own is treated with care where nothing is said about it.
    for border in Border::ALL {
        assert_ne!(Rules::default().treatment(border, "badge"), Treatment::Allow);
    }
}

fn own(names: &[&str]) -> Arc<OwnNames> {
    Arc::new(OwnNames::new(&DETECTOR, names.iter().copied()))
}

#[test]
fn what_a_workspace_is_called_is_nobodys_name_and_people_stay_masked() {
    let house = Protector::new(DETECTOR.clone(), Rules::all(Treatment::Mask)).unwrap();
    let desk = house.called(own(&["Northfold Outdoor", "northfold"]));
    let signed = "Here you are.\n\nKind regards\nNorthfold Outdoor customer service";
    assert_ne!(house.redact(Border::Export, signed), signed);
    for (text, shown) in [
        (signed, signed),
        ("Dear Northfold,\nI am Jane Doe!", "Dear Northfold,\nI am J. D.!"),
        ("Thanks, Northfold Outdoor! Anna Northfold", "Thanks, Northfold Outdoor! A. N."),
        ("Dear Mr Northfold, it is here.", "Dear Mr N., it is here."),
    ] {
        assert_eq!(desk.redact(Border::Export, text), shown);
    }
    let record = json!({ "name": "Northfold Outdoor", "contact": { "name": "Zyxandra Quorlitz" } });
    let shown = desk.redact_json(Border::Export, &record);
    assert_eq!(shown, json!({ "name": "Northfold Outdoor", "contact": { "name": "Z. Q." } }));
}

#[test]
fn a_workspace_that_is_called_like_a_person_stays_masked() {
    for name in ["Anna Schneider", "Anna Outdoor", "Schneider", "", " - "] {
        assert!(own(&[name]).is_empty(), "{name}");
    }
    assert!(!own(&["Schneider Zyxwear"]).is_empty());
}

#[test]
fn what_is_nobodys_name_to_one_workspace_may_be_somebodys_to_another() {
    let desk = ALL.called(own(&["Northfold Outdoor"]));
    let text = r#"{"name":"Northfold Outdoor"}"#;
    let mut vault = Vault::new();
    assert_eq!(desk.protect_result(Border::Model, text, &mut vault).unwrap(), text);
    assert_ne!(ALL.protect_result(Border::Model, text, &mut vault).unwrap(), text);
    // What is kept for good is treated anew, where names are treated at all.
    assert_ne!(desk.print(Border::Index), ALL.print(Border::Index));
    let standard = STANDARD.called(own(&["Northfold Outdoor"]));
    assert_eq!(standard.print(Border::Index), STANDARD.print(Border::Index));
}

#[test]
fn misspelt_kinds_are_refused() {
    let refuse = |name: &str| {
        let mut rules = Rules::default();
        rules.index.kinds.insert(name.into(), Treatment::Mask);
        Protector::new(DETECTOR.clone(), rules).err().map(|error| error.to_string())
    };
    assert_eq!(refuse("iban"), None);
    assert!(refuse("emial").unwrap().contains("did you mean `email`?"));
    assert!(refuse("shoe_size").unwrap().contains("email, phone"));
    assert!(refuse("badge").is_some());
    let own = Custom {
        name: "badge".into(),
        kind: "badge".into(),
        matcher: Matcher::Pattern(r"\bB-\d{4}\b".into()),
        score: 0.8,
        near: Vec::new(),
    };
    let own = Arc::new(Detector::new(Settings { custom: vec![own], ..Settings::default() }).unwrap());
    let mut rules = Rules::default();
    rules.log.kinds.insert("badge".into(), Treatment::Allow);
    let protector = Protector::new(own, rules).unwrap();
    assert_eq!(protector.clean(Border::Log, "it is B-1234").unwrap(), "it is B-1234");
    assert_eq!(protector.clean(Border::Export, "it is B-1234").unwrap(), "it is [badge]");
    let mut vault = Vault::new();
    assert_eq!(protector.protect(Border::Model, "it is B-1234", &mut vault).unwrap(), "it is <BADGE_1>");
}

#[test]
fn json_is_treated_in_all_its_strings_and_by_the_names_beside_them() {
    let mut vault = Vault::new();
    let value = json!({
        "zeta": "ann@example.com",
        "alpha": ["bob@example.com", 4242424242424242u64, null, true],
        "carl@example.com": {"socialSecurityNumber": "078051120", "order": "078051120", "password": "hunter22"},
    });
    let told = STANDARD.protect_json(Border::Model, &value, &mut vault).unwrap();
    assert_eq!(
        told,
        json!({
            "zeta": "<EMAIL_3>",
            "alpha": ["<EMAIL_1>", 4242424242424242u64, null, true],
            "<EMAIL_2>": {"socialSecurityNumber": "<US_SSN_1>", "order": "078051120", "password": "<PASSWORD_1>"},
        })
    );
    let back = vault.restore_json(&told);
    assert_eq!((back.value, back.unknown.len()), (value, 0));
    let made_up = vault.restore_json(&json!({"to": ["<EMAIL_2>", "<EMAIL_8>"], "<PHONE_1>": 1}));
    assert_eq!(made_up.value, json!({"to": ["carl@example.com", "<EMAIL_8>"], "<PHONE_1>": 1}));
    assert_eq!(made_up.unknown, ["<PHONE_1>", "<EMAIL_8>"]);
}

#[test]
fn members_that_would_get_one_name_stay_apart() {
    let mut vault = Vault::new();
    protect("bob@example.com", &mut vault);
    let back = vault.restore_json(&json!({"<EMAIL_1>": 1, "bob@example.com": 2}));
    assert_eq!(back.value, json!({"<EMAIL_1>": 1, "bob@example.com": 2}));
    assert_eq!(back.unknown, ["<EMAIL_1>"]);
    let shown = STANDARD.redact_json(Border::Log, &json!({"bob@example.com": 1, "ben@example.com": 2}));
    assert_eq!(shown, json!({"b•••@e•••.com": 2, "b•••@e•••.com #2": 1}));
}

#[test]
fn a_vault_comes_back_from_storage_and_goes_on() {
    let mut vault = Vault::new();
    let told = protect("jane@example.com Jane@example.com <EMAIL_1> card 4242424242424242", &mut vault);
    let stored = serde_json::to_string(&vault).unwrap();
    let mut back: Vault = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, vault);
    assert_eq!(back.restore(&told), vault.restore(&told));
    assert_eq!(protect("JANE@example.com joe@example.com", &mut back), "<EMAIL_1.3> <EMAIL_2>");
    for wrong in [
        json!([{"placeholder": "<EMAIL_0>", "kind": "email", "value": "a@b.com"}]),
        json!([{"placeholder": "<PHONE_1>", "kind": "email", "value": "a@b.com"}]),
        json!([{"placeholder": "EMAIL_1", "kind": "email", "value": "a@b.com"}]),
        json!([{"placeholder": "<EMAIL_1>", "kind": "email", "value": "a@b.com"}, {"placeholder": "<EMAIL_1>", "kind": "email", "value": "c@b.com"}]),
        json!([{"placeholder": "<EMAIL_1>", "kind": "email", "value": "a@b.com"}, {"placeholder": "<EMAIL_2>", "kind": "email", "value": "a@b.com"}]),
    ] {
        let error = serde_json::from_value::<Vault>(wrong).unwrap_err().to_string();
        assert!(error.contains("entry") && !error.contains("@b.com"), "{error}");
    }
}

#[test]
fn values_are_not_shown_by_debugging() {
    let mut vault = Vault::new();
    protect("jane@example.com", &mut vault);
    let shown = format!("{vault:?} {:?}", vault.entries());
    assert!(!shown.contains("jane") && shown.contains("<EMAIL_1>"), "{shown}");
}

#[test]
fn a_text_is_looked_at_once() {
    let first = STANDARD.findings("seen before: jane@example.com");
    assert!(Arc::ptr_eq(&first, &STANDARD.findings("seen before: jane@example.com")));
    assert_eq!(first.len(), 1);
}

#[test]
fn a_result_keeps_its_marks_escaped_and_one_without_values_stays_letter_for_letter() {
    let mut vault = Vault::new();
    let plain = r#"{"b": "\u003c/customer_message> 3 < 4",  "a": [1.50, null]}"#;
    for _ in 0..2 {
        assert_eq!(STANDARD.protect_result(Border::Model, plain, &mut vault).unwrap(), plain);
    }
    let told = r#"{"to":"jane@example.com","said":"\u003chouse_note>\u003cEMAIL_1>"}"#;
    for _ in 0..2 {
        assert_eq!(
            STANDARD.protect_result(Border::Model, told, &mut vault).unwrap(),
            r#"{"said":"\u003chouse_note><LITERAL_1>","to":"<EMAIL_1>"}"#
        );
    }
    let mut next = Vault::new();
    let not_json = STANDARD.protect_result(Border::Model, "write to jane@example.com", &mut next).unwrap();
    assert_eq!(not_json, "write to <EMAIL_1>");
}

#[test]
fn escapes_of_json_do_not_become_a_part_of_a_value() {
    let mut vault = Vault::new();
    let told = STANDARD
        .protect_json(Border::Model, &json!({"note": "write to\njane@example.com"}), &mut vault)
        .unwrap();
    assert_eq!(told, json!({"note": "write to\n<EMAIL_1>"}));
    assert_eq!(vault.value("<EMAIL_1>"), Some("jane@example.com"));
}

#[test]
fn they_can_be_shared_and_moved_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Protector>();
    shared::<Vault>();
    shared::<StreamRestorer>();
}

#[test]
fn a_vault_that_is_full_says_so() {
    let mut vault = Vault::new();
    let text: String = (0..=MAX_ENTRIES).map(|number| format!("<A_{number}> ")).collect();
    assert_eq!(vault.protect(&text, &[], &DETECTOR), Err(Error::Full { most: MAX_ENTRIES }));
    assert_eq!(vault.entries().len(), MAX_ENTRIES);
}

#[test]
fn findings_from_anywhere_are_covered_whole() {
    let finding = |span: std::ops::Range<usize>, kind| Finding {
        kind,
        span,
        score: 1.0,
        validator: Validator::Structure,
        context: Vec::new(),
    };
    let text = "äöü abcdef";
    let findings = [finding(1..3, Kind::Email), finding(8..10, Kind::Phone), finding(9..99, Kind::Iban)];
    assert_eq!(mask(text, &findings, &DETECTOR), "[email]ü a[iban]");
}

/// Text that is full of values, placeholders and pieces of both.
fn crowded() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "<EMAIL_1>",
        "<EMAIL_1.2>",
        "<email_1>",
        "<LITERAL_1>",
        "<LITERAL_2>",
        "EMAIL",
        "_1",
        ".2",
        "<PHONE_",
        "1>",
        "<EMAIL_",
        "jane@example.com",
        "Jane@Example.com",
        "joe@example.org",
        " ",
        "\n",
        "é",
        "漢",
        "\u{200B}",
        "4242 4242 4242 4242",
        "4242424242424242",
        "+1 202 555 0147",
        "card ",
        "Jane Doe",
        "DE89370400440532013000",
        "password: hunter22",
        "<A_1",
        "_",
        "12 Main Street, Springfield, IL 62704",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A text in pieces.
fn pieces(text: &str, cuts: &[prop::sample::Index]) -> Vec<String> {
    let mut places: Vec<_> =
        cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
    places.extend([0, text.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
}

fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..12)
}

fn any_findings() -> impl Strategy<Value = Vec<Finding>> {
    let kind = prop::sample::select(vec![Kind::Email, Kind::Phone, Kind::Password, Kind::PersonName]);
    let one = (0usize..200, 0usize..40, kind).prop_map(|(start, length, kind)| Finding {
        kind,
        span: start..start + length,
        score: 0.9,
        validator: Validator::Structure,
        context: Vec::new(),
    });
    prop::collection::vec(one, 0..10)
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let text = prop_oneof![crowded(), any::<String>()];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(serde_json::Value::from),
        text.prop_map(serde_json::Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((crowded(), inner), 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn undoing_gives_back_any_text_whatever_the_vault_had(before in crowded(), text in crowded(), other in any::<String>()) {
        let mut vault = Vault::new();
        for text in [before, text, other] {
            let told = ALL.protect(Border::Model, &text, &mut vault).unwrap();
            let back = vault.restore(&told);
            prop_assert_eq!(&back.value, &text);
            prop_assert!(back.unknown.is_empty());
        }
    }

    #[test]
    fn undoing_gives_back_any_text_with_any_findings(text in crowded(), findings in any_findings()) {
        let mut vault = Vault::new();
        let told = vault.protect(&text, &findings, &DETECTOR).unwrap();
        let back = vault.restore(&told);
        prop_assert_eq!(&back.value, &text);
        prop_assert!(back.unknown.is_empty());
    }

    #[test]
    fn what_is_protected_has_none_of_the_values(text in crowded()) {
        let mut vault = Vault::new();
        let told = ALL.protect(Border::Model, &text, &mut vault).unwrap();
        for finding in DETECTOR.detect(&text) {
            prop_assert!(vault.entries().iter().any(|entry| entry.value.contains(&text[finding.span.clone()])));
        }
        if !DETECTOR.detect(&text).is_empty() {
            prop_assert_ne!(told, text);
        }
    }

    #[test]
    fn a_longer_journal_gives_its_beginning_the_same_placeholders(texts in prop::collection::vec(crowded(), 1..5)) {
        let (mut short, mut long) = (Vault::new(), Vault::new());
        let first: Vec<_> = texts[..texts.len() - 1].iter().map(|text| protect(text, &mut short)).collect();
        let all: Vec<_> = texts.iter().map(|text| protect(text, &mut long)).collect();
        prop_assert_eq!(&all[..first.len()], &first[..]);
        prop_assert_eq!(&long.entries()[..short.entries().len()], short.entries());
    }

    #[test]
    fn undoing_gives_back_any_json(value in json_value()) {
        let mut vault = Vault::new();
        let told = ALL.protect_json(Border::Model, &value, &mut vault).unwrap();
        let back = vault.restore_json(&told);
        prop_assert_eq!(&back.value, &value);
        prop_assert!(back.unknown.is_empty());
        let mut vault = Vault::new();
        for _ in 0..2 {
            let told = ALL.protect_result(Border::Model, &value.to_string(), &mut vault).unwrap();
            let back = vault.restore_json(&serde_json::from_str(&told).unwrap());
            prop_assert_eq!(&back.value, &value);
            prop_assert!(back.unknown.is_empty());
        }
    }

    #[test]
    fn a_stream_is_undone_like_the_whole(text in crowded(), more in crowded(), cuts in cuts()) {
        let mut vault = Vault::new();
        let told = format!("{}{more}", ALL.protect(Border::Model, &text, &mut vault).unwrap());
        let whole = vault.restore(&told);
        let mut stream = StreamRestorer::new(Arc::new(vault));
        let mut got = String::new();
        for piece in pieces(&told, &cuts) {
            got += &stream.push(&piece);
        }
        got += &stream.finish();
        prop_assert_eq!(got, whole.value);
        prop_assert_eq!(stream.unknown(), &whole.unknown[..]);
    }

    #[test]
    fn any_text_is_masked_without_a_panic(text in any::<String>(), findings in any_findings()) {
        mask(&text, &findings, &DETECTOR);
    }
}
