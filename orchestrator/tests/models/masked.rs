//! What a provider is shown of personal and secret data, and what comes back of it.

use std::sync::Arc;

use domain::{
    model::{Model, ModelError, ModelMessage, ModelRequest},
    tool::ToolCall,
};
use guards::masking::{Border, BorderRules, Rules, Treatment};
use orchestrator::{
    breakers::{BreakersConfig, Outside},
    models::{Masked, ModelsConfig, Provider, ProviderConfig},
    testing::model_server::{Call, Reply},
};
use serde_json::json;

use crate::house::{Counted, Hand, Screen, both_ways, house, protections_of, request, server, with_output};

const EMAIL: &str = "nora.field@example.com";
const CARD: &str = "4111 1111 1111 1111";
const KEY: &str = "sk_live_51H8xQ2eZvKYlo2C9aB3dE5fG";

/// A conversation with values in every part that a provider is sent.
fn told() -> ModelRequest {
    let mut request = request();
    request.messages = vec![
        ModelMessage::System { text: "You help the customers of a shop.".to_owned() },
        ModelMessage::User {
            text: format!("I am {EMAIL}, my card is {CARD} and my api key {KEY}. I typed <EMAIL_1> too."),
        },
        ModelMessage::Assistant {
            text: Some(format!("I look for {EMAIL}.")),
            tool_calls: vec![ToolCall {
                id: "a".to_owned(),
                tool: "shop__find_order".to_owned(),
                args: json!({ "order": EMAIL }),
            }],
        },
        ModelMessage::Tool {
            call_id: "a".to_owned(),
            name: "shop__find_order".to_owned(),
            content: json!({ "email": EMAIL, "note": format!("wrote from\n{EMAIL}") }).to_string(),
        },
    ];
    request
}

#[tokio::test]
async fn a_provider_sees_placeholders_and_the_answer_has_the_values() {
    let reply = "I write to <EMAIL_1>, not to <LITERAL_1>; it was paid with <PAYMENT_CARD_1>.";
    both_ways(
        vec![Reply::text(reply)],
        told(),
        |_| {},
        |result, server| {
            let text = result.unwrap().text.unwrap();
            assert_eq!(text, format!("I write to {EMAIL}, not to <EMAIL_1>; it was paid with {CARD}."));
            let sent = server.requests()[0].body.to_string();
            for value in [EMAIL, CARD, KEY, "nora"] {
                assert!(!sent.contains(value), "`{value}` was sent: {sent}");
            }
            let system = server.requests()[0].last("system").unwrap().to_owned();
            assert!(system.contains("placeholders"), "{system}");
        },
    )
    .await;
}

#[tokio::test]
async fn tools_get_the_values() {
    let call = Call::new("b", "shop__find_order", &json!({ "order": "of <EMAIL_1>", "lines": 2 }));
    both_ways(
        vec![Reply::Calls(vec![call])],
        told(),
        |_| {},
        |result, _| {
            let calls = result.unwrap().tool_calls;
            assert_eq!(calls[0].args, json!({ "order": format!("of {EMAIL}"), "lines": 2 }));
        },
    )
    .await;
}

#[tokio::test]
async fn an_answer_by_a_schema_stays_json_whatever_the_value_is() {
    let mut request = with_output(request());
    // The finding goes over the line's end.
    let iban = "DE89 3704 0044\n0532 0130 00";
    request.messages.push(ModelMessage::User { text: format!("My IBAN: {iban}.") });
    let server = server(Reply::Json(json!({ "answer": "Yours is <IBAN_1>.", "sources": [] }))).await;
    let response = house(&[&server], |_| {}).model.complete(&request, None).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&response.text.unwrap()).unwrap();
    assert_eq!(answer["answer"], format!("Yours is {iban}."));
    assert!(!server.requests()[0].body.to_string().contains("0532"));
}

#[tokio::test]
async fn what_has_no_personal_data_is_sent_as_it_is() {
    let server = server(Reply::text("Soon.")).await;
    let response = house(&[&server], |_| {}).model.complete(&request(), None).await.unwrap();
    assert_eq!(response.text.as_deref(), Some("Soon."));
    let request = &server.requests()[0];
    assert_eq!(request.last("system"), Some("You help the customers of a shop."));
    assert_eq!(request.last("user"), Some("Where is my order?"));
}

#[tokio::test]
async fn a_placeholder_that_a_model_made_up_goes_nowhere() {
    let call = Call::new("b", "shop__find_order", &json!({ "order": "<EMAIL_7>" }));
    for reply in [Reply::Calls(vec![call]), Reply::text("Write to <EMAIL_7>.")] {
        let server = server(reply).await;
        let screen = Screen::default();
        let error = house(&[&server], |_| {}).model.complete(&told(), Some(&screen)).await.unwrap_err();
        assert!(matches!(&error.error, ModelError::Malformed(why) if why.contains("<EMAIL_7>")), "{error}");
        assert_eq!(screen.shows(), "", "what was watched is void");
    }
}

#[tokio::test]
async fn what_is_blocked_is_not_sent_and_the_error_has_kinds_alone() {
    let server = server(Reply::text("never")).await;
    let rules = Rules { model: BorderRules::all(Treatment::Block), ..Rules::default() };
    assert_eq!(rules.treatment(Border::Model, "email"), Treatment::Block);
    let (clock, ids) = (Arc::new(Hand(0.into())), Arc::new(Counted::default()));
    let outside =
        Outside::alone(clock.clone(), ids.clone(), &BreakersConfig::default(), &ModelsConfig::default());
    let config = ProviderConfig::new("p", &server.url(), "small", "large");
    let provider = Provider::new(config, Arc::new(outside), clock, ids);
    let masked = Masked::new(Arc::new(provider.unwrap()), protections_of(rules));
    let error = masked.complete(&told(), None).await.unwrap_err();
    assert!(matches!(&error.error, ModelError::Refused(why) if why.contains("email")), "{error}");
    for value in [EMAIL, CARD, KEY] {
        assert!(!error.to_string().contains(value), "{error}");
    }
    assert_eq!(server.count(), 0);
    assert!(ModelsConfig::default().offline_fallback, "so that the offline model answers instead");
}
