//! What a model says of sentences in doubt, held against the sources that it says it from.

use domain::{
    grounding::{Doubts, Judged, Read, SecondOpinion},
    model::{Facts, ModelMessage, ModelRequest, OutputSchema, Strength},
};
use prompts::{DoubtedSentences, PassageFacts, PromptError, Untrusted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{strict_schema, unfenced};

/// The name of the schema that a model is held to.
pub const SCHEMA: &str = "support";
const PURPOSE: &str = "grounding.check";
const MAX_OUTPUT_TOKENS: u32 = 1_500;

/// What a model answers with. The JSON schema is strict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Support {
    pub sentences: Vec<Judgement>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The number of the sentence.
    pub number: usize,
    /// `supported`, `contradicted` or `not_found`.
    pub verdict: Judged,
    /// The number of the source that says so; 0 when none does.
    pub source: usize,
    /// Words of that source, exactly as they stand there; empty when none do.
    pub quote: String,
}

/// The request for a look at what is in doubt.
pub fn request(doubts: &Doubts) -> Result<ModelRequest, PromptError> {
    let numbers: Vec<String> = (1..=doubts.sources.len()).map(|number| number.to_string()).collect();
    let sources: Vec<PassageFacts<'_>> = doubts
        .sources
        .iter()
        .zip(&numbers)
        .map(|(source, id)| PassageFacts { id, label: &source.label, text: &source.text })
        .collect();
    let sentences: Vec<Untrusted<'_>> = doubts.sentences.iter().map(|sentence| Untrusted(sentence)).collect();
    let system = prompts::grounding_check(&sources)?;
    let asked = prompts::grounding_sentences(DoubtedSentences { sentences })?;
    Ok(ModelRequest {
        workspace: None,
        purpose: PURPOSE.to_owned(),
        strength: Strength::Fast,
        messages: vec![ModelMessage::System { text: system.text }, ModelMessage::User { text: asked.text }],
        tools: Default::default(),
        output_schema: Some(OutputSchema { name: SCHEMA.to_owned(), schema: strict_schema::<Support>() }),
        max_output_tokens: MAX_OUTPUT_TOKENS,
        prompt: system.prompt.to_owned(),
        facts: Facts::default(),
    })
}

/// What of the reply counts: a verdict whose quote does not stand in its source is none.
pub fn opinions(text: &str, doubts: &Doubts) -> Result<Vec<(String, Read)>, String> {
    let support: Support = serde_json::from_str(unfenced(text))
        .map_err(|error| format!("it is not the JSON object that the schema asks for: {error}"))?;
    let mut read: Vec<(String, Read)> = Vec::new();
    for judgement in support.sentences {
        let Some(sentence) = judgement.number.checked_sub(1).and_then(|at| doubts.sentences.get(at)) else {
            return Err(format!("there is no sentence {}", judgement.number));
        };
        if read.iter().any(|(known, _)| known == sentence) {
            return Err(format!("sentence {} is judged twice", judgement.number));
        }
        let source = judgement.source.checked_sub(1).and_then(|at| doubts.sources.get(at));
        let quote = judgement.quote.trim();
        let stands = !quote.is_empty() && source.is_some_and(|source| source.text.contains(quote));
        let read_there = match judgement.verdict {
            judged @ (Judged::Supported | Judged::Contradicted) if stands => {
                Read { judged, quote: quote.to_owned() }
            }
            _ => Read { judged: Judged::NotFound, quote: String::new() },
        };
        read.push((sentence.clone(), read_there));
    }
    Ok(read)
}

/// One opinion for each sentence that somebody said something of.
pub fn joined(
    doubts: &Doubts,
    read: &[(String, Read)],
    alike: &[Option<domain::grounding::Alike>],
) -> Vec<SecondOpinion> {
    let of = |(at, sentence): (usize, &String)| {
        let read = read.iter().find(|(known, _)| known == sentence).map(|(_, read)| read.clone());
        let alike = alike.get(at).cloned().flatten();
        (read.is_some() || alike.is_some()).then(|| SecondOpinion { sentence: sentence.clone(), read, alike })
    };
    doubts.sentences.iter().enumerate().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use domain::grounding::DoubtSource;
    use serde_json::json;

    use super::*;

    fn doubts() -> Doubts {
        Doubts {
            sentences: vec!["You can send it back for a month.".to_owned(), "We pay the postage.".to_owned()],
            sources: vec![DoubtSource {
                label: "Returns".to_owned(),
                text: "Returns are accepted within 30 days. The customer pays the postage.".to_owned(),
            }],
        }
    }

    #[test]
    fn a_verdict_counts_only_with_words_that_stand_in_its_source() {
        let said = |judgements: serde_json::Value| {
            opinions(&json!({ "sentences": judgements }).to_string(), &doubts())
        };
        let good = said(json!([
            {"number": 1, "verdict": "supported", "source": 1, "quote": "Returns are accepted within 30 days."},
            {"number": 2, "verdict": "contradicted", "source": 1, "quote": "The customer pays the postage."},
        ]));
        let judged: Vec<Judged> = good.unwrap().into_iter().map(|(_, read)| read.judged).collect();
        assert_eq!(judged, [Judged::Supported, Judged::Contradicted]);
        for (source, quote) in
            [(1, "Returns are accepted for a month."), (2, "within 30 days"), (0, ""), (1, "")]
        {
            let made_up =
                said(json!([{"number": 1, "verdict": "supported", "source": source, "quote": quote}]));
            assert_eq!(made_up.unwrap()[0].1.judged, Judged::NotFound, "{source} {quote}");
        }
        assert!(said(json!([{"number": 3, "verdict": "not_found", "source": 0, "quote": ""}])).is_err());
        assert!(opinions("yes", &doubts()).is_err());
    }
}
