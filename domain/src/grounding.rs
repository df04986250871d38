//! Whether what is said is carried by what is known: the port, and what it finds.
//!
//! Nothing here decides what becomes of a reply. [`crate::confidence`] makes a score of it, and the
//! gate keeps back what must not go out by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::knowledge::Passage;

/// Bytes of a text, from `start` up to and without `end`, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// The text it stands for; empty when it does not fit the text.
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The same place in a text of which this one's begins at the byte `start`.
    #[must_use]
    pub fn within(self, start: usize) -> Self {
        Self { start: start + self.start, end: start + self.end }
    }
}

/// What a source may do for a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A passage of a document: carries values and supports sentences.
    Passage,
    /// The result of a call, or what a colleague said: as a passage, and what the house did.
    Record,
    /// Words that may be repeated, such as the customer's own and the names of those who talk:
    /// carries values and names, and supports nothing.
    Said,
}

/// A text that a statement may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub kind: SourceKind,
    /// Title and headings of a passage, the tool of a record.
    pub label: &'a str,
    pub text: &'a str,
}

/// A text that is to be checked, with all that it may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    pub text: &'a str,
    pub sources: &'a [Source<'a>],
}

/// What a sentence is, and so what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentenceKind {
    /// States something that a source must carry.
    Claim,
    /// Tells what the house did: a record must carry it.
    Deed,
    /// Asks.
    Question,
    /// Greets, thanks, offers, leads in: claims nothing.
    Courtesy,
}

impl SentenceKind {
    pub fn needs_support(self) -> bool {
        matches!(self, Self::Claim | Self::Deed)
    }
}

/// What was found on a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub kind: FindingKind,
    /// Where in the checked text.
    pub span: Span,
    /// The words there.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A number, with or without a unit, that no source carries.
    Number,
    /// A sum of money that no source carries.
    Amount,
    /// A day, month or weekday that no source carries.
    Date,
    /// A time of day that no source carries.
    Time,
    /// A length of time that no source carries.
    Duration,
    /// A name of a person, product or place that no source carries.
    Name,
    /// A code, address of any kind or telephone number that no source carries.
    Identifier,
    /// The source that speaks of it says the opposite.
    Contradiction,
    /// Too little of the sentence stands in any one source.
    Unsupported,
}

impl FindingKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Name => "name",
            Self::Identifier => "identifier",
            Self::Contradiction => "contradiction",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether it keeps a reply from going out by itself, whatever else speaks for it: an invented
    /// value is the costliest mistake and the easiest to believe.
    pub fn stops(self) -> bool {
        !matches!(self, Self::Contradiction | Self::Unsupported)
    }
}

/// Where a sentence stands in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Index among the statement's sources.
    pub source: usize,
    /// The sentence of the source that says it.
    pub span: Span,
}

/// A sentence and what carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceSupport {
    /// In the checked text. The spans of all sentences cover the text without gap or overlap.
    pub span: Span,
    pub kind: SentenceKind,
    /// 0 to 1; 1 for sentences that need no support.
    pub score: f32,
    pub carrier: Option<Carrier>,
    pub findings: Vec<Finding>,
}

/// From here on a sentence counts as supported.
pub const SUPPORTED: f32 = 0.55;

impl SentenceSupport {
    pub fn is_supported(&self) -> bool {
        !self.kind.needs_support() || self.score >= SUPPORTED
    }
}

/// What a check of a text found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounding {
    pub sentences: Vec<SentenceSupport>,
    /// For each source, the sentence of it that says most of what the text says.
    pub quotes: Vec<Option<Span>>,
}

impl Grounding {
    /// Sentences that need support.
    pub fn claims(&self) -> impl Iterator<Item = &SentenceSupport> {
        self.sentences.iter().filter(|sentence| sentence.kind.needs_support())
    }

    /// Sentences that need support and lack it.
    pub fn unsupported(&self) -> impl Iterator<Item = &SentenceSupport> {
        self.claims().filter(|sentence| !sentence.is_supported())
    }

    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.sentences.iter().flat_map(|sentence| &sentence.findings)
    }

    /// Values and names that nothing carries.
    pub fn stops(&self) -> impl Iterator<Item = &Finding> {
        self.findings().filter(|finding| finding.kind.stops())
    }

    /// Claims that the check by words leaves in doubt and another look may settle. Deeds are not among
    /// them, because only a record can speak for those, nor is what carries a stray value or is denied.
    pub fn doubtful<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let open = |sentence: &&SentenceSupport| {
            sentence.kind == SentenceKind::Claim && sentence.score < SURE && !sentence.is_settled()
        };
        self.sentences.iter().filter(open).map(|sentence| sentence.span.of(text).trim())
    }

    /// Takes in what others say of sentences in doubt. They may raise a sentence that was put in other
    /// words and lower one that its source denies. What carries a stray value stays where it is, and so
    /// does the finding.
    pub fn hear(&mut self, text: &str, opinions: &[SecondOpinion]) {
        for sentence in self.sentences.iter_mut().filter(|sentence| sentence.kind == SentenceKind::Claim) {
            let said = sentence.span.of(text).trim();
            if let Some(opinion) = opinions.iter().find(|opinion| opinion.sentence == said) {
                sentence.hear(said, text, opinion);
            }
        }
    }
}

/// From here on a claim needs no second look.
const SURE: f32 = 0.7;
/// What a claim is worth that a model finds in a source, and shows where.
const READ: f32 = 0.75;
/// The most a claim is worth that a model finds denied in a source.
const DENIED: f32 = 0.2;

impl SentenceSupport {
    /// Whether a finding stands that no second look may change.
    fn is_settled(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.stops() || finding.kind == FindingKind::Contradiction)
    }

    fn hear(&mut self, said: &str, text: &str, opinion: &SecondOpinion) {
        let judged = opinion.read.as_ref().map(|read| read.judged);
        let settled = self.is_settled();
        let trimmed = |span: Span| {
            let body = span.of(text);
            let start = span.start + (body.len() - body.trim_start().len());
            Span { start, end: start + said.len() }
        };
        let finding = |kind, span| Finding { kind, span: trimmed(span), text: said.to_owned() };
        if judged == Some(Judged::Contradicted) {
            self.score = self.score.min(DENIED);
            if self.findings.iter().all(|finding| finding.kind != FindingKind::Contradiction) {
                self.findings.push(finding(FindingKind::Contradiction, self.span));
            }
        } else if !settled {
            let raised = match (judged, &opinion.alike) {
                (Some(Judged::Supported), _) => READ,
                // Who has read the sources and not found it knows better than a likeness.
                (Some(_), _) => 0.0,
                (None, Some(alike)) if alike.score.is_finite() => alike.score.clamp(0.0, 1.0),
                (None, _) => 0.0,
            };
            self.score = self.score.max(raised);
        }
        self.findings.retain(|finding| finding.kind != FindingKind::Unsupported);
        if !self.is_supported() {
            self.findings.push(finding(FindingKind::Unsupported, self.span));
        }
    }
}

/// Sentences in doubt, and the texts that they may rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Doubts {
    /// Trimmed, each once.
    pub sentences: Vec<String>,
    pub sources: Vec<DoubtSource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoubtSource {
    pub label: String,
    pub text: String,
}

impl Doubts {
    /// Sentences of one look, and bytes of one.
    const MAX_SENTENCES: usize = 12;
    const MAX_SENTENCE: usize = 1_000;
    /// Sources of one look, and characters of one.
    const MAX_SOURCES: usize = 12;
    const MAX_SOURCE: usize = 4_000;

    /// Adds a sentence, unless there are enough of them or it is too long to be one.
    pub fn doubt(&mut self, sentence: &str) {
        let fits = sentence.len() <= Self::MAX_SENTENCE && self.sentences.len() < Self::MAX_SENTENCES;
        if fits && !sentence.is_empty() && self.sentences.iter().all(|known| known != sentence) {
            self.sentences.push(sentence.to_owned());
        }
    }

    /// Adds a text that supports sentences.
    pub fn rest_on(&mut self, source: &Source<'_>) {
        if source.kind == SourceKind::Said || self.sources.len() >= Self::MAX_SOURCES {
            return;
        }
        let text: String = source.text.chars().take(Self::MAX_SOURCE).collect();
        if !text.trim().is_empty() && self.sources.iter().all(|known| known.text != text) {
            self.sources.push(DoubtSource { label: source.label.to_owned(), text });
        }
    }

    /// None when nothing is in doubt, or nothing could settle it.
    pub fn any(self) -> Option<Self> {
        (!self.sentences.is_empty() && !self.sources.is_empty()).then_some(self)
    }
}

/// What a second look says of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondOpinion {
    pub sentence: String,
    /// Of a model that has read the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Read>,
    /// Of an embedder: the sentence of a source that means most like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Read {
    pub judged: Judged,
    /// The words of the source that say so; empty when none do.
    pub quote: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    Supported,
    Contradicted,
    NotFound,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alike {
    /// What it is worth, 0 to 1.
    pub score: f32,
    pub quote: String,
}

/// Checks a text against its sources. Gives the same answer to the same question, and takes time
/// in proportion to their length.
pub trait Grounds: Send + Sync {
    fn ground(&self, statement: &Statement<'_>) -> Grounding;

    /// The values and names in the text that no source carries, alone.
    fn strays(&self, statement: &Statement<'_>) -> Vec<Finding>;
}

/// What a text stands on that a call would have somebody read, sentence by sentence: for whoever decides on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Footing {
    /// Carriers name sources by their place in `sources`. Only what carries a sentence, or denies it, is named.
    pub sentences: Vec<SentenceSupport>,
    /// Those that the text cites, in their order, and others that carry it.
    pub sources: Vec<FootingSource>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FootingSource {
    Passage(Box<Passage>),
    /// What came of a call; without a tool, what colleagues or other services said.
    Record {
        tool: String,
        text: String,
    },
    /// The workspace's own words for such a case.
    Procedure {
        text: String,
    },
}

impl FootingSource {
    pub fn text(&self) -> &str {
        match self {
            Self::Passage(passage) => &passage.text,
            Self::Record { text, .. } | Self::Procedure { text } => text,
        }
    }
}
