//! A run's journal, read once and checked: what was said, what the model answered, what came of
//! every call, and which calls are not settled.
//!
//! Ids of calls are unique within a run. Calls of a model carry ids that the engine gave them
//! before journalling (`c{seq}_{n}`), because models reuse theirs; calls that an agent makes by
//! itself are called `{word}_{seq}` after the step that caused them, so that every reading of the
//! same journal names them alike. A journal in which an id appears twice, or in which a call is
//! settled that nobody made, cannot be continued from.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use domain::{
    DomainError, EventId, MessageId, RunId, Timestamp,
    grounding::SecondOpinion,
    model::ModelResponse,
    run::{CallOutcome, Outcome, RunInput, Step, StepBody},
    ticket::{Event, Message, Visibility},
    tool::ToolCall,
    trigger::Trigger,
    user::Actor,
};

/// A model may ask for this many calls at once.
pub const MAX_CALLS_AT_ONCE: usize = 16;

/// What an agent says about its journals.
pub struct Rules<'r> {
    /// Tools that the agent uses itself: a model that calls one has made an unusable reply.
    pub reserved: &'r [&'r str],
    /// Calls the agent makes by itself: the word in their id, and the tool.
    pub own: &'r [(&'r str, &'r str)],
    /// Whether the final text of a model can be used; if not, why, in words for the model.
    pub check: fn(&str) -> Result<(), String>,
}

/// Who made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Model,
    /// The agent; `anchor` is the step that caused it.
    Agent {
        anchor: i64,
    },
}

/// A settled call.
#[derive(Debug)]
pub struct Settled<'a> {
    /// What ran; an edit may have changed the arguments.
    pub call: &'a ToolCall,
    pub origin: Origin,
    pub edited: bool,
    pub outcome: Cow<'a, CallOutcome>,
}

/// A call that is not settled.
#[derive(Debug)]
pub struct Open<'a> {
    pub call: &'a ToolCall,
    pub origin: Origin,
    /// Index of the entry after which it was made.
    pub after: usize,
}

#[derive(Debug)]
pub enum What<'a> {
    /// A public message, of the customer or of the house.
    Said(&'a Message),
    /// An external event, a follow-up that came due.
    Reported(&'a Event),
    /// A usable reply: calls, or a final text that passed the check.
    Model(&'a ModelResponse),
    Unusable {
        response: Option<&'a ModelResponse>,
        why: Cow<'a, str>,
    },
    Result(Settled<'a>),
    /// What came before it calls for a person.
    Triggered(&'a [Trigger]),
    Failed {
        what: &'a str,
        error: &'a str,
    },
}

#[derive(Debug)]
pub struct Entry<'a> {
    pub seq: i64,
    pub what: What<'a>,
}

#[derive(Debug)]
pub struct Journal<'a> {
    pub input: &'a RunInput,
    pub started_at: Timestamp,
    /// Oldest first. Results stand where they were settled.
    pub entries: Vec<Entry<'a>>,
    /// In the order in which they were made.
    pub open: Vec<Open<'a>>,
    /// Model calls made so far, usable or not.
    pub model_calls: u32,
    pub ended: Option<&'a Outcome>,
    /// What others said of the replies of these steps.
    opinions: HashMap<i64, &'a [SecondOpinion]>,
}

impl<'a> Journal<'a> {
    /// Reads the steps of `run`. The error names the step that does not fit.
    pub fn read(run: RunId, steps: &'a [Step], rules: &Rules<'_>) -> Result<Self, DomainError> {
        let unreadable = |step: i64, why: String| DomainError::Journal { step, why };
        let Some((first, rest)) = steps.split_first() else {
            return Err(unreadable(0, "the journal is empty; it must begin with `started`".to_owned()));
        };
        let StepBody::Started { input } = &first.body else {
            return Err(unreadable(
                first.seq,
                format!("the journal begins with `{}` instead of `started`", first.body.kind()),
            ));
        };
        if first.seq != 0 {
            return Err(unreadable(first.seq, "the first step must have the number 0".to_owned()));
        }
        let mut reader = Reader {
            run,
            rules,
            seen: HashSet::new(),
            reported: HashSet::new(),
            ids: HashMap::new(),
            journal: Self {
                input,
                started_at: first.started_at,
                entries: Vec::with_capacity(input.messages.len() + steps.len()),
                open: Vec::new(),
                model_calls: 0,
                ended: None,
                opinions: HashMap::new(),
            },
        };
        reader.began(input);
        for (step, expected) in rest.iter().zip(1_i64..) {
            if step.seq != expected {
                return Err(unreadable(step.seq, format!("step {expected} is missing before it")));
            }
            if reader.journal.ended.is_some() {
                return Err(unreadable(step.seq, "it comes after the end of the run".to_owned()));
            }
            reader.step(step).map_err(|why| unreadable(step.seq, why))?;
        }
        Ok(reader.journal)
    }

    pub fn said(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Message)> + '_ {
        self.entries.iter().enumerate().filter_map(|(at, entry)| match entry.what {
            What::Said(message) => Some((at, message)),
            _ => None,
        })
    }

    pub fn reported(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.entries.iter().enumerate().filter_map(|(at, entry)| match entry.what {
            What::Reported(event) => Some((at, event)),
            _ => None,
        })
    }

    /// What was reported since anybody last wrote something, with its place.
    pub fn unheeded(&self) -> Vec<(usize, &'a Event)> {
        let said = self.said().next_back().map(|(at, _)| at);
        let written = said.max(self.answered_up_to());
        self.reported().filter(|(at, _)| written.is_none_or(|written| *at > written)).collect()
    }

    pub fn results(&self) -> impl DoubleEndedIterator<Item = (usize, &Settled<'a>)> + '_ {
        self.entries.iter().enumerate().filter_map(|(at, entry)| match &entry.what {
            What::Result(settled) => Some((at, settled)),
            _ => None,
        })
    }

    /// The usable model reply of a step, with its place among the entries.
    pub fn model(&self, seq: i64) -> Option<(usize, &'a ModelResponse)> {
        self.entries.iter().enumerate().find_map(|(at, entry)| match entry.what {
            What::Model(response) if entry.seq == seq => Some((at, response)),
            _ => None,
        })
    }

    /// The customer's messages since the house last wrote something, with their places.
    pub fn unanswered(&self) -> Vec<(usize, &'a Message)> {
        let mut messages: Vec<_> = self.said().rev().take_while(|(_, m)| from_customer(m)).collect();
        // A reply of this run stands as a result, not as a message.
        let answered = self.answered_up_to();
        messages.retain(|(at, _)| answered.is_none_or(|up_to| *at > up_to));
        messages.reverse();
        messages
    }

    /// The place of the last model reply that reached the customer.
    pub fn answered_up_to(&self) -> Option<usize> {
        self.results().rev().find_map(|(_, settled)| match (settled.origin, settled.outcome.as_ref()) {
            (Origin::Agent { anchor }, CallOutcome::Ok { .. }) => self.model(anchor).map(|(at, _)| at),
            _ => None,
        })
    }

    /// What others said of the reply of a step, where they were asked.
    pub fn opinions(&self, seq: i64) -> &'a [SecondOpinion] {
        self.opinions.get(&seq).copied().unwrap_or_default()
    }

    pub fn last_seq(&self) -> i64 {
        self.entries.last().map_or(0, |entry| entry.seq)
    }
}

pub fn from_customer(message: &Message) -> bool {
    matches!(message.author, Actor::Customer { .. })
}

/// The id of a call that an agent makes by itself because of step `anchor`.
pub fn own_id(word: &str, anchor: i64) -> String {
    format!("{word}_{anchor}")
}

/// The step that caused a call which the agent made by itself, as its id says.
pub fn anchor_of(id: &str, word: &str) -> Option<i64> {
    id.strip_prefix(word)?.strip_prefix('_')?.parse().ok()
}

struct Reader<'a, 'r> {
    run: RunId,
    rules: &'r Rules<'r>,
    seen: HashSet<MessageId>,
    reported: HashSet<EventId>,
    /// Every call id of the run; true once it is settled.
    ids: HashMap<&'a str, bool>,
    journal: Journal<'a>,
}

impl<'a> Reader<'a, '_> {
    fn push(&mut self, seq: i64, what: What<'a>) {
        self.journal.entries.push(Entry { seq, what });
    }

    /// What the run starts from, in the order in which it came.
    fn began(&mut self, input: &'a RunInput) {
        let mut reports = input.reports.iter().peekable();
        for message in &input.messages {
            while let Some(event) = reports.next_if(|event| event.at < message.at) {
                self.reported(0, std::slice::from_ref(event));
            }
            self.said(0, std::slice::from_ref(message));
        }
        reports.for_each(|event| self.reported(0, std::slice::from_ref(event)));
    }

    fn reported(&mut self, seq: i64, reports: &'a [Event]) {
        for event in reports {
            if event.body.is_report() && self.reported.insert(event.id) {
                self.push(seq, What::Reported(event));
            }
        }
    }

    /// Public messages that are new. What this run's own agent wrote stands in its results already,
    /// and what the service says by itself (a receipt, a notice) answers nobody.
    fn said(&mut self, seq: i64, messages: &'a [Message]) {
        for message in messages {
            let counts = match &message.author {
                Actor::Agent { run_id, .. } => *run_id != self.run,
                Actor::System => false,
                _ => true,
            };
            if message.visibility == Visibility::Public && counts && self.seen.insert(message.id) {
                self.push(seq, What::Said(message));
            }
        }
    }

    fn step(&mut self, step: &'a Step) -> Result<(), String> {
        match &step.body {
            StepBody::Started { .. } => return Err("a run starts once".to_owned()),
            StepBody::Observed { messages, reports, .. } => {
                self.said(step.seq, messages);
                self.reported(step.seq, reports);
            }
            StepBody::Model { response, .. } => {
                self.journal.model_calls += 1;
                if let Some(open) = self.journal.open.first() {
                    return Err(format!(
                        "the model was asked while the call {} was not settled",
                        open.call.id
                    ));
                }
                match self.unusable(response) {
                    Some(why) => {
                        self.push(step.seq, What::Unusable { response: Some(response), why: why.into() })
                    }
                    None => {
                        self.push(step.seq, What::Model(response));
                        for call in &response.tool_calls {
                            self.open(call, Origin::Model)?;
                        }
                    }
                }
            }
            StepBody::Unusable { response, why, .. } => {
                self.journal.model_calls += 1;
                self.push(step.seq, What::Unusable { response: response.as_ref(), why: why.into() });
            }
            StepBody::Checked { anchor, opinions } => {
                if !(0..step.seq).contains(anchor) {
                    return Err(format!("it is about step {anchor}, which does not come before it"));
                }
                self.journal.opinions.insert(*anchor, opinions);
            }
            StepBody::Proposed { call, .. } => match self.ids.get(call.id.as_str()) {
                Some(true) => return Err(format!("the call {} is settled already", call.id)),
                Some(false) => {}
                None => {
                    let origin = self.own_origin(call, step.seq)?;
                    self.open(call, origin)?;
                }
            },
            StepBody::Tool { call, edited, outcome, .. } => {
                self.settle(step.seq, call, *edited, Cow::Borrowed(outcome))?;
            }
            StepBody::Failed { what, error } => {
                if what.starts_with("model") {
                    self.journal.model_calls += 1;
                }
                // The engine gave up: what it was about is not going to be settled any more.
                let named = self.journal.open.iter().any(|o| o.call.id == *what || o.call.tool == *what);
                let (given_up, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.journal.open)
                    .into_iter()
                    .partition(|o| !named || o.call.id == *what || o.call.tool == *what);
                self.journal.open = open;
                for call in given_up {
                    self.ids.insert(&call.call.id, true);
                    let outcome = Cow::Owned(CallOutcome::Failed { error: error.clone() });
                    let settled = Settled { call: call.call, origin: call.origin, edited: false, outcome };
                    self.push(step.seq, What::Result(settled));
                }
                self.push(step.seq, What::Failed { what, error });
            }
            StepBody::Triggered { triggers } => self.push(step.seq, What::Triggered(triggers)),
            StepBody::Woken { .. } => {}
            StepBody::Ended { outcome } => self.journal.ended = Some(outcome),
        }
        Ok(())
    }

    fn unusable(&self, response: &ModelResponse) -> Option<String> {
        if response.tool_calls.is_empty() {
            let text = response.text.as_deref().unwrap_or("");
            return match text.trim() {
                "" => Some("the reply was empty".to_owned()),
                text => (self.rules.check)(text).err(),
            };
        }
        if response.tool_calls.len() > MAX_CALLS_AT_ONCE {
            return Some(format!("it asked for more than {MAX_CALLS_AT_ONCE} calls at once"));
        }
        let reserved =
            response.tool_calls.iter().find(|call| self.rules.reserved.contains(&call.tool.as_str()))?;
        Some(format!(
            "{} is not a tool you can call; end your turn with the JSON object instead",
            reserved.tool
        ))
    }

    fn open(&mut self, call: &'a ToolCall, origin: Origin) -> Result<(), String> {
        if self.ids.insert(&call.id, false).is_some() {
            return Err(format!("the call id {} is used twice", call.id));
        }
        let after = self.journal.entries.len().saturating_sub(1);
        self.journal.open.push(Open { call, origin, after });
        Ok(())
    }

    /// Recognises a call that the agent made by itself.
    fn own_origin(&self, call: &ToolCall, seq: i64) -> Result<Origin, String> {
        self.rules
            .own
            .iter()
            .filter(|(_, tool)| *tool == call.tool)
            .find_map(|(word, _)| call.id.strip_prefix(word)?.strip_prefix('_')?.parse::<i64>().ok())
            .filter(|anchor| (0..seq).contains(anchor))
            .map(|anchor| Origin::Agent { anchor })
            .ok_or_else(|| format!("nobody asked for the call {} of {}", call.id, call.tool))
    }

    fn settle(
        &mut self,
        seq: i64,
        call: &'a ToolCall,
        edited: bool,
        outcome: Cow<'a, CallOutcome>,
    ) -> Result<(), String> {
        let origin = match self.ids.get(call.id.as_str()) {
            Some(true) => return Err(format!("the call {} is settled twice", call.id)),
            Some(false) => {
                let at = self
                    .journal
                    .open
                    .iter()
                    .position(|open| open.call.id == call.id)
                    .ok_or_else(|| format!("the call {} is not open", call.id))?;
                let open = self.journal.open.remove(at);
                if open.call.tool != call.tool {
                    return Err(format!(
                        "the call {} asked for {} and {} ran",
                        call.id, open.call.tool, call.tool
                    ));
                }
                open.origin
            }
            None => self.own_origin(call, seq)?,
        };
        self.ids.insert(&call.id, true);
        self.push(seq, What::Result(Settled { call, origin, edited, outcome }));
        Ok(())
    }
}
