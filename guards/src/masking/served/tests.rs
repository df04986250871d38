//! What people are served who see masks.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::pii::Settings;

static SERVED: LazyLock<Served> =
    LazyLock::new(|| served(&["http://192.0.2.7:8080", "help@northfold.example"]));

fn served(own: &[&str]) -> Served {
    let detector = Arc::new(Detector::new(Settings::default()).unwrap());
    Served::new(detector, own.iter().map(ToString::to_string).collect()).unwrap()
}

fn masked(mut value: Value) -> Value {
    SERVED.mask(&mut value, &[]);
    value
}

#[test]
fn a_message_says_where_its_masks_stand_in_characters() {
    let body = "Grüße 🙂 von Zyxwvut, jane@example.com";
    let value = masked(json!({
        "id": "019ab0f4-7c4e-7000-8000-000000000001",
        "author": { "kind": "customer", "contact_id": null, "name": "Zyxwvut Qarb" },
        "visibility": "public",
        "body": body,
        "at": "2026-11-22T07:28:36.123456Z",
    }));
    assert_eq!(value["body"], "Grüße 🙂 von Z., j•••@e•••.com");
    assert_eq!(value["author"]["name"], "Z. Q.");
    assert_eq!(
        value["findings"],
        json!([
            { "kind": "person_name", "start": 12, "end": 14 },
            { "kind": "email", "start": 16, "end": 29 },
        ])
    );
}

#[test]
fn the_services_own_addresses_are_nobodys() {
    let own = json!({
        "public_url": "http://192.0.2.7:8080",
        "address": "help@northfold.example",
        "snippet": "<script src=\"http://192.0.2.7:8080/widget.js\"></script>",
    });
    assert_eq!(masked(own.clone()), own);
    let text = "http://192.0.2.7:8080 to help@northfold.example";
    assert_eq!((SERVED.text(text).as_str(), SERVED.find(text)), (text, Vec::new()));
    assert_ne!(served(&[]).text(text), text);
    // What only begins or ends like them is somebody else's.
    for other in ["ip address 192.0.2.7", "server http://192.0.2.70:8080", "jane.help@northfold.example"] {
        assert_ne!(SERVED.text(other), other);
    }
}

#[test]
fn an_approval_says_where_by_pointer() {
    let value = masked(json!({
        "approval": { "binding": { "call": { "args": { "to": ["jane@example.com"], "n": 1 } } } },
        "findings": [],
    }));
    let found = json!([{ "at": "/binding/call/args/to/0", "kind": "email", "start": 0, "end": 13 }]);
    assert_eq!(value["findings"], found);
    let found = SERVED.find_in(&json!({ "to": "x jane@example.com" }));
    assert_eq!(found, [Spotted { at: "/to".to_owned(), kind: "email".to_owned(), span: 2..18 }]);
}

#[test]
fn sentences_of_an_approval_stay_where_they_were_when_what_stands_before_them_is_masked() {
    let body = "Grüße 🙂 an jane@example.com. Bis morgen.";
    let sentence = |start: usize, end: usize| json!({ "start": start, "end": end });
    let value = masked(json!({
        "approval": { "preview": { "body": body } },
        "findings": [],
        "footing": { "sentences": [sentence(0, 28), sentence(29, 40), sentence(15, 20)] },
    }));
    let shown: Vec<char> = value["approval"]["preview"]["body"].as_str().unwrap().chars().collect();
    let told = |at: usize| -> String {
        let place = |name: &str| value["footing"]["sentences"][at][name].as_u64().unwrap() as usize;
        shown[place("start")..place("end")].iter().collect()
    };
    assert_eq!(told(0), "Grüße 🙂 an j•••@e•••.com.");
    assert_eq!(told(1), "Bis morgen.");
    assert_eq!(told(2), "j•••@e•••.com", "what begins and ends within a mask is the mask");
}

#[test]
fn values_hide_in_numbers_names_of_members_and_json_that_is_text() {
    let value = masked(json!({
        "card": 4242424242424242_u64,
        "count": 12,
        "jane@example.com": 1,
        "content": "{\"to\":\"line\\njane@example.com\"}",
    }));
    let text = value.to_string();
    assert!(!text.contains("jane") && !text.contains("424242"), "{text}");
    assert_eq!(value["count"], 12);
    assert_eq!(value["card"], "•••• 4242");
    assert_eq!(value["content"], "{\"to\":\"line\\nj•••@e•••.com\"}");
}

#[test]
fn colleagues_keep_their_names_and_marks_stay_whole() {
    let value = json!({
        "actor": { "kind": "user", "user_id": "019ab0f4-7c4e-7000-8000-000000000001", "name": "Jane Doe" },
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "next_cursor": "MTc2MzgwMTI3MTIzNDU2N34wMTlhYjBmNC03YzRlLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE",
        "at": "2026-11-22T07:28:36.123456Z",
        "tool": "reply_to_customer",
        "agent": "resolution",
        "position": 1_234_567_890,
        "author": { "kind": "customer", "contact_id": null, "name": "Visitor" },
        "text": "{ \"kind\": \"handoff\" }",
    });
    assert_eq!(masked(value.clone()), value);
}

#[test]
fn colleagues_are_known_by_the_shapes_of_the_api_alone() {
    let id = "019ab0f4-7c4e-7000-8000-000000000001";
    let people = json!([
        { "id": id, "name": "Jane Doe", "role": "agent" },
        { "user_id": id, "name": "Jane Doe", "doing": "views" },
        { "approval_id": id, "user_id": id, "name": "Jane Doe", "until": "2026-11-22T07:28:36.123456Z" },
    ]);
    assert_eq!(masked(people.clone()), people);
    let record = masked(json!({ "id": id, "name": "Jane Doe", "role": "buyer", "city": "Graz" }));
    assert_eq!(record["name"], "J. D.");
    let mut same = json!({ "id": id, "name": "Jane Doe", "role": "agent" });
    SERVED.mask(&mut same, &["Jane Doe".to_owned()]);
    assert_eq!(same["name"], "J. D.");
}

#[test]
fn names_that_are_known_from_elsewhere_are_masked() {
    let mut value = json!({ "outcome": "No article answers Zyxwvut." });
    SERVED.mask(&mut value, &["Zyxwvut Qarb".to_owned()]);
    assert_eq!(value["outcome"], "No article answers Z..");
}

/// A text that is served where these are customers' names.
fn served_beside(names: &[&str], text: &str) -> String {
    let mut value = json!({ "text": text });
    SERVED.mask(&mut value, &names.iter().map(ToString::to_string).collect::<Vec<_>>());
    value["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_known_name_is_masked_in_any_case_of_letters_and_so_are_its_parts() {
    for (name, text, shown) in [
        ("Zyxandra Quorlitz", "it is zyxandra quorlitz again", "it is Z. Q. again"),
        ("Zyxandra Quorlitz", "it is ZYXANDRA QUORLITZ again", "it is Z. Q. again"),
        ("Zyxandra Quorlitz", "we asked quorlitz", "we asked Q."),
        ("zyxandra quorlitz", "we asked Zyxandra, and QUORLITZ too", "we asked Z., and Q. too"),
        ("Quorlitz, Zyxandra", "we asked zyxandra or quorlitz", "we asked Z. or Q."),
        ("Zyxoë Ümqarb", "we asked ZYXOË, zyxoë, ÜMQARB and ümqarb", "we asked Z., Z., U. and U."),
        ("zyxoë ümqarb", "we asked Zyxoë Ümqarb", "we asked Z. U."),
        ("Zyxandra Quorlitz", "we quorlitzed the zyxandras", "we quorlitzed the zyxandras"),
    ] {
        assert_eq!(served_beside(&[name], text), shown, "{name}");
    }
}

#[test]
fn an_ordinary_word_in_small_letters_is_nobodys_name_whoever_is_called_so() {
    for (name, text, shown) in [
        ("Rose May", "prices rose, may we ask", "prices rose, may we ask"),
        ("Rose May", "we asked May and ROSE", "we asked M. and R."),
        ("Rose May", "we asked rose may", "we asked R. M."),
        ("Will", "what will we ask", "what will we ask"),
        ("zyxandra the quorlitz", "The zyxandra we asked", "The Z. we asked"),
    ] {
        assert_eq!(served_beside(&[name], text), shown, "{name}");
    }
}

#[test]
fn a_name_is_masked_where_a_longer_one_would_end_within_a_word() {
    assert_eq!(served_beside(&["Zyx Qua"], "we asked Zyx Quarb"), "we asked Z. Quarb");
}

#[test]
fn a_single_word_is_a_name_where_somebody_wrote_it_and_the_services_own_elsewhere() {
    let mut value = json!({ "body": "quorlitz", "tags": ["quorlitz", "refund"], "status": "quorlitz" });
    SERVED.mask(&mut value, &["Zyxandra Quorlitz".to_owned()]);
    let shown = json!({ "body": "Q.", "tags": ["Q.", "refund"], "status": "quorlitz" });
    assert_eq!(value, shown);
}

#[test]
fn no_name_is_left_out_where_there_are_many_and_beyond_a_number_every_text_is_masked() {
    let names: Vec<String> = (0..5_000).map(|number| format!("Zyx{number} Qarb{number}")).collect();
    let answer = json!({ "text": "Qarb3999 asks again", "status": "open" });
    let mut many = answer.clone();
    SERVED.mask(&mut many, &names[..4_000]);
    assert_eq!(many, json!({ "text": "Q. asks again", "status": "open" }));
    let mut more = answer;
    SERVED.mask(&mut more, &names);
    assert_eq!(more, json!({ "text": "Q. A. A.", "status": "open" }));
}

proptest! {
    #[test]
    fn a_known_name_is_masked_however_its_letters_are_written(large in proptest::collection::vec(any::<bool>(), 17)) {
        let letter = |(char, large): (char, &bool)| if *large { char.to_ascii_uppercase() } else { char };
        let written: String = "zyxandra quorlitz".chars().zip(&large).map(letter).collect();
        prop_assert_eq!(served_beside(&["Zyxandra Quorlitz"], &format!("we asked {written}")), "we asked Z. Q.");
    }

    #[test]
    fn no_planted_value_is_served_however_deep_it_stands(
        path in proptest::collection::vec("[a-z]{1,8}", 0..6),
        before in "[ a-z]{0,20}",
        list in any::<bool>(),
    ) {
        let text = format!("{before} jane.roe@example.com and 4242 4242 4242 4242");
        let mut value = Value::String(text);
        for name in &path {
            value = if list { json!([value]) } else { json!({ name: value }) };
        }
        let out = masked(value).to_string();
        prop_assert!(!out.contains("jane.roe") && !out.contains("4242 4242"), "{}", out);
    }

    #[test]
    fn what_is_masked_is_masked_already(words in "[ -~]{0,60}") {
        let once = masked(json!({ "body": format!("{words} jane@example.com, Jane Doe, 4242 4242 4242 4242") }));
        let text = masked(once).to_string();
        prop_assert!(!text.contains("jane@") && !text.contains("4242 4242"));
    }
}
