//! A provider that speaks the OpenAI chat completions protocol, whoever runs it.
//!
//! One call is one or several attempts: what may pass (rate limits, server errors, broken
//! connections) is tried again after a pause, a reply the model got wrong is asked for once more
//! with a note of what was wrong, and a refusal is final. All of it has a time limit.

use std::{sync::Arc, time::Duration};

use async_openai::Client;
use async_trait::async_trait;
use domain::{
    Clock, Ids,
    model::{Model, ModelFailure, ModelRequest, ModelResponse, Strength, TextSink, Usage},
    rate::RateLimit,
};
use futures::StreamExt as _;
use metrics::{counter, histogram};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    config::{ModelsError, Prices, ProviderConfig, TokenLimit},
    fault::{Fault, Next},
    reply::{Draft, most_tokens},
    schema::Schemas,
    transport::{Address, Transport},
    wire::{Body, Chunk, Completion, Messages, StreamOptions},
};
use crate::breakers::{
    Outside,
    outside::{CameOf, Leave},
};

/// One configured provider.
pub struct Provider {
    config: ProviderConfig,
    name: Arc<str>,
    fast: Arc<str>,
    strong: Arc<str>,
    client: Client<Address>,
    /// The same, for streamed replies.
    streaming: Client<Address>,
    transport: Transport,
    schemas: Schemas,
    outside: Arc<Outside>,
    rate: Option<RateLimit>,
    places: Semaphore,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Provider {
    /// Reads the provider's key and prepares its connections; sends nothing.
    pub fn new(
        config: ProviderConfig,
        outside: Arc<Outside>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, ModelsError> {
        let key = config.key()?;
        let address = Address::new(&config, key.as_ref())?;
        let transport = Transport::new(&config, key, clock.clone())?;
        let client = Client::build(transport.client(), address).with_http_service(transport.clone());
        Ok(Self {
            name: config.name.as_str().into(),
            fast: config.fast.as_str().into(),
            strong: config.strong.as_str().into(),
            streaming: client.clone().with_http_service(transport.streaming()),
            client,
            transport,
            schemas: Schemas::new(),
            outside,
            rate: config.limit()?,
            places: Semaphore::new(config.max_in_flight),
            config,
            clock,
            ids,
        })
    }

    fn model(&self, strength: Strength) -> &Arc<str> {
        match strength {
            Strength::Fast => &self.fast,
            Strength::Strong => &self.strong,
        }
    }

    fn prices(&self, strength: Strength) -> Prices {
        match (strength, self.config.fast_prices) {
            (Strength::Fast, Some(prices)) => prices,
            _ => self.config.prices,
        }
    }

    /// All attempts of one call. `spent` grows by what every attempt cost, failed ones included.
    async fn call(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
        spent: &mut Usage,
    ) -> Result<ModelResponse, Fault> {
        let deadline = Instant::now() + Duration::from_millis(self.config.total_timeout_ms);
        let mut retries = 0;
        let mut note = None;
        loop {
            let last = retries >= self.config.max_retries;
            let fault = match self.attempt(request, sink, note.as_deref(), deadline, last).await {
                Ok(response) => {
                    spent.add(response.usage);
                    return Ok(response);
                }
                Err(fault) => fault,
            };
            spent.add(fault.usage);
            let pause = match &fault.next {
                Next::Stop => return Err(fault),
                Next::Retry { .. } if last => return Err(fault.after(retries + 1)),
                Next::Retry { after } => {
                    retries += 1;
                    self.pause(retries, *after)
                }
                Next::Repair if note.is_some() => return Err(fault),
                Next::Repair => {
                    note = Some(format!(
                        "A reply to this was made before and could not be used: {}. Reply again, and keep \
                         exactly to the schemas of the tools and of the answer.",
                        fault.detail()
                    ));
                    Duration::ZERO
                }
            };
            if Instant::now() + pause >= deadline {
                return Err(fault.out_of_time(self.config.total_timeout_ms));
            }
            let reason = fault.reason;
            counter!("countersign_model_retries_total", "provider" => self.name.clone(), "reason" => reason)
                .increment(1);
            tracing::info!(
                provider = &*self.name,
                reason,
                pause_ms = pause.as_millis() as u64,
                "asking the model again"
            );
            tokio::time::sleep(pause).await;
        }
    }

    /// How long to wait before retry `number`, counted from one. What the provider asks for is kept
    /// up to the configured ceiling; otherwise the pause is drawn from a range that doubles, so that
    /// callers who failed together do not come back together.
    fn pause(&self, number: u32, asked: Option<Duration>) -> Duration {
        let ceiling = Duration::from_millis(self.config.max_retry_after_ms);
        match asked {
            Some(asked) => asked.min(ceiling),
            None => {
                let doubled = self.config.backoff_ms.saturating_mul(1 << (number - 1).min(20));
                Duration::from_millis(doubled).min(ceiling).mul_f64(self.ids.fraction())
            }
        }
    }

    async fn attempt(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
        note: Option<&str>,
        deadline: Instant,
        last: bool,
    ) -> Result<ModelResponse, Fault> {
        // Asked before queueing too: with the breaker open, the queue may be a long one.
        if let Some(pause) = self.outside.provider_rests(&self.name) {
            return Err(Fault::resting(pause));
        }
        let Ok(Ok(_place)) = timeout_at(deadline, self.places.acquire()).await else {
            let limit = self.config.max_in_flight;
            return Err(Fault::busy(&self.name, limit));
        };
        let leave = self.leave(deadline).await?;
        let until = deadline.min(Instant::now() + Duration::from_millis(self.config.timeout_ms));
        let mut draft = Draft::default();
        let outcome = match timeout_at(until, self.exchange(request, sink, note, &mut draft)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Fault::timeout(&self.name, self.config.timeout_ms)),
        };
        let usage = draft.usage(request, self.prices(request.strength));
        let outcome = outcome.and_then(|()| draft.judge(request, &self.name, &*self.ids, &self.transport));
        match outcome {
            Ok((text, tool_calls)) => {
                self.outside.left(leave, CameOf::Answer).await;
                let model = draft.model.take().filter(|model| !model.is_empty() && model.len() <= 128);
                Ok(ModelResponse {
                    text,
                    tool_calls,
                    usage,
                    model: model.unwrap_or_else(|| self.model(request.strength).to_string()),
                    provider: self.config.name.clone(),
                })
            }
            Err(mut fault) => {
                if draft.shown
                    && let Some(sink) = sink
                {
                    sink.restart();
                }
                fault.usage = if draft.answered() { usage } else { Usage::default() };
                // A provider that says no, or is busy, is a working one. All workspaces see why it rests, so its
                // own words, which may repeat what a customer wrote, stay out of that.
                let came = match fault.blames_provider(last) {
                    true => CameOf::Failure(fault.reason),
                    false => CameOf::Answer,
                };
                if self.outside.left(leave, came).await {
                    fault.next = Next::Stop;
                }
                Err(fault)
            }
        }
    }

    /// Sends the request and gathers what comes back into `draft`, which keeps what it has if this
    /// is cut short.
    async fn exchange(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
        note: Option<&str>,
        draft: &mut Draft,
    ) -> Result<(), Fault> {
        let fault = |error| Fault::of(error, &self.config, &self.transport);
        let unsendable = |error: serde_json::Error| Fault::unsendable(&self.name, &error);
        let tools = match request.tools.is_empty() {
            true => None,
            false => Some(self.schemas.tools(&request.tools).map_err(unsendable)?),
        };
        let output =
            request.output_schema.as_ref().map(|s| self.schemas.output(s)).transpose().map_err(unsendable)?;
        let stream = self.config.stream && sink.is_some();
        let limit = Some(request.max_output_tokens);
        let newer = self.config.token_limit == TokenLimit::MaxCompletionTokens;
        let body = Body {
            model: self.model(request.strength),
            messages: Messages { messages: &request.messages, note },
            tools: tools.as_deref(),
            response_format: output.as_deref(),
            max_completion_tokens: limit.filter(|_| newer),
            max_tokens: limit.filter(|_| !newer),
            stream,
            stream_options: stream.then_some(StreamOptions { include_usage: true }),
        };
        if !stream {
            let completion: Completion = self.client.chat().create_byot(&body).await.map_err(fault)?;
            draft.whole(completion);
            return Ok(());
        }
        let mut events = self.streaming.chat().create_stream_byot::<_, Chunk>(&body).await.map_err(fault)?;
        while let Some(event) = events.next().await {
            match event {
                Ok(chunk) => draft.chunk(chunk, sink, &self.name, &self.transport)?,
                // Everything that was promised has come; only the goodbye is missing.
                Err(_) if draft.finished() => break,
                Err(error) => return Err(fault(error)),
            }
        }
        if draft.finished() { Ok(()) } else { Err(Fault::cut(&self.name)) }
    }

    /// Leave for one attempt. A permit that comes soon is waited for, as a busy provider is.
    async fn leave(&self, deadline: Instant) -> Result<Leave, Fault> {
        let takes = Duration::from_millis(self.config.timeout_ms);
        let longest = Duration::from_millis(self.config.max_retry_after_ms);
        loop {
            let pause = match self.outside.enter_provider(&self.name, self.rate, takes).await {
                Ok(leave) => return Ok(leave),
                Err(pause) => pause,
            };
            let wait = pause.until.since(self.clock.now());
            if !pause.at_limit || wait > longest || Instant::now() + wait >= deadline {
                return Err(Fault::resting(pause));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

#[async_trait]
impl Model for Provider {
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let started = self.clock.now();
        let mut spent = Usage::default();
        let result = self.call(request, sink, &mut spent).await;
        let provider = self.name.clone();
        let model = self.model(request.strength).clone();
        let outcome = match &result {
            Ok(_) => "ok",
            Err(fault) => fault.outcome(),
        };
        counter!("countersign_model_calls_total",
            "provider" => provider.clone(), "model" => model.clone(), "outcome" => outcome)
        .increment(1);
        histogram!("countersign_model_call_seconds", "provider" => provider.clone(), "model" => model.clone())
            .record(self.clock.now().since(started).as_secs_f64());
        for (kind, tokens) in [("input", spent.tokens_in), ("output", spent.tokens_out)] {
            counter!("countersign_model_tokens_total",
                "provider" => provider.clone(), "model" => model.clone(), "kind" => kind)
            .increment(u64::try_from(tokens).unwrap_or(0));
        }
        // The caller pays for the attempts that failed on the way, too.
        match result {
            Ok(response) => Ok(ModelResponse { usage: spent, ..response }),
            Err(fault) => Err(ModelFailure { error: fault.error, usage: spent }),
        }
    }

    fn most(&self, request: &ModelRequest) -> i64 {
        let prices = self.prices(request.strength);
        if prices.are_zero() {
            return 0;
        }
        // Every attempt may be answered and charged, and one more that asks for a repair.
        let attempts = i64::from(self.config.max_retries).saturating_add(2);
        let (tokens_in, tokens_out) = most_tokens(request);
        prices.cost_micros(tokens_in, tokens_out).saturating_mul(attempts)
    }
}
