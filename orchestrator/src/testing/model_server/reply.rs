//! What the scripted server can answer, well behaved and not.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, StatusCode, header},
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::CapturedRequest;

/// A call that the scripted model makes.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: String,
    pub name: String,
    /// The text that should be JSON.
    pub arguments: String,
}

impl Call {
    pub fn new(id: &str, name: &str, arguments: &Value) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_string() }
    }
}

/// One answer. Streamed if the request asks for that.
#[derive(Clone, Debug)]
pub enum Reply {
    Text(String),
    Json(Value),
    Calls(Vec<Call>),
    TextAndCalls(String, Vec<Call>),
    /// 429.
    RateLimited(RetryAfter),
    /// 429 with the code that says that waiting will not help.
    OutOfQuota,
    /// This status with this body.
    Status(u16, String),
    /// 200 with this body, whatever it is; in a stream, as its only event.
    Raw(String),
    /// Takes the request and never answers.
    Hang,
    /// Breaks the connection off after this many characters of the text.
    Cut(String, usize),
    /// Ends a stream properly but without the end of the reply; unstreamed it is a `Text`.
    Unfinished(String),
    /// Leaves out the `[DONE]` and the usage after a complete streamed reply.
    NoGoodbye(String),
    /// The text in one piece, even if a stream was asked for.
    NotStreamed(String),
    /// Reports an error in the middle of a stream; unstreamed it is a 500.
    ErrorInStream(String),
    /// A body that is not JSON.
    InvalidJson,
    /// A call of the first offered tool whose arguments break off.
    TruncatedArguments,
    /// A call of a tool that was not offered.
    UnknownTool,
    /// A call of the first offered tool with every argument of the wrong type.
    WrongArgumentTypes,
    EmptyChoices,
    /// More text than anyone wants, in bytes.
    Huge(usize),
    /// The text in small pieces with a pause before each.
    Trickle(String, Duration),
    /// The text, cut off because the limit on tokens was reached.
    TooLong(String),
    /// The model declines, with these words.
    Declined(String),
}

/// How a 429 says when to come back.
#[derive(Clone, Debug)]
pub enum RetryAfter {
    NotSaid,
    Seconds(f64),
    /// An HTTP date.
    Date(String),
}

struct Answer {
    text: Option<String>,
    refusal: Option<String>,
    calls: Vec<Call>,
    finish: &'static str,
}

impl Reply {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// One call. Its id is made of the tool's name and the request's number when it is sent.
    pub fn call(name: &str, arguments: &Value) -> Self {
        Self::Calls(vec![Call::new("", name, arguments)])
    }

    pub(super) async fn perform(self, request: &CapturedRequest) -> Response<Body> {
        let answer =
            |text: String| Answer { text: Some(text), refusal: None, calls: Vec::new(), finish: "stop" };
        let calling = |calls| Answer { text: None, refusal: None, calls, finish: "tool_calls" };
        let streams = request.streams();
        match self {
            Self::Text(text) => reply(request, &answer(text)),
            Self::Json(json) => reply(request, &answer(json.to_string())),
            Self::Calls(calls) => reply(request, &calling(calls)),
            Self::TextAndCalls(text, calls) => reply(request, &Answer { text: Some(text), ..calling(calls) }),
            Self::RateLimited(after) => {
                let mut response = error(429, "rate_limit_exceeded", "Too many requests.");
                let value = match after {
                    RetryAfter::NotSaid => None,
                    RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
                    RetryAfter::Date(date) => Some(date),
                };
                if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                response
            }
            Self::OutOfQuota => error(429, "insufficient_quota", "You exceeded your current quota."),
            Self::Status(status, body) => respond(status, "application/json", Body::from(body)),
            Self::Raw(body) if streams => sse(vec![format!("data: {body}\n\n"), done()]),
            Self::Raw(body) => respond(200, "application/json", Body::from(body)),
            Self::Hang => std::future::pending().await,
            Self::Cut(text, after) => cut(request, &answer(text), after),
            Self::Unfinished(text) if streams => {
                let answer = answer(text);
                let kept = events(request, &answer)
                    .into_iter()
                    .take_while(|event| !event.contains("finish_reason\":\""));
                sse(kept.collect())
            }
            Self::NoGoodbye(text) if streams => {
                let mut events = events(request, &answer(text));
                events.retain(|event| !event.contains("[DONE]") && !event.contains("\"usage\""));
                sse(events)
            }
            Self::Unfinished(text) | Self::NoGoodbye(text) => reply(request, &answer(text)),
            Self::ErrorInStream(text) if streams => {
                let mut events = events(request, &answer(text));
                events.truncate(events.len() / 2);
                events.push(event(
                    &json!({ "error": { "message": "The server had an error.", "type": "server_error" } }),
                ));
                sse(events)
            }
            Self::ErrorInStream(_) => error(500, "server_error", "The server had an error."),
            Self::InvalidJson if streams => sse(vec!["data: {\"choices\": [{\n\n".to_owned()]),
            Self::InvalidJson => respond(200, "application/json", Body::from("<html>Bad gateway</html>")),
            Self::TruncatedArguments => {
                let call = Call { arguments: "{\"order\": \"NF-1".to_owned(), ..first_tool(request) };
                reply(request, &calling(vec![call]))
            }
            Self::UnknownTool => {
                reply(request, &calling(vec![Call::new("", "no_such_tool", &json!({ "anything": 1 }))]))
            }
            Self::WrongArgumentTypes => {
                let properties = request.body["tools"][0]["function"]["parameters"]["properties"].as_object();
                let wrong = properties.into_iter().flatten().map(|(name, schema)| {
                    let is_list = schema["type"] == "array";
                    (name.clone(), if is_list { json!("not a list") } else { json!(["not", "this"]) })
                });
                let arguments = Value::Object(wrong.collect()).to_string();
                reply(request, &calling(vec![Call { arguments, ..first_tool(request) }]))
            }
            Self::NotStreamed(text) => {
                respond(200, "application/json", Body::from(whole(request, &answer(text))))
            }
            Self::EmptyChoices if streams => sse(vec![event(&json!({ "choices": [] })), done()]),
            Self::EmptyChoices => {
                let body = json!({ "object": "chat.completion", "model": request.model(), "choices": [] });
                respond(200, "application/json", Body::from(body.to_string()))
            }
            Self::Huge(bytes) => huge(request, bytes),
            Self::Trickle(text, pause) => trickle(request, &answer(text), pause),
            Self::TooLong(text) => reply(request, &Answer { finish: "length", ..answer(text) }),
            Self::Declined(why) => {
                reply(request, &Answer { text: None, refusal: Some(why), calls: Vec::new(), finish: "stop" })
            }
        }
    }
}

fn first_tool(request: &CapturedRequest) -> Call {
    let name = request.tools().first().copied().unwrap_or("no_tool_was_offered").to_owned();
    Call { id: String::new(), name, arguments: String::new() }
}

fn respond(status: u16, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let body = json!({ "error": { "message": message, "type": code, "param": null, "code": code } });
    respond(status, "application/json", Body::from(body.to_string()))
}

fn reply(request: &CapturedRequest, answer: &Answer) -> Response<Body> {
    if request.streams() {
        return sse(events(request, answer));
    }
    respond(200, "application/json", Body::from(whole(request, answer)))
}

fn whole(request: &CapturedRequest, answer: &Answer) -> String {
    let calls: Vec<Value> = numbered(request, &answer.calls)
        .map(|(_, id, call)| {
            json!({ "id": id, "type": "function",
                    "function": { "name": call.name, "arguments": call.arguments } })
        })
        .collect();
    let mut message = json!({ "role": "assistant", "content": answer.text, "refusal": answer.refusal });
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    json!({
        "id": format!("chatcmpl-{}", request.number), "object": "chat.completion", "created": 0,
        "model": request.model(), "usage": usage(request, answer),
        "choices": [{ "index": 0, "message": message, "finish_reason": answer.finish }],
    })
    .to_string()
}

/// Deterministic: four bytes a token.
fn usage(request: &CapturedRequest, answer: &Answer) -> Value {
    let read: usize =
        request.messages().iter().filter_map(|message| message["content"].as_str()).map(str::len).sum();
    let calls: usize = answer.calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
    let written = answer.text.as_deref().map_or(0, str::len) + calls;
    let (input, output) = (read.div_ceil(4), written.div_ceil(4));
    json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output })
}

fn numbered<'a>(
    request: &CapturedRequest,
    calls: &'a [Call],
) -> impl Iterator<Item = (usize, String, &'a Call)> {
    let number = request.number;
    calls.iter().enumerate().map(move |(index, call)| {
        let id = match call.id.is_empty() {
            true => format!("call_{number}_{index}"),
            false => call.id.clone(),
        };
        (index, id, call)
    })
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

/// The reply as the events of a stream: text and arguments in small pieces, the finish, the usage
/// if it is wanted, and the goodbye.
fn events(request: &CapturedRequest, answer: &Answer) -> Vec<String> {
    let chunk = |delta: Value, finish: Option<&str>| {
        event(&json!({
            "id": format!("chatcmpl-{}", request.number), "object": "chat.completion.chunk", "created": 0,
            "model": request.model(),
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        }))
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
    for piece in pieces(answer.text.as_deref().unwrap_or_default()) {
        events.push(chunk(json!({ "content": piece }), None));
    }
    for piece in pieces(answer.refusal.as_deref().unwrap_or_default()) {
        events.push(chunk(json!({ "refusal": piece }), None));
    }
    for (index, id, call) in numbered(request, &answer.calls) {
        let start = json!({ "index": index, "id": id, "type": "function",
                            "function": { "name": call.name, "arguments": "" } });
        events.push(chunk(json!({ "tool_calls": [start] }), None));
        for piece in pieces(&call.arguments) {
            let more = json!({ "index": index, "function": { "arguments": piece } });
            events.push(chunk(json!({ "tool_calls": [more] }), None));
        }
    }
    events.push(chunk(json!({}), Some(answer.finish)));
    if request.body["stream_options"]["include_usage"] == true {
        events.push(event(&json!({
            "id": format!("chatcmpl-{}", request.number), "object": "chat.completion.chunk", "created": 0,
            "model": request.model(), "choices": [], "usage": usage(request, answer),
        })));
    }
    events.push(done());
    events
}

/// The text in pieces of seven characters: short enough that every text has several.
fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(7).map(|piece| piece.iter().collect()).collect()
}

fn sse(events: Vec<String>) -> Response<Body> {
    let body = stream::iter(events.into_iter().map(|event| Ok::<_, Infallible>(Bytes::from(event))));
    respond(200, "text/event-stream", Body::from_stream(body))
}

fn cut(request: &CapturedRequest, answer: &Answer, after: usize) -> Response<Body> {
    let kept: Vec<Bytes> = match request.streams() {
        // The first event has no text in it.
        true => events(request, answer).into_iter().take(1 + after.div_ceil(7)).map(Bytes::from).collect(),
        false => {
            let whole = whole(request, answer).into_bytes();
            let kept = whole.len().saturating_sub(1).min(after.max(1));
            vec![Bytes::copy_from_slice(&whole[..kept])]
        }
    };
    let kind = if request.streams() { "text/event-stream" } else { "application/json" };
    let broken = stream::once(async {
        // What was written before is thrown away with the connection unless it had time to leave.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "scripted to break off"))
    });
    respond(200, kind, Body::from_stream(stream::iter(kept.into_iter().map(Ok)).chain(broken)))
}

/// Without a length, so that the receiver must count for itself.
fn huge(request: &CapturedRequest, bytes: usize) -> Response<Body> {
    const PIECE: &[u8] = &[b' '; 64 << 10];
    let pieces = (0..bytes.div_ceil(PIECE.len())).map(|_| Ok::<_, Infallible>(Bytes::from_static(PIECE)));
    let kind = if request.streams() { "text/event-stream" } else { "application/json" };
    respond(200, kind, Body::from_stream(stream::iter(pieces)))
}

fn trickle(request: &CapturedRequest, answer: &Answer, pause: Duration) -> Response<Body> {
    let (kind, pieces) = match request.streams() {
        true => ("text/event-stream", events(request, answer)),
        false => ("application/json", pieces(&whole(request, answer))),
    };
    let slow = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Bytes::from(piece))
    });
    respond(200, kind, Body::from_stream(slow))
}
