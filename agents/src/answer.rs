//! What the resolution agent's model ends its turn with, and how much of it is believed: which
//! citations stand for passages that this run really found, and how sure the house is of the reply.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use domain::{
    answerability::{Answerability, Course},
    confidence::{Confidence, Evidence, Reason},
    excerpt::beginning,
    grounding::{Doubts, Grounding, Grounds, SecondOpinion, Source, SourceKind, Span, Statement},
    knowledge::{Citation, Passage},
    model::OutputSchema,
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::courtesy;

/// Characters of a reply.
pub const MAX_REPLY: usize = 8_000;
/// Passages one reply may cite.
pub const MAX_CITATIONS: usize = 20;
const MAX_QUOTE: usize = 300;

/// How a turn of the model ends. The JSON schema is strict: every member is there, and no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// `answer` to answer or report what was done, `ask` to ask for what is missing, `handoff` to
    /// give the ticket to a person, `nothing` when nothing has to be said or done.
    pub kind: Kind,
    /// What the customer reads, with marks such as [1] for the citations.
    pub reply: String,
    /// `chunk_id`s of the passages the reply rests on, in the order of its marks.
    pub citations: Vec<String>,
    /// From 0 to 1.
    pub confidence: f32,
    /// Nothing is left to be done for the customer.
    pub resolved: bool,
    /// One sentence for colleagues.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Answer,
    Ask,
    Handoff,
    // Only where no message of the customer waits for an answer. No doc comment: it would split the
    // enumeration in the schema.
    Nothing,
}

impl Answer {
    /// Reads the final text of a model, with or without a code fence around it. The error is in
    /// words for the model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let answer: Self = serde_json::from_str(unfenced(text))
            .map_err(|error| format!("it is not the JSON object that the schema asks for: {error}"))?;
        if !(0.0..=1.0).contains(&answer.confidence) {
            return Err("`confidence` must be from 0 to 1".to_owned());
        }
        if matches!(answer.kind, Kind::Answer | Kind::Ask) && answer.reply.trim().is_empty() {
            return Err("`reply` is empty".to_owned());
        }
        if answer.reply.chars().count() > MAX_REPLY {
            return Err(format!("`reply` may have {MAX_REPLY} characters at most"));
        }
        if answer.citations.len() > MAX_CITATIONS {
            return Err(format!("`citations` may have {MAX_CITATIONS} entries at most"));
        }
        Ok(answer)
    }

    /// The schema a model is held to, named `answer`.
    pub fn output_schema() -> OutputSchema {
        static SCHEMA: LazyLock<Arc<Value>> = LazyLock::new(strict_schema::<Answer>);
        OutputSchema { name: "answer".to_owned(), schema: Arc::clone(&SCHEMA) }
    }
}

/// The schema of a type as providers enforce it.
pub(crate) fn strict_schema<T: JsonSchema>() -> Arc<Value> {
    let mut schema = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    drop_formats(&mut schema);
    Arc::new(schema)
}

/// Providers that enforce schemas refuse number formats.
fn drop_formats(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("format");
            members.values_mut().for_each(drop_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        _ => {}
    }
}

pub(crate) fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|t| t.strip_suffix("```")) else { return text };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

/// What a run knows when a reply is judged.
#[derive(Debug, Default)]
pub(crate) struct Findings<'a> {
    /// Passages that searches of this run returned, each once.
    pub passages: Vec<Passage>,
    /// The best coverage of the searches for the customer's latest messages.
    pub coverage: Option<f32>,
    /// Those messages, judged by what was found for them, and what follows.
    pub answerable: Option<(Answerability, Course)>,
    /// Results of calls and what reviewers said, as text, each with its tool.
    pub records: Vec<(&'a str, Cow<'a, str>)>,
    /// The workspace's own words that apply: texts of procedures under way.
    pub wording: Vec<&'a str>,
    /// Questions the workspace asks in its procedures.
    pub questions: Vec<&'a str>,
    /// What the customer wrote.
    pub said: String,
    /// The names of those who talk.
    pub names: String,
    /// The customer said thanks and asked for nothing.
    pub thanked: bool,
}

/// A reply as it can go out.
#[derive(Debug)]
pub(crate) struct Grounded {
    pub body: String,
    pub sources: Vec<Citation>,
    pub confidence: Confidence,
    /// What a second look may settle.
    pub doubts: Doubts,
}

/// Keeps the citations that stand for found passages, numbers the marks anew and scores the reply.
/// `opinions`: what others said of what was in doubt.
pub(crate) fn ground(
    answer: &Answer,
    findings: &Findings<'_>,
    grounds: &dyn Grounds,
    opinions: &[SecondOpinion],
) -> Grounded {
    let mut cited: Vec<&Passage> = Vec::new();
    // For each entry of `citations`, the number of its passage in the reply.
    let mut numbers: Vec<Option<usize>> = Vec::with_capacity(answer.citations.len());
    for id in &answer.citations {
        let found = findings.passages.iter().find(|passage| passage.chunk_id.to_string() == id.trim());
        numbers.push(found.map(|passage| {
            cited.iter().position(|c| c.chunk_id == passage.chunk_id).unwrap_or_else(|| {
                cited.push(passage);
                cited.len() - 1
            }) + 1
        }));
    }
    let known = numbers.iter().flatten().count();
    let body = renumber(answer.reply.trim(), &numbers);
    let trust = if numbers.is_empty() { 1.0 } else { known as f32 / numbers.len() as f32 };
    let stated = answer.confidence * trust;
    let labels: Vec<String> = findings.passages.iter().map(Passage::label).collect();
    let sources = sources(answer.kind, &cited, findings, &labels);
    let mut grounding = grounds.ground(&Statement { text: &body, sources: &sources });
    let mut doubts = Doubts::default();
    grounding.doubtful(&body).for_each(|sentence| doubts.doubt(sentence));
    sources.iter().for_each(|source| doubts.rest_on(source));
    grounding.hear(&body, opinions);
    let mut confidence = score(answer, &body, stated, &grounding, cited.is_empty(), findings);
    if known < numbers.len() {
        let detail = format!("{known} of {} cited passages were found by this run", numbers.len());
        confidence.reasons.push(Reason { name: "citations".to_owned(), score: trust, detail });
    }
    // The cited passages are the first sources, in their order.
    let quotes = grounding.quotes.iter().copied().chain(std::iter::repeat(None));
    let sources = cited.into_iter().zip(quotes).map(|(passage, quote)| citation(passage, quote)).collect();
    Grounded { body, sources, confidence, doubts }
}

/// What a reply may rest on, the cited passages first. A question back may besides name what any
/// found passage speaks of, and ask what the procedures ask.
pub(crate) fn sources<'s>(
    kind: Kind,
    cited: &[&'s Passage],
    findings: &'s Findings<'_>,
    labels: &'s [String],
) -> Vec<Source<'s>> {
    let label = |passage: &Passage| {
        let at = findings.passages.iter().position(|found| found.chunk_id == passage.chunk_id);
        at.and_then(|at| labels.get(at)).map_or("", String::as_str)
    };
    let source = |kind: SourceKind, label: &'s str, text: &'s str| Source { kind, label, text };
    let mut sources: Vec<Source<'s>> =
        cited.iter().map(|passage| source(SourceKind::Passage, label(passage), &passage.text)).collect();
    sources.extend(findings.records.iter().map(|(tool, text)| source(SourceKind::Record, tool, text)));
    sources.extend(findings.wording.iter().map(|text| source(SourceKind::Record, "", text)));
    if kind == Kind::Ask {
        sources.extend(findings.questions.iter().map(|text| source(SourceKind::Record, "", text)));
        let found = findings.passages.iter().zip(labels);
        sources.extend(found.map(|(passage, label)| source(SourceKind::Said, label, &passage.text)));
    }
    sources.push(source(SourceKind::Said, &findings.names, &findings.said));
    sources
}

fn score(
    answer: &Answer,
    body: &str,
    stated: f32,
    grounding: &Grounding,
    uncited: bool,
    findings: &Findings<'_>,
) -> Confidence {
    // A reply from records alone is not worse for what the knowledge base does not hold.
    let from_records = uncited && !findings.records.is_empty();
    let evidence = Evidence {
        reply: body,
        grounding,
        coverage: if from_records { None } else { findings.coverage },
        answerable: findings
            .answerable
            .as_ref()
            .filter(|_| !from_records)
            .map(|(judged, course)| (judged, *course)),
        stated: Some(stated),
    };
    let claims = grounding.unsupported().count();
    let rule = match answer.kind {
        // One sentence beside a question is its lead-in.
        Kind::Ask if body.contains(['?', '？', '؟']) && claims <= 1 => "it asks and claims nothing",
        Kind::Answer if findings.thanked && courtesy::welcomes(body) && claims == 0 => {
            "it answers thanks and claims nothing"
        }
        _ => return Confidence::of(&evidence),
    };
    if grounding.stops().next().is_some() {
        return Confidence::of(&evidence);
    }
    let reason = |name: &str, score: f32, detail: &str| Reason {
        name: name.to_owned(),
        score,
        detail: detail.to_owned(),
    };
    let reasons = vec![reason("stated", stated, "the model's own statement"), reason("rule", 1.0, rule)];
    Confidence::by_rule(stated, reasons)
}

/// The words of the passage that speak most for the reply; its beginning when none do.
fn citation(passage: &Passage, quote: Option<Span>) -> Citation {
    let words = quote.map_or(passage.text.as_str(), |span| span.of(&passage.text)).trim();
    // To a word's end and without a mark: it is looked for again in what the document says later.
    let quote = beginning(words, MAX_QUOTE).unwrap_or(words).to_owned();
    Citation {
        chunk_id: passage.chunk_id,
        document_id: passage.document_id,
        document_version: passage.document_version,
        slug: passage.slug.clone(),
        title: passage.title.clone(),
        span: passage.span_of(&quote),
        quote,
    }
}

/// Writes the marks anew: `[n]` and `[n, m]` with at most two digits are marks; those of dropped
/// citations leave with the space before them.
fn renumber(reply: &str, numbers: &[Option<usize>]) -> String {
    let mut out = String::with_capacity(reply.len());
    let mut rest = reply;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let marks = from.find(']').and_then(|end| Some((marks(&from[1..end])?, end)));
        let Some((marks, end)) = marks else {
            out.push('[');
            rest = &from[1..];
            continue;
        };
        let mut kept: Vec<usize> = Vec::new();
        for mark in marks {
            if let Some(Some(number)) = mark.checked_sub(1).and_then(|n| numbers.get(n))
                && !kept.contains(number)
            {
                kept.push(*number);
            }
        }
        if kept.is_empty() {
            out.truncate(out.trim_end_matches(' ').len());
        }
        for number in kept {
            out.push_str(&format!("[{number}]"));
        }
        rest = &from[end + 1..];
    }
    out.push_str(rest);
    out.trim().to_owned()
}

fn marks(inside: &str) -> Option<Vec<usize>> {
    inside
        .split(',')
        .map(str::trim)
        .map(|mark| {
            let digits = !mark.is_empty() && mark.len() <= 2 && mark.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| mark.parse().ok()).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_output_schema_is_strict() {
        let output = Answer::output_schema();
        let schema = output.schema.as_ref();
        assert_eq!(schema["additionalProperties"], json!(false));
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let members: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(required, members);
        assert_eq!(schema["properties"]["kind"]["enum"], json!(["answer", "ask", "handoff", "nothing"]));
        assert!(!schema.to_string().contains("format"), "{schema}");
    }

    #[test]
    fn a_fenced_answer_is_read_and_an_odd_one_is_refused_with_the_reason() {
        let good = r#"{"kind":"ask","reply":"Which order?","citations":[],"confidence":0.9,"resolved":false,"reason":"r"}"#;
        assert_eq!(Answer::parse(&format!("```json\n{good}\n```")).unwrap().kind, Kind::Ask);
        for (bad, why) in [
            (good.replace("0.9", "1.2"), "confidence"),
            (good.replace("Which order?", " "), "reply"),
            (good.replace("\"resolved\":false,", ""), "resolved"),
            (good.replace("\"reason\"", "\"mood\":1,\"reason\""), "mood"),
            ("Sure!".to_owned(), "JSON"),
        ] {
            let error = Answer::parse(&bad).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn marks_follow_the_citations_that_are_kept() {
        let numbers = [None, Some(1), Some(2), Some(1)];
        assert_eq!(
            renumber("A. [1] B. [2] C. [3][4] D [2, 3]. [9] [see] [2024]", &numbers),
            "A. B. [1] C. [2][1] D [1][2]. [see] [2024]"
        );
    }
}
