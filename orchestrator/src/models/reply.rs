//! A reply as it comes together, whole or in pieces, and the judgement whether it can be used.

use std::collections::BTreeMap;

use domain::{
    Ids, canonical,
    model::{ModelMessage, ModelRequest, TextSink, Usage},
    tool::ToolCall,
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{
    config::Prices,
    fault::Fault,
    transport::Transport,
    wire::{AnswerCall, Arguments, Chunk, Completion, Tokens},
};

/// The most calls one reply may ask for.
const MAX_CALLS: usize = 64;
/// The longest tool name and call id, in bytes.
const MAX_NAME: usize = 128;
/// Bytes of text per token where a provider reports no usage: the usual rule of thumb for English.
const BYTES_PER_TOKEN: usize = 4;
/// More tokens than any reply can have; a provider that reports more is not believed.
const MAX_TOKENS: u64 = 1 << 40;

/// What has come so far.
#[derive(Default)]
pub(super) struct Draft {
    text: String,
    refusal: String,
    calls: BTreeMap<usize, DraftCall>,
    finish: Option<String>,
    whole: bool,
    tokens: Option<Tokens>,
    pub model: Option<String>,
    /// Some of the text went to a sink.
    pub shown: bool,
}

#[derive(Default)]
struct DraftCall {
    id: String,
    name: String,
    text: String,
    /// Arguments that came as JSON instead of text.
    json: Option<Value>,
}

impl Draft {
    /// Takes a whole reply.
    pub(super) fn whole(&mut self, completion: Completion) {
        self.whole = true;
        self.tokens = completion.usage;
        self.model = completion.model;
        let Some(choice) = completion.choices.into_iter().next() else { return };
        self.finish = Some(choice.finish_reason.unwrap_or_else(|| "stop".to_owned()));
        self.text = choice.message.content.unwrap_or_default();
        self.refusal = choice.message.refusal.unwrap_or_default();
        for (index, mut call) in choice.message.tool_calls.unwrap_or_default().into_iter().enumerate() {
            call.index = Some(index);
            self.piece_of_call(call);
        }
    }

    /// Takes one event of a stream, and passes its text on.
    pub(super) fn chunk(
        &mut self,
        chunk: Chunk,
        sink: Option<&dyn TextSink>,
        provider: &str,
        transport: &Transport,
    ) -> Result<(), Fault> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("it does not say why");
            return Err(Fault::told(provider, &transport.shorten(message)));
        }
        self.tokens = chunk.usage.or(self.tokens);
        if self.model.is_none() {
            self.model = chunk.model;
        }
        // The event that carries the usage has no choice.
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        if choice.finish_reason.is_some() {
            self.finish = choice.finish_reason;
        }
        let Some(delta) = choice.delta else { return Ok(()) };
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            self.text.push_str(&text);
            if let Some(sink) = sink {
                sink.text(&text);
                self.shown = true;
            }
        }
        self.refusal.push_str(delta.refusal.as_deref().unwrap_or_default());
        for call in delta.tool_calls.unwrap_or_default() {
            self.piece_of_call(call);
        }
        Ok(())
    }

    fn piece_of_call(&mut self, piece: AnswerCall) {
        let last = self.calls.last_key_value().map(|(index, _)| *index);
        let begins = piece.id.as_ref().is_some_and(|id| !id.is_empty());
        // Servers that leave the index out send every call in one piece, with an id.
        let index = match (piece.index, last) {
            (Some(index), _) => index,
            (None, Some(last)) if begins => last.saturating_add(1),
            (None, last) => last.unwrap_or(0),
        };
        // One more than may be used is kept, so that the judgement sees there were too many.
        if self.calls.len() > MAX_CALLS && !self.calls.contains_key(&index) {
            return;
        }
        let call = self.calls.entry(index).or_default();
        if let Some(id) = piece.id.filter(|id| !id.is_empty()) {
            call.id = id;
        }
        let Some(function) = piece.function else { return };
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        match function.arguments {
            Some(Arguments::Text(text)) => call.text.push_str(&text),
            Some(Arguments::Json(json)) => call.json = Some(json),
            None => {}
        }
    }

    /// The provider said that this is all.
    pub(super) fn finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Something came back that the provider will charge for.
    pub(super) fn answered(&self) -> bool {
        self.whole || self.shown || self.tokens.is_some() || !self.text.is_empty() || !self.calls.is_empty()
    }

    /// What it cost. Where the provider does not say, the tokens are estimated from the length of
    /// the texts, so that a budget cannot be passed unseen.
    pub(super) fn usage(&self, request: &ModelRequest, prices: Prices) -> Usage {
        let reported =
            |count: Option<u64>| count.map(|count| i64::try_from(count.min(MAX_TOKENS)).unwrap_or(i64::MAX));
        let estimate = |bytes: usize| i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX);
        let tokens = self.tokens.unwrap_or_default();
        let tokens_in = reported(tokens.prompt_tokens).unwrap_or_else(|| estimate(sent(request)));
        let tokens_out = reported(tokens.completion_tokens).unwrap_or_else(|| {
            let calls: usize = self.calls.values().map(|call| call.name.len() + call.text.len()).sum();
            estimate(self.text.len() + self.refusal.len() + calls)
        });
        Usage { tokens_in, tokens_out, cost_micros: prices.cost_micros(tokens_in, tokens_out) }
    }

    /// The text and the calls, if they can be used.
    pub(super) fn judge(
        &self,
        request: &ModelRequest,
        provider: &str,
        ids: &dyn Ids,
        transport: &Transport,
    ) -> Result<(Option<String>, Vec<ToolCall>), Fault> {
        let Some(finish) = &self.finish else {
            return Err(Fault::protocol(provider, "the reply has no choices"));
        };
        match finish.as_str() {
            "length" => return Err(Fault::too_long(provider, request.max_output_tokens)),
            "content_filter" => {
                return Err(Fault::declined(provider, "the provider's content filter stopped it"));
            }
            _ => {}
        }
        if !self.refusal.is_empty() {
            return Err(Fault::declined(provider, &transport.shorten(&self.refusal)));
        }
        if self.calls.len() > MAX_CALLS {
            return Err(Fault::wrong(format!("it calls more than {MAX_CALLS} tools at once")));
        }
        let mut calls: Vec<ToolCall> = Vec::with_capacity(self.calls.len());
        for draft in self.calls.values() {
            let call = draft.call(request, &calls, ids)?;
            calls.push(call);
        }
        let text = self.text.trim();
        if text.is_empty() && calls.is_empty() {
            return Err(Fault::empty(provider));
        }
        if text.is_empty() {
            return Ok((None, calls));
        }
        if request.output_schema.is_none() || !calls.is_empty() {
            return Ok((Some(self.text.clone()), calls));
        }
        let json = unfenced(text);
        match serde_json::from_str::<IgnoredAny>(json) {
            Ok(_) => Ok((Some(json.to_owned()), calls)),
            Err(error) => Err(Fault::wrong(format!(
                "the answer is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ))),
        }
    }
}

impl DraftCall {
    fn call(&self, request: &ModelRequest, before: &[ToolCall], ids: &dyn Ids) -> Result<ToolCall, Fault> {
        if self.name.is_empty() || self.name.len() > MAX_NAME {
            return Err(Fault::wrong(format!("a call has no tool name, or one beyond {MAX_NAME} bytes")));
        }
        let args = match (&self.json, self.text.trim()) {
            (Some(json), _) => json.clone(),
            // A call without arguments.
            (None, "") => Value::Object(Map::new()),
            (None, text) => serde_json::from_str(text).map_err(|error| {
                Fault::wrong(format!(
                    "the arguments of `{}` are not JSON (line {}, column {})",
                    self.name,
                    error.line(),
                    error.column()
                ))
            })?,
        };
        let args = if args.is_null() { Value::Object(Map::new()) } else { canonical::in_order(&args) };
        let earlier = request.messages.iter().flat_map(|message| match message {
            ModelMessage::Assistant { tool_calls, .. } => tool_calls.as_slice(),
            _ => &[],
        });
        // An id stands for one call of the run; models forget that.
        let taken = earlier.chain(before).any(|call| call.id == self.id);
        let id = match taken || self.id.is_empty() || self.id.len() > MAX_NAME {
            true => format!("call_{}", ids.uuid().simple()),
            false => self.id.clone(),
        };
        Ok(ToolCall { id, tool: self.name.clone(), args })
    }
}

/// The text inside a Markdown code fence, where a model puts one around its JSON.
fn unfenced(text: &str) -> &str {
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inner {
        Some(inner) => inner.strip_prefix("json").unwrap_or(inner).trim(),
        None => text,
    }
}

/// Bytes of the request's texts.
/// More tokens than a request can have and its reply may have. A token is a byte at least; what masking,
/// the protocol's own words and a note of what was wrong add is allowed for.
pub(super) fn most_tokens(request: &ModelRequest) -> (i64, i64) {
    let schema = request.output_schema.as_ref().map_or(0, |output| output.schema.to_string().len());
    let framed = request.messages.len() * 64 + request.tools.len() * 64 + 4096;
    let bytes = sent(request) + schema;
    let tokens_in = i64::try_from(bytes + bytes / 4 + framed).unwrap_or(i64::MAX);
    (tokens_in, i64::from(request.max_output_tokens))
}

fn sent(request: &ModelRequest) -> usize {
    let messages = request.messages.iter().map(|message| match message {
        ModelMessage::System { text } | ModelMessage::User { text } => text.len(),
        ModelMessage::Assistant { text, tool_calls } => {
            let calls: usize =
                tool_calls.iter().map(|call| call.tool.len() + call.args.to_string().len()).sum();
            text.as_deref().map_or(0, str::len) + calls
        }
        ModelMessage::Tool { content, .. } => content.len(),
    });
    let tools =
        request.tools.iter().map(|t| t.name.len() + t.description.len() + t.parameters.to_string().len());
    messages.sum::<usize>() + tools.sum::<usize>()
}
