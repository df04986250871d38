//! Requests that procedures fulfil.

use agents::answer::Kind;
use domain::tool::ToolCall;
use serde_json::{Value, json};

use crate::stage::{Chat, order};

fn tools(chat: &Chat) -> Vec<&str> {
    chat.calls.iter().map(|call| call.tool.as_str()).collect()
}

#[test]
fn a_refund_is_looked_up_proposed_and_reported() {
    let mut chat = Chat::new();
    let answer = chat.say("I want my money back for NF-10482, the tent is too heavy for me.");
    assert_eq!(tools(&chat), ["shop__get_order", "shop__refund_order"]);
    assert_eq!(
        chat.proposals()[0].args,
        json!({ "order_number": "NF-10482", "amount_cents": 34900, "reason": "I want my money back for NF-10482, the tent is too heavy for me." })
    );
    assert_eq!((answer.kind, answer.resolved), (Kind::Answer, true));
    assert!(answer.reply.contains("I have refunded 349.00 EUR for order NF-10482."), "{}", answer.reply);
}

#[test]
fn requests_are_recognised_however_they_are_worded() {
    for (message, tool) in [
        ("Refund NF-10482 please", "shop__refund_order"),
        ("Can I get a refund for NF-10482?", "shop__refund_order"),
        ("give me my money back! order 10482", "shop__refund_order"),
        ("please cancel my order NF-10500", "shop__cancel_order"),
        ("cancle order #10500 pls", "shop__cancel_order"),
        ("hi, i would like to cancel NF-10500. ordered twice", "shop__cancel_order"),
        ("I forgot my password", "shop__send_password_reset"),
        ("could you send me a password reset link", "shop__send_password_reset"),
        (
            "My order NF-10500 goes to the wrong address. It should go to Weinbergweg 27, 8010 Graz, Austria",
            "shop__change_address",
        ),
    ] {
        let mut chat = Chat::new();
        let answer = chat.say(message);
        let proposed: Vec<&str> = chat.proposals().iter().map(|call| call.tool.as_str()).collect();
        assert_eq!(proposed, [tool], "{message}: {answer:?}");
        assert_eq!(answer.kind, Kind::Answer, "{message}: {answer:?}");
    }
    for message in [
        "where is my parcel NF-10501?",
        "When will order NF-10501 be delivered?",
        "My parcel NF-10501 hasn't arrived",
    ] {
        let mut chat = Chat::new();
        let answer = chat.say(message);
        assert_eq!(tools(&chat), ["shop__get_order"], "{message}");
        assert!(
            answer.reply.contains("Kestrel Parcel") && answer.reply.contains("24 November 2026"),
            "{}",
            answer.reply
        );
    }
}

#[test]
fn asking_about_a_thing_does_not_start_it() {
    for message in [
        "How long do refunds take?",
        "What is your refund policy?",
        "How do I cancel my order?",
        "I'd like to know how long a refund takes",
        "Can I change the delivery address after ordering?",
        "please don't cancel my order",
        "I got a refund for my order last week, thanks",
        "please cancel my newsletter subscription",
    ] {
        let mut chat = Chat::new();
        chat.say(message);
        assert!(chat.proposals().is_empty(), "{message}: {:?}", chat.calls);
    }
}

#[test]
fn what_somebody_else_wants_is_not_taken_for_the_customer_s_own_wish() {
    for message in [
        "My brother wants a refund for his order, what does he have to do?",
        "A friend would like to cancel her order.",
        "our old neighbour needs a password reset, how does that work?",
    ] {
        let mut chat = Chat::new();
        chat.say(message);
        assert!(chat.proposals().is_empty(), "{message}: {:?}", chat.calls);
    }
}

#[test]
fn what_is_missing_is_asked_for_and_the_answer_goes_on_with_the_request() {
    let mut chat = Chat::stranger();
    let answer = chat.say("please refund my order");
    assert_eq!(answer.kind, Kind::Ask);
    assert!(answer.reply.contains("What is your order number?"), "{}", answer.reply);
    assert!(answer.reply.contains("Which email address did you use"), "{}", answer.reply);
    let answer = chat.say("10482, mara.lind@post.example");
    assert_eq!(answer.kind, Kind::Answer, "{answer:?}");
    assert_eq!(chat.proposals()[0].args["amount_cents"], 34900);
}

#[test]
fn the_opening_fits_how_the_message_sounds() {
    let opened = |text: &str| Chat::stranger().say(text).reply;
    let reply = opened("please refund my order");
    assert!(reply.starts_with("Happy to help with that. What is your order number?"), "{reply}");
    for message in [
        "My tent arrived broken, please refund my order",
        "I am really disappointed. Please refund my order.",
        "Please refund my order, it does not work!",
    ] {
        let reply = opened(message);
        assert!(
            reply.starts_with("I am sorry for the trouble. What is your order number?"),
            "{message}: {reply}"
        );
    }
}

#[test]
fn sorry_is_said_once_in_a_conversation() {
    let mut chat = Chat::stranger();
    let first = chat.say("My tent arrived broken, please refund my order");
    assert!(first.reply.contains("I am sorry"), "{}", first.reply);
    let second = chat.say("10482, mara.lind@post.example\nThis is really disappointing!");
    assert!(!second.reply.contains("I am sorry"), "{}", second.reply);
}

#[test]
fn what_two_requests_lack_is_asked_once() {
    let mut chat = Chat::stranger();
    let answer = chat.say("Please refund my order. I want to change the delivery address of my order.");
    assert_eq!(answer.kind, Kind::Ask, "{answer:?}");
    for question in ["What is your order number?", "Which email address did you use"] {
        assert_eq!(answer.reply.matches(question).count(), 1, "{}", answer.reply);
    }
}

#[test]
fn everything_that_is_missing_is_asked_at_once() {
    let mut chat = Chat::with_orders(vec![]);
    let answer = chat.say("I want to change the delivery address of my order");
    assert_eq!(answer.kind, Kind::Ask);
    assert!(
        answer.reply.contains("order number") && answer.reply.contains("complete new address"),
        "{}",
        answer.reply
    );
}

#[test]
fn the_only_order_that_fits_is_found_without_its_number() {
    let mut chat = Chat::new();
    let answer = chat.say("I want a refund");
    assert_eq!(tools(&chat), ["shop__list_orders", "shop__get_order", "shop__refund_order"]);
    assert!(answer.reply.contains("NF-10482"));
}

#[test]
fn several_orders_that_fit_are_offered_and_a_word_chooses() {
    let mut chat = Chat::new();
    let answer = chat.say("where is my parcel?");
    assert_eq!(answer.kind, Kind::Ask);
    assert!(
        answer.reply.contains("- NF-10500: Moraine Mid Boot") && answer.reply.contains("- NF-10501"),
        "{}",
        answer.reply
    );
    let answer = chat.say("the stove one");
    assert!(answer.reply.contains("Order NF-10501 is on its way"), "{}", answer.reply);
}

#[test]
fn an_address_keeps_the_order_s_country_when_none_is_named() {
    let mut chat = Chat::new();
    let answer = chat.say("please change my delivery address for NF-10500 to Lange Gasse 5b, 1080 Wien");
    let args = &chat.proposals()[0].args;
    assert_eq!(
        args,
        &json!({ "order_number": "NF-10500", "street": "Lange Gasse 5b", "postcode": "1080", "city": "Wien", "country": "AT" })
    );
    assert!(answer.reply.contains("Lange Gasse 5b, 1080 Wien"), "{}", answer.reply);
}

#[test]
fn an_order_of_somebody_else_is_handed_over_and_nothing_of_it_is_told() {
    let mut foreign = order("NF-20000", "delivered", "Secret Tarp", Some(3));
    foreign["customer_email"] = json!("someone@else.example");
    for message in ["I want my money back for NF-20000", "where is my order NF-20000?"] {
        let mut chat = Chat::with_orders(vec![foreign.clone()]);
        let answer = chat.say(message);
        assert_eq!(answer.kind, Kind::Handoff);
        assert!(chat.proposals().is_empty());
        let told = format!("{} {}", answer.reply, answer.reason);
        for secret in ["Secret", "someone@else", "delivered", "349"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn an_order_without_an_owner_is_not_acted_on() {
    let mut nobody = order("NF-20000", "delivered", "Tarp", Some(3));
    nobody["customer_email"] = Value::Null;
    let mut chat = Chat::with_orders(vec![nobody]);
    assert_eq!(chat.say("refund NF-20000 please").kind, Kind::Handoff);
    assert!(chat.proposals().is_empty());
}

#[test]
fn checks_stop_what_the_shop_would_not_do() {
    let cases = [
        (order("NF-1000", "delivered", "Tent", Some(45)), "I want a refund for NF-1000", "after 30 days"),
        (
            order("NF-1000", "refunded", "Tent", Some(4)),
            "I want a refund for NF-1000",
            "has already been refunded: 349.00 EUR",
        ),
        (
            order("NF-1000", "processing", "Tent", None),
            "I want a refund for NF-1000",
            "has not left our warehouse",
        ),
        (
            order("NF-1000", "delivered", "Tent", Some(4)),
            "I want a refund of 500 EUR for NF-1000",
            "349.00 EUR can be refunded",
        ),
        (order("NF-1000", "shipped", "Tent", None), "please cancel NF-1000", "can no longer be cancelled"),
        (order("NF-1000", "cancelled", "Tent", None), "please cancel NF-1000", "is already cancelled"),
    ];
    for (record, message, words) in cases {
        let mut chat = Chat::with_orders(vec![record]);
        let answer = chat.say(message);
        assert!(answer.reply.contains(words), "{message}: {}", answer.reply);
        assert_eq!((answer.kind, answer.resolved), (Kind::Answer, false));
        assert!(chat.proposals().is_empty());
    }
}

#[test]
fn an_unknown_order_number_is_asked_again_once() {
    let mut chat = Chat::new();
    let answer = chat.say("refund NF-99999");
    assert_eq!(answer.kind, Kind::Ask);
    assert!(answer.reply.contains("could not find order NF-99999"), "{}", answer.reply);
    assert_eq!(chat.say("NF-99998").kind, Kind::Handoff);

    let mut chat = Chat::new();
    chat.say("refund NF-99999");
    let answer = chat.say("sorry, it is NF-10482");
    assert!(answer.reply.contains("refunded 349.00 EUR for order NF-10482"), "{}", answer.reply);
}

#[test]
fn what_a_reviewer_decides_is_told_honestly() {
    fn reject(_: &ToolCall) -> (&'static str, Value) {
        ("rejected", json!({ "reason": "The tent was used outdoors." }))
    }
    fn expire(_: &ToolCall) -> (&'static str, Value) {
        ("expired", Value::Null)
    }
    fn fail(_: &ToolCall) -> (&'static str, Value) {
        ("failed", json!({ "error": "the shop does not answer" }))
    }
    let mut chat = Chat::new();
    chat.reviewer = reject;
    let answer = chat.say("refund NF-10482 please");
    assert_eq!((answer.kind, answer.resolved), (Kind::Answer, false));
    assert!(answer.reply.contains("could not approve it. The tent was used outdoors."), "{}", answer.reply);

    for reviewer in [expire, fail] {
        let mut chat = Chat::new();
        chat.reviewer = reviewer;
        let answer = chat.say("refund NF-10482 please");
        assert_eq!(answer.kind, Kind::Handoff, "{answer:?}");
        assert_eq!(chat.proposals().len(), 1, "it is not tried again");
        assert!(!answer.reply.contains("refunded"), "{}", answer.reply);
    }
}

#[test]
fn a_reviewer_s_message_changes_the_proposal_or_hands_over() {
    fn half(call: &ToolCall) -> (&'static str, Value) {
        match call.args["amount_cents"].as_i64() {
            Some(34900) => {
                ("responded", json!({ "message": "Please offer 174,50 EUR, one pole is missing." }))
            }
            _ => crate::stage::approve(call),
        }
    }
    fn vague(_: &ToolCall) -> (&'static str, Value) {
        ("responded", json!({ "message": "Ask for a photo first." }))
    }
    let mut chat = Chat::new();
    chat.reviewer = half;
    let answer = chat.say("refund NF-10482 please");
    assert_eq!(chat.proposals().len(), 2);
    assert_eq!(chat.proposals()[1].args["amount_cents"], 17450);
    assert!(answer.reply.contains("174.50 EUR"), "{}", answer.reply);

    let mut chat = Chat::new();
    chat.reviewer = vague;
    let answer = chat.say("refund NF-10482 please");
    assert_eq!(answer.kind, Kind::Handoff);
    assert!(answer.reason.contains("Ask for a photo first."), "{}", answer.reason);
}

#[test]
fn an_edited_amount_is_reported_as_it_was_done() {
    fn edited(call: &ToolCall) -> (&'static str, Value) {
        (
            "ok",
            json!({ "refund_id": "r", "order_number": call.args["order_number"], "amount_cents": 10000, "status": "refunded" }),
        )
    }
    let mut chat = Chat::new();
    chat.reviewer = edited;
    assert!(chat.say("refund NF-10482 please").reply.contains("refunded 100.00 EUR"));
    assert_eq!(chat.proposals().len(), 1);
}

#[test]
fn an_interrupted_proposal_is_made_again_unless_the_customer_takes_it_back() {
    let interrupted = |text: &str| {
        let mut chat = Chat::new();
        chat.reviewer = |_| ("superseded", Value::Null);
        chat.turns
            .push(domain::model::Turn { from_customer: true, text: "refund NF-10482 please".to_owned() });
        // The model sees the superseded proposal together with the newer message.
        let call = ToolCall {
            id: "offline-2".to_owned(),
            tool: "shop__refund_order".to_owned(),
            args: json!({ "order_number": "NF-10482", "amount_cents": 34900, "reason": "refund NF-10482 please" }),
        };
        chat.results.push(domain::model::CallResult {
            call,
            ok: false,
            status: "superseded".to_owned(),
            content: Value::Null,
        });
        chat.turns.push(domain::model::Turn { from_customer: true, text: text.to_owned() });
        chat.reviewer = crate::stage::approve;
        let answer = chat.work();
        (answer, chat.proposals().len())
    };
    let (answer, proposals) = interrupted("it is the blue one by the way");
    assert_eq!((answer.kind, proposals), (Kind::Answer, 1));
    let (answer, proposals) = interrupted("never mind, I'll keep it");
    assert_eq!((answer.kind, proposals), (Kind::Ask, 0));
    assert!(answer.reply.contains("leave everything as it is"), "{}", answer.reply);
}

#[test]
fn several_orders_in_one_request_are_worked_on_side_by_side() {
    let mut chat = Chat::with_orders(vec![
        order("NF-1001", "processing", "Tent", None),
        order("NF-1002", "processing", "Mat", None),
    ]);
    let answer = chat.say("please cancel NF-1001 and NF-1002");
    assert_eq!(chat.proposals().len(), 2);
    assert!(
        answer.reply.contains("NF-1001 is cancelled") && answer.reply.contains("NF-1002 is cancelled"),
        "{}",
        answer.reply
    );

    let mut chat = Chat::with_orders(vec![
        order("NF-1001", "processing", "Tent", None),
        order("NF-1002", "processing", "Mat", None),
    ]);
    let answer = chat.say("please cancel NF-1001 but keep NF-1002");
    assert_eq!((answer.kind, chat.proposals().len()), (Kind::Ask, 0), "{}", answer.reply);
}

#[test]
fn a_question_beside_a_request_is_answered_too() {
    let mut chat = Chat::new();
    let answer = chat.say("Please cancel NF-10500. And how long is the guarantee?");
    assert!(
        answer.reply.contains("NF-10500 is cancelled") && answer.reply.contains("2-year guarantee"),
        "{}",
        answer.reply
    );
}

#[test]
fn without_its_tool_a_request_is_handed_over() {
    let mut chat = Chat::new();
    chat.tools.retain(|tool| *tool != "shop__refund_order");
    let answer = chat.say("refund NF-10482 please");
    assert_eq!(answer.kind, Kind::Handoff);
    assert!(answer.reason.contains("shop__refund_order"), "{}", answer.reason);
}

#[test]
fn calls_fit_the_schemas_of_the_demo_s_tools() {
    struct Token;
    impl tools::Secrets for Token {
        fn get(&self, _: &str) -> Option<tools::Secret> {
            Some(tools::Secret::new("t"))
        }
    }
    let declared = tools::http::load(
        include_str!("../../demo/shop-tools.toml"),
        "shop-tools.toml",
        &Token,
        &Default::default(),
    )
    .unwrap();
    let mut chat = Chat::new();
    for message in [
        "refund NF-10482 please",
        "please cancel my order NF-10500",
        "I forgot my password",
        "change the address of my order NF-10500 to Lange Gasse 5b, 1080 Wien",
        "where is my parcel?",
    ] {
        chat.say(message);
    }
    assert_eq!(chat.proposals().len(), 4);
    for call in chat.calls.iter().filter(|call| call.tool.starts_with("shop__")) {
        let tool = declared.iter().find(|tool| tool.spec().name == call.tool).unwrap();
        tool.validate(&call.args).unwrap();
    }
    for procedure in crate::stage::PROCEDURES.iter() {
        let used =
            [procedure.find.as_ref().map(|f| &f.call), procedure.lookup.as_ref(), procedure.action.as_ref()];
        for template in used.into_iter().flatten() {
            assert!(declared.iter().any(|tool| tool.spec().name == template.tool), "{}", template.tool);
        }
    }
}
