//! Answers colleagues' questions without a language model: reads what is asked from its words and from the
//! examples in `copilot.toml`, looks it up, and tells what came back in sentences of its own.
//!
//! It says what it can be asked when it does not understand, and never guesses.

mod tell;
mod wishes;

use std::sync::LazyLock;

use agents::copilot::{Reply, Stated};
use domain::{
    copilot::{LookingAt, ReadSource, SourceKind},
    errand::PROPOSE,
    model::{CallResult, Facts, ModelRequest},
    tool::ToolCall,
};
use rag::likeness::{likeness, terms};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::wishes::Wish;
use super::{pattern, slots};

/// From here on a question is read as the example that it is most like.
const ALIKE: f32 = 0.6;
/// Records looked up, to be counted and the first of them told.
const LISTED: u32 = 10;
const MAX_NAME: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    subject: Vec<Subject>,
}

/// Something that can be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    tells: String,
    call: String,
    args: Map<String, Value>,
    #[serde(default)]
    words: String,
    examples: Vec<String>,
}

#[expect(clippy::expect_used, reason = "the file is part of this module and read by its tests")]
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    toml::from_str::<Data>(include_str!("copilot.toml")).expect("a file that parses").subject
});

static UUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:#\s?|\b(?:ticket|case|request)s?\s+(?:no\.?\s*|number\s+|nr\.?\s*)?#?)(\d{1,9})\b")
});
static THIS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:this|that|the)\s+(ticket|case|request|customer|company|run|approval|proposal|one)\b|\b(it|they|them|here|this)\b",
    )
});
static POINTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:is|does|did|was|about|do\s+with)\s+this\b(?:\s+(day|week|month|quarter|year|morning)\b)?",
    )
});
static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:tickets?|cases?|requests?|conversations?)\s+(?:(?:that\s+)?(?:are|is)\s+)?(?:about|regarding|concerning|mentioning|mention|that\s+mention|with\s+the\s+word|containing)\s+(.+?)[?.!]*$",
    )
});
static OF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\btickets?\s+(?:of|from|by)\s+(?:the\s+)?(?:customer\s+)?|\bcustomers?\s+(?:called\s+|named\s+)?|\bwho\s+is\s+|\btell\s+me\s+about\s+|\bfind\s+(?:the\s+)?customer\s+)(.+?)[?.!]*$",
    )
});
static GENERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:do|does|are|is|have|has|that|who|which|we|i|you|how|what|when|can|may|should|if|wait|waiting)\b",
    )
});
static ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s*(?:and|what\s+about|how\s+about|but|then|also|only)\b|\b(?:of\s+(?:them|those|these)|those|these)\b",
    )
});
static COUNTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bhow\s+many\b|\bnumber\s+of\b|\bcount\b"));
static OLDEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:oldest|longest|first|earliest)\b"));
static NEWEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:newest|latest|last|recent(?:ly)?)\b"));
static MINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:my|mine|to\s+me)\b"));

/// What the model does next.
pub(super) enum Response {
    Calls(Vec<ToolCall>),
    Final(Reply),
}

pub(super) fn copilot(request: &ModelRequest) -> Response {
    let facts = &request.facts;
    let asked = Asked::of(facts);
    let Some(last) = facts.results.last() else {
        return match wishes::wish(&asked) {
            Some(Wish::Propose(args)) => call(PROPOSE, args),
            Some(Wish::Unclear(why)) => {
                Response::Final(Reply { statements: vec![said(why)], follow_ups: Vec::new() })
            }
            None => asked.look_up(),
        };
    };
    if !last.ok {
        return Response::Final(refused(last));
    }
    if let Some(next) = asked.look_further(last) {
        return next;
    }
    Response::Final(tell::told(&asked, last, &facts.passages))
}

/// A question, taken apart.
pub(super) struct Asked<'f> {
    pub(super) text: &'f str,
    /// What it is understood as, with the question before it where it goes on from that.
    whole: String,
    subject: Option<&'static Subject>,
    looking_at: Option<LookingAt>,
    before: Vec<ReadSource>,
}

impl<'f> Asked<'f> {
    fn of(facts: &'f Facts) -> Self {
        let mut questions = facts.conversation.iter().rev().filter(|turn| turn.from_customer);
        let text = questions.next().map_or("", |turn| turn.text.as_str());
        let earlier = questions.next().filter(|_| ON.is_match(text)).map_or("", |turn| turn.text.as_str());
        let whole = format!("{earlier} {text}").trim().to_owned();
        let about = facts.customer.as_ref();
        let read = |name: &str| about.and_then(|about| about.get(name)).cloned().unwrap_or_default();
        Self {
            text,
            subject: subject_of(text).or_else(|| subject_of(&whole)),
            whole,
            looking_at: serde_json::from_value(read("looking_at")).unwrap_or_default(),
            before: serde_json::from_value(read("before")).unwrap_or_default(),
        }
    }

    pub(super) fn tells(&self) -> &str {
        self.subject.map_or("", |subject| subject.tells.as_str())
    }

    pub(super) fn words(&self) -> &str {
        self.subject.map_or("", |subject| subject.words.as_str())
    }

    pub(super) fn counts(&self) -> bool {
        COUNTS.is_match(self.text)
    }

    fn look_up(&self) -> Response {
        if let Some(number) = NUMBER.captures(self.text).and_then(|found| found.get(1)) {
            return call("read_ticket", json!({ "ticket": number.as_str() }));
        }
        if let Some(found) = UUID.find(self.text) {
            return self.by_id(found.as_str());
        }
        if let Some(text) = ABOUT.captures(self.text).and_then(|found| found.get(1)) {
            return call("find_tickets", json!({ "text": name(text.as_str()), "limit": LISTED }));
        }
        if let Some(address) = slots::email(self.text) {
            return call("find_customers", json!({ "text": address }));
        }
        if let Some(response) = self.this() {
            return response;
        }
        if let Some(subject) = self.subject {
            return self.by_subject(subject);
        }
        let named = OF.captures(self.text).and_then(|found| found.get(1)).map(|found| name(found.as_str()));
        if let Some(name) =
            named.filter(|name| !GENERAL.is_match(name) && name.split_whitespace().count() <= 5)
        {
            return call("find_customers", json!({ "text": name }));
        }
        let query: String = self.text.chars().take(500).collect();
        call("search_all_knowledge", json!({ "query": query }))
    }

    fn by_subject(&self, subject: &Subject) -> Response {
        let mut args = subject.args.clone();
        if subject.call == "find_tickets" {
            if OLDEST.is_match(&self.whole) {
                args.insert("order".to_owned(), json!("oldest"));
            } else if NEWEST.is_match(&self.whole) {
                args.insert("order".to_owned(), json!("newest"));
            }
            if MINE.is_match(&self.whole) {
                args.insert("assigned_to".to_owned(), json!("me"));
            }
        }
        if subject.call.starts_with("find_") {
            args.insert("limit".to_owned(), json!(LISTED));
        }
        call(&subject.call, Value::Object(args))
    }

    /// An id says nothing of what it is of, but what was cited before may.
    fn by_id(&self, id: &str) -> Response {
        let known = self.before.iter().find(|source| source.id.eq_ignore_ascii_case(id));
        let said = |word: &str| self.text.to_lowercase().contains(word);
        let kind = known.map(|source| source.kind);
        if kind == Some(SourceKind::Run) || said("run") {
            call("read_run", json!({ "run_id": id }))
        } else if kind == Some(SourceKind::Customer) || said("customer") {
            call("read_customer", json!({ "customer_id": id }))
        } else if kind == Some(SourceKind::Approval) || said("approval") {
            call("read_approval", json!({ "approval_id": id }))
        } else {
            call("read_ticket", json!({ "ticket": id }))
        }
    }

    /// What is before the colleague, or was spoken of last, when the question points at it.
    fn this(&self) -> Option<Response> {
        let found = THIS.captures(self.text)?;
        let noun = found.get(1).map(|noun| noun.as_str().to_lowercase());
        let wanted = match noun.as_deref() {
            Some("ticket" | "case" | "request") => Some(SourceKind::Ticket),
            Some("customer" | "company") => Some(SourceKind::Customer),
            Some("run") => Some(SourceKind::Run),
            Some("approval" | "proposal") => Some(SourceKind::Approval),
            // A subject of its own is asked about; `it` is only a word of it, and `this` when it is a time.
            _ if self.subject.is_some() && !points(self.text) => return None,
            _ => None,
        };
        let fits = |kind: SourceKind| wanted.is_none_or(|wanted| wanted == kind);
        let (kind, id) = self
            .looking_at
            .map(|at| match at {
                LookingAt::Ticket(id) => (SourceKind::Ticket, id.to_string()),
                LookingAt::Customer(id) => (SourceKind::Customer, id.to_string()),
                LookingAt::Run(id) => (SourceKind::Run, id.to_string()),
                LookingAt::Approval(id) => (SourceKind::Approval, id.to_string()),
            })
            .filter(|(kind, _)| fits(*kind))
            .or_else(|| {
                let record = |source: &&ReadSource| source.kind != SourceKind::List && fits(source.kind);
                self.before.iter().find(record).map(|source| (source.kind, source.id.clone()))
            })?;
        Some(match kind {
            SourceKind::Ticket => call("read_ticket", json!({ "ticket": id })),
            SourceKind::Customer => call("read_customer", json!({ "customer_id": id })),
            SourceKind::Run => call("read_run", json!({ "run_id": id })),
            SourceKind::Approval => call("read_approval", json!({ "approval_id": id })),
            SourceKind::Document | SourceKind::Figures | SourceKind::List => return None,
        })
    }

    /// The one customer that was found is read; words that are no customer's name are looked for in the articles;
    /// of a ticket, its customer is read when that is asked.
    fn look_further(&self, last: &CallResult) -> Option<Response> {
        let named = last.call.args.get("text").is_some();
        match last.call.tool.as_str() {
            "find_customers" if named => match last.content.get("customers")?.as_array()?.as_slice() {
                [one] => Some(call("read_customer", json!({ "customer_id": one.get("id")? }))),
                [] if slots::email(self.text).is_none() && !is_a_name(&last.call.args) => {
                    Some(call("search_all_knowledge", json!({ "query": self.text })))
                }
                _ => None,
            },
            "read_ticket" if self.text.to_lowercase().contains("customer") => {
                let id = last.content.get("customer")?.get("id")?;
                Some(call("read_customer", json!({ "customer_id": id })))
            }
            _ => None,
        }
    }
}

/// Whether a question points at what is before whoever asks: "Why does this wait?", and not "this week".
fn points(text: &str) -> bool {
    POINTS.captures(text).is_some_and(|found| found.get(1).is_none())
}

/// Whether what was looked for as a customer is written like a name, so that it is none is the answer.
fn is_a_name(args: &Value) -> bool {
    let text = args.get("text").and_then(Value::as_str).unwrap_or_default();
    text.chars().next().is_some_and(char::is_uppercase) && text.split_whitespace().count() <= 4
}

fn subject_of(text: &str) -> Option<&'static Subject> {
    // Of some questions no word says what they are about: "How much did it cost?"
    let plain = |text: &str| text.trim().trim_end_matches(['?', '.', '!']).to_lowercase();
    let word_for_word =
        |subject: &&Subject| subject.examples.iter().any(|example| plain(example) == plain(text));
    if let Some(subject) = SUBJECTS.iter().find(word_for_word) {
        return Some(subject);
    }
    let asked = terms(text);
    let score = |subject: &Subject| {
        let each = subject.examples.iter().map(|example| likeness(&asked, &terms(example)));
        each.fold(0.0_f32, f32::max)
    };
    let scored = SUBJECTS.iter().map(|subject| (subject, score(subject)));
    // Of those that are equally like, the first.
    let best = scored.fold(None::<(&Subject, f32)>, |best, (subject, score)| match best {
        Some((_, so_far)) if so_far >= score => best,
        _ => Some((subject, score)),
    });
    best.filter(|(_, score)| *score >= ALIKE).map(|(subject, _)| subject)
}

fn call(tool: &str, args: Value) -> Response {
    Response::Calls(vec![ToolCall { id: "1".to_owned(), tool: tool.to_owned(), args }])
}

fn name(text: &str) -> String {
    let text = text.trim().trim_matches(['"', '“', '”', '\'', '`']).trim_end_matches(['?', '.', '!']);
    text.chars().take(MAX_NAME).collect()
}

fn refused(last: &CallResult) -> Reply {
    let why = last.content.get("reason").or_else(|| last.content.get("error")).and_then(Value::as_str);
    let why = why.unwrap_or("it is not available").trim_start_matches("refused: ").trim_end_matches('.');
    let begins = match last.call.tool.as_str() {
        PROPOSE => "That was not proposed",
        _ => "That cannot be looked up",
    };
    Reply {
        statements: vec![said(format!("{begins}: {why}."))],
        follow_ups: vec!["What can I ask?".to_owned()],
    }
}

/// A statement that rests on nothing that was read.
fn said(text: impl Into<String>) -> Stated {
    Stated { text: text.into(), sources: Vec::new() }
}

fn stated(text: impl Into<String>, sources: &[&str]) -> Stated {
    Stated { text: text.into(), sources: sources.iter().map(|source| (*source).to_owned()).collect() }
}

/// What it can be asked, told when it does not know an answer.
fn capable(first: &str) -> Reply {
    Reply {
        statements: vec![
            said(first),
            said(
                "Without a language model I answer questions about tickets (by number, status, words or assignee), \
                 customers by name or address, runs, approvals that wait, the desk's figures and spending, and what the \
                 articles of the knowledge base say. I put notes, replies, tags and closing before a person, in the \
                 words you give me: “add a note to #12: …”.",
            ),
        ],
        follow_ups: vec![
            "Which tickets have waited longest for us?".to_owned(),
            "What waits for a decision?".to_owned(),
            "How is the desk doing?".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_as_its_own_subject() {
        for subject in SUBJECTS.iter() {
            for example in &subject.examples {
                let found = subject_of(example).map(|found| (&found.tells, &found.words));
                assert_eq!(found, Some((&subject.tells, &subject.words)), "{example}");
            }
        }
    }

    #[test]
    fn what_is_pointed_at_is_not_a_time() {
        for question in ["Why does this wait?", "What is this?", "What should I do with this?"] {
            assert!(points(question), "{question}");
        }
        for question in
            ["How much did it cost?", "What was resolved this week?", "What did we spend this month?"]
        {
            assert!(!points(question), "{question}");
        }
    }

    #[test]
    fn words_that_are_no_name_are_looked_for_in_the_articles() {
        assert!(is_a_name(&json!({ "text": "Jonathan Berger" })));
        assert!(!is_a_name(&json!({ "text": "return a tent" })));
    }

    #[test]
    fn questions_of_customers_are_no_subject() {
        for question in [
            "How long does a refund take?",
            "Do you deliver to Norway?",
            "What is the tone of voice we use?",
            "May a jacket be returned after thirty days?",
        ] {
            assert!(subject_of(question).is_none(), "{question}");
        }
    }
}
