//! An answer in sentences that each say what they rest on, and how much of it is believed.
//!
//! For questions outside of a ticket. A model is held to [`CitedAnswer`]; [`believe`] keeps the
//! sentences whose passages really say them.

use domain::{
    grounding::{
        Doubts, Finding, FindingKind, Grounding, Grounds, SecondOpinion, Source, SourceKind, Span, Statement,
    },
    knowledge::Passage,
    model::OutputSchema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{MAX_CITATIONS, MAX_REPLY, strict_schema, unfenced};

/// The name of the schema that a model is held to.
pub const SCHEMA: &str = "cited_answer";
/// Sentences of one answer.
pub const MAX_SENTENCES: usize = 40;

/// What a model answers with. The JSON schema is strict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CitedAnswer {
    /// In their order; none when the passages do not answer the question.
    pub sentences: Vec<CitedSentence>,
    /// What the passages lack; empty when they answer the question.
    pub missing: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CitedSentence {
    pub text: String,
    /// Ids of the passages that state it.
    pub citations: Vec<String>,
}

impl CitedAnswer {
    /// Reads the final text of a model. The error is in words for the model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let answer: Self = serde_json::from_str(unfenced(text))
            .map_err(|error| format!("it is not the JSON object that the schema asks for: {error}"))?;
        if answer.sentences.len() > MAX_SENTENCES {
            return Err(format!("`sentences` may have {MAX_SENTENCES} entries at most"));
        }
        if answer.sentences.iter().map(|sentence| sentence.text.chars().count()).sum::<usize>() > MAX_REPLY {
            return Err(format!("the sentences may have {MAX_REPLY} characters together"));
        }
        if answer.sentences.iter().any(|sentence| sentence.citations.len() > MAX_CITATIONS) {
            return Err(format!("`citations` may have {MAX_CITATIONS} entries at most"));
        }
        Ok(answer)
    }

    pub fn output_schema() -> OutputSchema {
        OutputSchema { name: SCHEMA.to_owned(), schema: strict_schema::<Self>() }
    }
}

/// A sentence that its passages say.
#[derive(Clone, Debug, PartialEq)]
pub struct Believed<'p> {
    pub text: String,
    /// How much of it stands there, 0 to 1.
    pub score: f32,
    /// Where: the passages with the span of each that says it.
    pub cited: Vec<(&'p Passage, Span)>,
}

/// A sentence that is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubted {
    pub text: String,
    /// In words for people.
    pub why: String,
}

/// Which sentences are kept and which are left out. `said` are words that may be repeated, `opinions`
/// what others said of [`doubts`].
pub fn believe<'p>(
    answer: &CitedAnswer,
    passages: &'p [Passage],
    said: &str,
    grounds: &dyn Grounds,
    opinions: &[SecondOpinion],
) -> (Vec<Believed<'p>>, Vec<Doubted>) {
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for sentence in stated(answer) {
        let cited = cited(sentence, passages);
        let text = sentence.text.trim().to_owned();
        let mut grounding = ground(&text, &cited, said, grounds, &mut |_| {});
        grounding.hear(&text, &about(opinions, &cited));
        match doubt(&grounding, cited.is_empty()) {
            Some(why) => left.push(Doubted { text, why }),
            None => kept.push(Believed { score: score(&grounding), cited: places(&cited, &grounding), text }),
        }
    }
    (kept, left)
}

/// What a second look may settle.
pub fn doubts(
    answer: &CitedAnswer,
    passages: &[Passage],
    said: &str,
    grounds: &dyn Grounds,
) -> Option<Doubts> {
    let mut doubts = Doubts::default();
    for sentence in stated(answer) {
        let cited = cited(sentence, passages);
        let text = sentence.text.trim();
        let mut sources = Doubts::default();
        let grounding = ground(text, &cited, said, grounds, &mut |source| sources.rest_on(source));
        let known = doubts.sentences.len();
        grounding.doubtful(text).for_each(|sentence| doubts.doubt(sentence));
        if doubts.sentences.len() > known {
            for source in &sources.sources {
                doubts.rest_on(&Source {
                    kind: SourceKind::Passage,
                    label: &source.label,
                    text: &source.text,
                });
            }
        }
    }
    doubts.any()
}

fn stated(answer: &CitedAnswer) -> impl Iterator<Item = &CitedSentence> {
    answer.sentences.iter().filter(|sentence| !sentence.text.trim().is_empty())
}

/// The passages that a sentence cites and that were found, each once.
fn cited<'p>(sentence: &CitedSentence, passages: &'p [Passage]) -> Vec<&'p Passage> {
    let mut cited: Vec<&Passage> = Vec::new();
    for id in &sentence.citations {
        let found = passages.iter().find(|passage| passage.chunk_id.to_string() == id.trim());
        cited.extend(found.filter(|found| cited.iter().all(|known| known.chunk_id != found.chunk_id)));
    }
    cited
}

pub(crate) fn ground(
    text: &str,
    cited: &[&Passage],
    said: &str,
    grounds: &dyn Grounds,
    each: &mut dyn FnMut(&Source<'_>),
) -> Grounding {
    let labels: Vec<String> = cited.iter().map(|passage| passage.label()).collect();
    let mut sources: Vec<Source<'_>> = cited
        .iter()
        .zip(&labels)
        .map(|(passage, label)| Source { kind: SourceKind::Passage, label, text: &passage.text })
        .collect();
    sources.push(Source { kind: SourceKind::Said, label: "", text: said });
    sources.iter().for_each(each);
    grounds.ground(&Statement { text, sources: &sources })
}

/// The opinions that rest on the passages a sentence cites: others' passages do not speak for it.
fn about(opinions: &[SecondOpinion], cited: &[&Passage]) -> Vec<SecondOpinion> {
    let here = |quote: &str| quote.is_empty() || cited.iter().any(|passage| passage.text.contains(quote));
    let kept = |opinion: &SecondOpinion| SecondOpinion {
        read: opinion.read.clone().filter(|read| here(&read.quote)),
        alike: opinion.alike.clone().filter(|alike| here(&alike.quote)),
        ..opinion.clone()
    };
    opinions.iter().map(kept).collect()
}

fn score(grounding: &Grounding) -> f32 {
    grounding.claims().map(|sentence| sentence.score).fold(1.0, f32::min)
}

/// Why a sentence is not believed.
pub(crate) fn doubt(grounding: &Grounding, uncited: bool) -> Option<String> {
    let named = |findings: Vec<&Finding>| {
        findings.iter().map(|finding| format!("“{}”", finding.text)).collect::<Vec<_>>().join(", ")
    };
    if uncited {
        return Some("it cites no passage that was found".to_owned());
    }
    let stops: Vec<&Finding> = grounding.stops().collect();
    if !stops.is_empty() {
        return Some(format!("its passages do not carry {}", named(stops)));
    }
    if grounding.findings().any(|finding| finding.kind == FindingKind::Contradiction) {
        return Some("a passage says the opposite".to_owned());
    }
    grounding.unsupported().next().map(|_| "its passages do not say it".to_owned())
}

fn places<'p>(cited: &[&'p Passage], grounding: &Grounding) -> Vec<(&'p Passage, Span)> {
    let quotes = grounding.quotes.iter().copied().chain(std::iter::repeat(None));
    let all: Vec<(&Passage, Option<Span>)> = cited.iter().copied().zip(quotes).collect();
    let mut places: Vec<(&Passage, Span)> =
        all.iter().filter_map(|(passage, span)| Some((*passage, (*span)?))).collect();
    if places.is_empty() {
        // A courtesy rests on nothing; it is shown beside what it came with.
        places.extend(cited.first().map(|passage| (*passage, Span { start: 0, end: passage.text.len() })));
    }
    places
}
