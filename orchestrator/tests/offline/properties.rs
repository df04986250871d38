//! What holds for every text.

use agents::answer::Answer;
use domain::model::{ModelError, Turn};
use proptest::prelude::*;
use serde_json::json;

use crate::stage::{Chat, complete};

#[test]
fn a_step_that_wants_no_answer_is_refused() {
    let mut request = Chat::new().request();
    request.output_schema = None;
    assert!(matches!(complete(&request), Err(ModelError::Refused(_))));
}

#[test]
fn very_long_messages_are_answered_in_bounded_time() {
    let started = tokio::time::Instant::now();
    for text in
        ["refund ".repeat(40_000), "a".repeat(300_000), "? ".repeat(100_000), "| a | b |\n".repeat(20_000)]
    {
        Chat::new().say(&text);
    }
    assert!(started.elapsed().as_secs() < 30);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_conversation_gets_the_same_valid_reply_twice(
        turns in proptest::collection::vec((any::<bool>(), "\\PC{0,200}|(refund|cancel|NF-|my|order|[0-9]{1,6}|\\?|\\.|€| |how|long|é|\\{slot\\.x\\}|\\[1\\]){0,30}"), 0..5),
        passage in "(#|\\||-|[0-9]\\.|\\n| |`|\\*|[a-z]{1,8}|\\PC){0,80}",
        customer in proptest::option::of("\\PC{0,40}"),
    ) {
        let mut chat = Chat::new();
        chat.turns = turns.into_iter().map(|(from_customer, text)| Turn { from_customer, text }).collect();
        chat.customer = customer.map(|name| json!({ "name": name, "email": "x@y.example" }));
        let mut request = chat.request();
        if let Some(mut other) = crate::stage::search("refund").into_iter().next() {
            other.text = passage;
            request.facts.passages.push(other);
        }
        let first = complete(&request).unwrap();
        prop_assert_eq!(&first, &complete(&request).unwrap());
        match &first.text {
            Some(text) => prop_assert!(Answer::parse(text).is_ok(), "{}", text),
            None => prop_assert!(!first.tool_calls.is_empty()),
        }
    }
}
