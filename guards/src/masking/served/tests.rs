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

proptest! {
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
