//! A run without an engine: journals are written step by step, as an engine would.

use std::sync::Arc;

use agents::Registry;
use domain::{
    ApprovalId, ChunkId, ContactId, CustomerId, DocumentId, DomainError, EventId, MessageId, RunId, TicketId,
    Timestamp, UserId,
    agent::{Agent, AgentSettings, Next, ProposedCall, RunView},
    answerability::{Courses, Judge},
    canonical::Digest,
    customer::{Contact, Customer},
    knowledge::{Layer, Passage, Scores},
    model::{ModelMessage, ModelRequest, ModelResponse, ToolSchema, Usage},
    procedure::Procedure,
    run::{CallOutcome, Outcome, Run, RunInput, RunStatus, Step, StepBody},
    ticket::{Channel, Event, EventBody, Message, Priority, Ticket, TicketStatus, Visibility},
    tool::{AnyTool, ToolCall},
    trigger::{Trigger, TriggerKind},
    user::Actor,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub const START: Timestamp = Timestamp(1_772_442_000_000_000);

pub struct World {
    pub agent: Arc<dyn Agent>,
    pub run: Run,
    pub steps: Vec<Step>,
    pub settings: AgentSettings,
    pub tools: Arc<Vec<ToolSchema>>,
    pub procedures: Arc<Vec<Procedure>>,
    messages: u128,
}

pub fn builtin() -> Vec<Arc<dyn AnyTool>> {
    tools::builtin::all(tools::WebhookSettings::default())
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + n)
}

impl World {
    /// A known customer writes `text` in a chat.
    pub fn customer_writes(text: &str) -> Self {
        Self::starting_with(&[(true, text)])
    }

    /// A ticket with these messages; true is the customer, false a colleague.
    pub fn starting_with(said: &[(bool, &str)]) -> Self {
        let mut world = Self::empty();
        let messages = said.iter().map(|(customer, text)| world.message(*customer, text)).collect();
        world.start(messages);
        world
    }

    pub fn empty() -> Self {
        let courses = Courses { answer: 0.4, ask: 0.3 };
        let judge = Judge { answers: Arc::new(rag::answerability::Trained), courses };
        let registry = Registry::standard(Arc::new(rag::groundedness::Lexical), judge);
        let mut schemas: Vec<ToolSchema> = builtin().iter().map(|tool| tool.spec().schema()).collect();
        for name in ["shop__get_order", "shop__refund_order"] {
            schemas.push(ToolSchema {
                name: name.to_owned(),
                description: "A tool of the shop.".to_owned(),
                parameters: json!({"type": "object"}),
            });
        }
        schemas.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            agent: registry.get("resolution").unwrap(),
            run: Run {
                id: RunId(id(1)),
                ticket_id: Some(TicketId(id(2))),
                about: None,
                asked: None,
                errand: None,
                agent: "resolution".to_owned(),
                status: RunStatus::Running,
                priority: 0,
                attempts: 0,
                lease_owner: None,
                fence: 1,
                lease_until: None,
                wake_at: None,
                waiting_for: None,
                signals: 0,
                seen_signals: 0,
                seen_version: 2,
                step_count: 0,
                usage: Usage::default(),
                reservations: Vec::new(),
                outcome: None,
                error: None,
                created_at: START,
                updated_at: START,
            },
            steps: Vec::new(),
            settings: registry.default_settings("resolution").unwrap(),
            tools: Arc::new(schemas),
            procedures: Arc::default(),
            messages: 0,
        }
    }

    pub fn message(&mut self, customer: bool, text: &str) -> Message {
        self.messages += 1;
        let author = if customer {
            Actor::Customer { contact_id: Some(ContactId(id(4))), name: "Ada".to_owned() }
        } else {
            Actor::User { user_id: UserId(id(5)), name: "Mara".to_owned() }
        };
        Message {
            id: MessageId(id(1_000 + self.messages)),
            author,
            visibility: Visibility::Public,
            body: text.to_owned(),
            sources: Vec::new(),
            attachments: Vec::new(),
            email: None,
            model: None,
            redacted: None,
            mentions: Vec::new(),
            findings: Vec::new(),
            body_html: None,
            at: START,
        }
    }

    pub fn start(&mut self, messages: Vec<Message>) {
        self.start_with(messages, |_| {});
    }

    pub fn start_with(&mut self, messages: Vec<Message>, change: impl FnOnce(&mut Ticket)) {
        let mut ticket = Ticket {
            id: TicketId(id(2)),
            number: 17,
            channel: Channel::Chat,
            subject: "Question about a tent".to_owned(),
            status: TicketStatus::Open,
            priority: Priority::Normal,
            tags: Default::default(),
            fields: Default::default(),
            customer_id: Some(CustomerId(id(3))),
            contact_id: Some(ContactId(id(4))),
            assignee: None,
            handoff: None,
            version: 2,
            customer_version: 2,
            message_count: messages.len() as i64,
            created_at: START,
            updated_at: START,
        };
        change(&mut ticket);
        let input = RunInput {
            heard: 0,
            ticket: Some(ticket),
            messages,
            reports: Vec::new(),
            customer: Some(Customer {
                id: CustomerId(id(3)),
                name: "Ada Lovelace".to_owned(),
                tier: "vip".to_owned(),
                locale: "en".to_owned(),
                fields: Default::default(),
                created_at: START,
                updated_at: START,
            }),
            contact: Some(Contact {
                id: ContactId(id(4)),
                customer_id: CustomerId(id(3)),
                name: "Ada Lovelace".to_owned(),
                email: "ada@example.org".to_owned(),
                created_at: START,
            }),
            data: Value::Null,
        };
        self.push(StepBody::Started { input: Box::new(input) }, None);
    }

    pub fn push(&mut self, body: StepBody, input_digest: Option<Digest>) -> i64 {
        let seq = self.steps.len() as i64;
        self.steps.push(Step {
            seq,
            body,
            input_digest,
            usage: Usage::default(),
            prompt: None,
            model: None,
            started_at: START,
            finished_at: START,
        });
        seq
    }

    pub fn view_of<'v>(&'v self, steps: &'v [Step]) -> RunView<'v> {
        RunView {
            run: &self.run,
            steps,
            settings: &self.settings,
            tools: Arc::clone(&self.tools),
            procedures: &self.procedures,
            workspace_name: "Northfold Outdoor",
        }
    }

    pub fn try_next(&self) -> Result<Next, DomainError> {
        self.agent.next(&self.view_of(&self.steps))
    }

    pub fn next(&self) -> Next {
        self.try_next().unwrap()
    }

    pub fn request(&self) -> ModelRequest {
        match self.next() {
            Next::Model(request) => *request,
            other => panic!("expected a model call, got {other:?}"),
        }
    }

    pub fn calls(&self) -> Vec<ProposedCall> {
        match self.next() {
            Next::Tools(calls) => calls,
            other => panic!("expected calls, got {other:?}"),
        }
    }

    /// The one call that is wanted, of this tool.
    pub fn call(&self, tool: &str) -> ProposedCall {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        let call = calls.remove(0);
        assert_eq!(call.call.tool, tool, "{call:?}");
        call
    }

    pub fn end(&self) -> Outcome {
        match self.next() {
            Next::End(outcome) => outcome,
            other => panic!("expected the end, got {other:?}"),
        }
    }

    pub fn settle(&mut self, call: &ToolCall, outcome: CallOutcome) {
        self.settle_edited(call, false, outcome);
    }

    pub fn settle_edited(&mut self, call: &ToolCall, edited: bool, outcome: CallOutcome) {
        let digest = Some(Digest::of(call));
        self.push(
            StepBody::Tool {
                call: call.clone(),
                effect_id: None,
                approval_id: None,
                edited,
                judged: None,
                outcome,
            },
            digest,
        );
    }

    pub fn propose(&mut self, call: &ToolCall) {
        let approval_id = ApprovalId(id(9));
        self.push(StepBody::Proposed { call: call.clone(), approval_id }, Some(Digest::of(call)));
    }

    /// Settles the search that the agent makes first.
    pub fn search(&mut self, passages: &[Passage]) -> ToolCall {
        let call = self.call("search_knowledge").call;
        self.settle(&call, ok(json!({ "passages": passages })));
        call
    }

    pub fn model(&mut self, text: Option<&str>, calls: &[(&str, Value)]) -> Vec<ToolCall> {
        let request = self.request();
        let seq = self.steps.len();
        let tool_calls: Vec<ToolCall> = calls
            .iter()
            .enumerate()
            .map(|(n, (tool, args))| ToolCall {
                id: format!("c{seq}_{n}"),
                tool: (*tool).to_owned(),
                args: args.clone(),
            })
            .collect();
        let response = ModelResponse {
            text: text.map(str::to_owned),
            tool_calls: tool_calls.clone(),
            usage: Usage::default(),
            model: "test-strong".to_owned(),
            provider: "test".to_owned(),
        };
        self.push(StepBody::Model { purpose: request.purpose.clone(), response }, Some(request.digest()));
        tool_calls
    }

    pub fn model_answers(&mut self, answer: Value) {
        self.model(Some(&answer.to_string()), &[]);
    }

    pub fn unusable(&mut self, why: &str) {
        self.request();
        self.push(
            StepBody::Unusable {
                purpose: "resolution.answer".to_owned(),
                response: None,
                why: why.to_owned(),
            },
            None,
        );
    }

    pub fn observe(&mut self, customer: bool, text: &str) -> Message {
        let message = self.message(customer, text);
        let messages = vec![message.clone()];
        self.push(StepBody::Observed { messages, reports: Vec::new(), ticket_version: 9 }, None);
        message
    }

    /// What the engine journals that finds words which call for a person.
    pub fn triggered(&mut self, kind: TriggerKind, phrase: &str, language: Option<&str>) {
        let trigger = Trigger { kind, phrase: phrase.to_owned(), language: language.map(str::to_owned) };
        let triggers = vec![trigger];
        let digest = Digest::of(&triggers);
        self.push(StepBody::Triggered { triggers }, Some(digest));
    }

    /// A customer who asks for a person, as the engine journals it.
    pub fn asks_for_person(text: &str) -> Self {
        let mut world = Self::customer_writes(text);
        world.triggered(TriggerKind::Person, text, Some("en"));
        world
    }

    pub fn report(&mut self, body: EventBody) {
        let event = self.event(body);
        self.push(StepBody::Observed { messages: Vec::new(), reports: vec![event], ticket_version: 9 }, None);
    }

    pub fn event(&mut self, body: EventBody) -> Event {
        self.messages += 1;
        Event {
            id: EventId(id(1_000 + self.messages)),
            ticket_id: TicketId(id(2)),
            version: 8,
            position: 8,
            actor: Actor::System,
            body,
            at: START,
        }
    }
}

pub fn ok(content: Value) -> CallOutcome {
    CallOutcome::Ok { content }
}

pub fn passage(n: u128, text: &str, coverage: f32) -> Passage {
    Passage {
        chunk_id: ChunkId(id(100 + n)),
        document_id: DocumentId(id(200 + n)),
        document_version: 3,
        slug: format!("document-{n}"),
        title: format!("Document {n}"),
        visibility: Visibility::Public,
        heading_path: vec!["Returns".to_owned()],
        text: text.to_owned(),
        score: 7.5,
        coverage,
        layer: Layer::Company,
        start: Some(40),
        scores: Scores::default(),
        highlights: Vec::new(),
    }
}

pub fn answer(reply: &str, citations: &[&Passage], confidence: f32, resolved: bool) -> Value {
    let citations: Vec<String> = citations.iter().map(|p| p.chunk_id.to_string()).collect();
    json!({
        "kind": "answer", "reply": reply, "citations": citations,
        "confidence": confidence, "resolved": resolved, "reason": "the passage says so",
    })
}

pub fn ask(reply: &str, confidence: f32) -> Value {
    json!({
        "kind": "ask", "reply": reply, "citations": [],
        "confidence": confidence, "resolved": false, "reason": "the order number is missing",
    })
}

pub fn handoff(reason: &str) -> Value {
    json!({
        "kind": "handoff", "reply": "Our safety team should see this.", "citations": [],
        "confidence": 0.2, "resolved": false, "reason": reason,
    })
}

/// The conversation as one text, for a look at what a model reads.
pub fn transcript(request: &ModelRequest) -> String {
    let mut out = String::new();
    for message in &request.messages {
        match message {
            ModelMessage::System { .. } => {}
            ModelMessage::User { text } => out.push_str(&format!("USER {text}\n")),
            ModelMessage::Assistant { text, tool_calls } => {
                let names: Vec<&str> = tool_calls.iter().map(|c| c.id.as_str()).collect();
                out.push_str(&format!("ASSISTANT {} {names:?}\n", text.as_deref().unwrap_or("")));
            }
            ModelMessage::Tool { call_id, content, .. } => {
                out.push_str(&format!("TOOL {call_id} {content}\n"))
            }
        }
    }
    out
}

/// Every assistant entry with calls is followed by exactly their results, in order, and there are
/// no other results.
pub fn assert_paired(request: &ModelRequest) {
    let mut expected: Vec<String> = Vec::new();
    for message in &request.messages {
        match message {
            ModelMessage::Tool { call_id, .. } => {
                assert!(!expected.is_empty(), "a result without a call: {call_id}");
                assert_eq!(&expected.remove(0), call_id);
            }
            other => {
                assert!(expected.is_empty(), "calls without results: {expected:?}");
                if let ModelMessage::Assistant { tool_calls, .. } = other {
                    expected = tool_calls.iter().map(|call| call.id.clone()).collect();
                }
            }
        }
    }
    assert!(expected.is_empty(), "calls without results: {expected:?}");
}
