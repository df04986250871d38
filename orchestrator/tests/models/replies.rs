//! What a reply becomes.

use std::sync::Arc;

use agents::answer::Answer;
use domain::{
    model::{ModelError, ModelFailure, ModelMessage, ModelResponse, Strength, TextSink},
    tool::ToolCall,
};
use orchestrator::{
    models::TokenLimit,
    testing::model_server::{Call, ModelServer, Reply},
};
use serde_json::json;
use tools::WebhookSettings;

use crate::house::{KEY, Screen, both_ways, house, request, server, with_output};

#[tokio::test]
async fn an_answer_comes_with_its_source_its_tokens_and_its_price() {
    let text = "It is on its way: grüße aus dem Lager ✓";
    both_ways(
        vec![Reply::text(text)],
        request(),
        |_| {},
        |result, server| {
            let response = result.unwrap();
            assert_eq!(response.text.as_deref(), Some(text));
            assert_eq!((response.provider.as_str(), response.model.as_str()), ("provider-0", "large"));
            let usage = response.usage;
            assert!(usage.tokens_in > 0 && usage.tokens_out > 0);
            assert_eq!(usage.cost_micros, 2 * usage.tokens_in + 10 * usage.tokens_out);
            assert_eq!(server.requests()[0].authorization.as_deref(), Some(&*format!("Bearer {KEY}")));
        },
    )
    .await;
}

#[tokio::test]
async fn a_streamed_text_reaches_the_watcher_in_pieces() {
    let server = server(Reply::text("one two three four five six seven")).await;
    let house = house(&[&server], |_| {});
    let screen = Screen::default();
    let response = house.model.complete(&request(), Some(&screen)).await.unwrap();
    assert!(screen.pieces.lock().unwrap().len() > 3);
    assert_eq!(Some(screen.shows()), response.text);
}

#[tokio::test]
async fn the_request_carries_tools_results_and_the_answers_schema_strictly() {
    let mut request = with_output(request());
    request.strength = Strength::Fast;
    let args = json!({ "order": "NF-10482" });
    request.messages.extend([
        ModelMessage::Assistant {
            text: None,
            tool_calls: vec![ToolCall { id: "c1".to_owned(), tool: "shop__find_order".to_owned(), args }],
        },
        ModelMessage::Tool {
            call_id: "c1".to_owned(),
            name: "shop__find_order".to_owned(),
            content: "{\"status\":\"sent\"}".to_owned(),
        },
    ]);
    let answer = json!({ "answer": "It was sent.", "sources": [] });
    both_ways(
        vec![Reply::Json(answer.clone())],
        request,
        |_| {},
        |result, server| {
            let response = result.unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&response.text.unwrap()).unwrap(), answer);
            let sent = &server.requests()[0];
            assert_eq!((sent.model(), sent.output(), sent.count("tool")), ("small", Some("answer"), 1));
            assert_eq!(sent.tools(), ["shop__find_order"]);
            assert_eq!(sent.body["max_completion_tokens"], 500);
            assert_eq!(sent.body["tools"][0]["function"]["strict"], true);
            let format = &sent.body["response_format"]["json_schema"];
            assert_eq!(format["strict"], true);
            assert_eq!(format["schema"]["required"], json!(["answer", "sources"]));
        },
    )
    .await;
}

#[tokio::test]
async fn the_houses_own_schemas_can_be_enforced() {
    let mut request = request();
    let tools = tools::builtin::all(WebhookSettings::default());
    request.tools = Arc::new(tools.iter().map(|tool| tool.spec().schema()).collect());
    request.output_schema = Some(Answer::output_schema());
    both_ways(
        vec![Reply::Json(json!({}))],
        request,
        |_| {},
        |result, server| {
            result.unwrap();
            let sent = &server.requests()[0];
            assert_eq!(sent.body["response_format"]["json_schema"]["strict"], true);
            assert_eq!(sent.tools().len(), tools.len());
            let loose: Vec<_> = sent.body["tools"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|tool| tool["function"]["strict"] != true)
                .map(|tool| tool["function"]["name"].as_str().unwrap())
                .collect();
            // They take an object whose members nobody knows beforehand.
            let unknown = ["call_webhook", "propose_action", "set_ticket_fields"];
            assert_eq!(loose, unknown, "sent, but not enforced");
        },
    )
    .await;
}

#[tokio::test]
async fn calls_arrive_whole_with_their_own_ids() {
    let calls = vec![
        Call::new("a", "shop__find_order", &json!({ "order": "NF-1", "lines": null })),
        Call::new("a", "search_knowledge", &json!({ "query": "late parcel" })),
        Call { id: String::new(), name: "get_customer".to_owned(), arguments: String::new() },
    ];
    both_ways(
        vec![Reply::TextAndCalls("Let me look.".to_owned(), calls)],
        request(),
        |_| {},
        |result, _| {
            let response = result.unwrap();
            assert_eq!(response.text.as_deref(), Some("Let me look."));
            let [first, second, third] = response.tool_calls.as_slice() else { panic!("{response:?}") };
            assert_eq!((first.id.as_str(), &first.args), ("a", &json!({ "order": "NF-1", "lines": null })));
            assert_eq!(
                (second.tool.as_str(), &second.args),
                ("search_knowledge", &json!({ "query": "late parcel" }))
            );
            assert_ne!(second.id, "a", "an id stands for one call");
            assert_eq!(third.args, json!({}), "no arguments are no arguments");
        },
    )
    .await;
}

#[tokio::test]
async fn an_id_that_an_earlier_call_of_the_run_has_is_replaced() {
    let server = server(Reply::Calls(vec![Call::new("c1", "search_knowledge", &json!({}))])).await;
    let house = house(&[&server], |_| {});
    let mut request = request();
    request.messages.extend([
        ModelMessage::Assistant {
            text: None,
            tool_calls: vec![ToolCall {
                id: "c1".to_owned(),
                tool: "get_customer".to_owned(),
                args: json!({}),
            }],
        },
        ModelMessage::Tool {
            call_id: "c1".to_owned(),
            name: "get_customer".to_owned(),
            content: "{}".to_owned(),
        },
    ]);
    let response = house.model.complete(&request, None).await.unwrap();
    assert_ne!(response.tool_calls[0].id, "c1");
}

#[tokio::test]
async fn a_complete_stream_without_a_goodbye_is_complete_and_its_tokens_are_estimated() {
    let server = server(Reply::NoGoodbye("That is all.".to_owned())).await;
    let house = house(&[&server], |_| {});
    let response = house.model.complete(&request(), Some(&Screen::default())).await.unwrap();
    assert_eq!(response.text.as_deref(), Some("That is all."));
    assert!(response.usage.tokens_in > 0 && response.usage.tokens_out > 0, "{:?}", response.usage);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_model_that_errs_is_asked_once_more_with_a_note_and_both_attempts_are_paid() {
    let answer = json!({ "answer": "yes", "sources": [] });
    for wrong in [Reply::TruncatedArguments, Reply::text("Surely! The answer is yes.")] {
        let request = with_output(request());
        both_ways(
            vec![wrong.clone(), Reply::Json(answer.clone())],
            request.clone(),
            |_| {},
            |result, server| {
                let response = match result {
                    Ok(response) => response,
                    Err(error) => panic!("{wrong:?}: {error}"),
                };
                let note = server.requests()[1].last("user").unwrap().to_owned();
                assert!(note.contains("could not be used") && note.contains("not JSON"), "{note}");
                assert!(
                    response.usage.tokens_in as usize > 2 * "You help the customers of a shop.".len() / 4
                );
                assert_eq!(server.count(), 2);
            },
        )
        .await;
        let stubborn = vec![wrong.clone(), wrong.clone(), wrong.clone()];
        let expect = |result: Result<ModelResponse, ModelFailure>, server: &ModelServer| {
            let error = result.unwrap_err();
            assert!(matches!(error.error, ModelError::Malformed(_)), "{error:?}");
            assert!(error.usage.tokens_in > 0, "what was answered is paid, if it can be used or not");
            assert_eq!(server.count(), 2, "once more, and no oftener");
        };
        for watched in [false, true] {
            let server = server(stubborn.clone()).await;
            let house = house(&[&server], |_| {});
            let screen = Screen::default();
            let sink: Option<&dyn TextSink> = if watched { Some(&screen) } else { None };
            expect(house.model.complete(&request, sink).await, &server);
            assert_eq!(screen.shows(), "");
        }
    }
}

#[tokio::test]
async fn json_in_a_code_fence_is_taken_out_of_it() {
    let server = server(Reply::text("```json\n{\"answer\": \"yes\"}\n```")).await;
    let house = house(&[&server], |_| {});
    let response = house.model.complete(&with_output(request()), None).await.unwrap();
    assert_eq!(response.text.as_deref(), Some("{\"answer\": \"yes\"}"));
}

#[tokio::test]
async fn calls_that_only_the_engine_can_judge_pass_through() {
    both_ways(
        vec![Reply::UnknownTool],
        request(),
        |_| {},
        |result, _| {
            assert_eq!(result.unwrap().tool_calls[0].tool, "no_such_tool");
        },
    )
    .await;
    both_ways(
        vec![Reply::WrongArgumentTypes],
        request(),
        |_| {},
        |result, _| {
            assert_eq!(result.unwrap().tool_calls[0].args["order"], json!(["not", "this"]));
        },
    )
    .await;
}

#[tokio::test]
async fn servers_with_the_older_name_of_the_limit_and_without_a_key_are_served() {
    let server = server(Reply::text("hello")).await;
    let house = house(&[&server], |p| {
        p.token_limit = TokenLimit::MaxTokens;
        p.api_key_file = None;
    });
    house.model.complete(&request(), None).await.unwrap();
    let sent = &server.requests()[0];
    assert_eq!((&sent.body["max_tokens"], sent.body.get("max_completion_tokens")), (&json!(500), None));
    assert_eq!(sent.authorization, None);
}

#[test]
fn the_order_in_which_members_came_changes_no_digest_of_a_request() {
    let digest = |args: &str, parameters: &str| {
        let mut request = request();
        request.messages.push(ModelMessage::Assistant {
            text: None,
            tool_calls: vec![ToolCall {
                id: "c1".to_owned(),
                tool: "shop__find_order".to_owned(),
                args: serde_json::from_str(args).unwrap(),
            }],
        });
        Arc::make_mut(&mut request.tools)[0].parameters = serde_json::from_str(parameters).unwrap();
        request.digest()
    };
    assert_eq!(
        digest(r#"{"a":1,"b":{"c":2,"d":3}}"#, r#"{"type":"object","properties":{}}"#),
        digest(r#"{"b":{"d":3,"c":2},"a":1}"#, r#"{"properties":{},"type":"object"}"#)
    );
}
