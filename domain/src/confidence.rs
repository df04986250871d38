//! How sure the house is of a reply, and why.
//!
//! Version 1 is a weighted mean of three signals: how well the retrieved passages cover the
//! question (`retrieval`), how much of the reply they carry (`groundedness`), and what the model
//! says of itself (`stated`). Words or numbers in the reply that nothing supports cap the score,
//! because a fluent unsupported number is the costliest mistake.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confidence {
    /// 0 to 1.
    pub score: f32,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// `retrieval`, `groundedness`, `stated`, `unsupported_numbers`, `procedure` …
    pub name: String,
    /// 0 to 1.
    pub score: f32,
    /// What a person should know: `2 of 3 sentences rest on a cited passage`.
    pub detail: String,
}

/// Where the score falls against an agent's thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// At or above the auto threshold.
    Auto,
    /// Between the thresholds: a draft for a person.
    Draft,
    /// Below the floor: a person takes over.
    Low,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    pub auto: f32,
    pub floor: f32,
}

impl Thresholds {
    pub fn band(&self, score: f32) -> Band {
        // Written so that NaN falls to `Low`.
        if score >= self.auto {
            Band::Auto
        } else if score >= self.floor {
            Band::Draft
        } else {
            Band::Low
        }
    }
}

/// How far the score may exceed what the model says of itself.
const MOST_ABOVE_STATED: f32 = 0.1;

/// What a reply is scored on.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    pub reply: &'a str,
    /// Texts the reply may rest on: cited passages and tool results.
    pub sources: Vec<&'a str>,
    /// The best coverage among the retrieved passages, where there was a search.
    pub coverage: Option<f32>,
    /// The model's own statement, 0 to 1.
    pub stated: Option<f32>,
    /// What the customer wrote; numbers may be echoed from it.
    pub question: &'a str,
}

impl Confidence {
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let mut reasons = Vec::new();
        let mut weighted = 0.0;
        let mut weight = 0.0;
        let mut add = |name: &str, score: f32, w: f32, detail: String, reasons: &mut Vec<Reason>| {
            let score = if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
            weighted += score * w;
            weight += w;
            reasons.push(Reason { name: name.to_owned(), score, detail });
        };

        if let Some(coverage) = evidence.coverage {
            let detail =
                format!("the best passage holds {:.0} % of what the question asks for", coverage * 100.0);
            add("retrieval", coverage, 0.3, detail, &mut reasons);
        }
        let (supported, total) = supported_sentences(evidence);
        let groundedness = if total == 0 { 0.0 } else { supported as f32 / total as f32 };
        add(
            "groundedness",
            groundedness,
            0.45,
            format!("{supported} of {total} sentences rest on a source"),
            &mut reasons,
        );
        if let Some(stated) = evidence.stated {
            add("stated", stated, 0.25, "the model's own statement".to_owned(), &mut reasons);
        }

        let mut score = if weight > 0.0 { weighted / weight } else { 0.0 };
        if let Some(stated) = evidence.stated {
            // A reply may be well grounded and still not be the answer. Its author's doubt counts.
            score = score.min(stated.max(0.0) + MOST_ABOVE_STATED);
        }
        let loose = unsupported_numbers(evidence);
        if !loose.is_empty() {
            score = score.min(0.3);
            let list = loose.into_iter().collect::<Vec<_>>().join(", ");
            reasons.push(Reason {
                name: "unsupported_numbers".to_owned(),
                score: 0.0,
                detail: format!("no source carries: {list}"),
            });
        }
        Self { score, reasons }
    }

    /// Certainty that a rule, not a judgement, gives.
    pub fn certain(detail: impl Into<String>) -> Self {
        Self {
            score: 1.0,
            reasons: vec![Reason { name: "rule".to_owned(), score: 1.0, detail: detail.into() }],
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 3).map(str::to_lowercase)
}

/// Splits into sentences: a terminator or a line break ends one.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\n' => true,
            '.' | '!' | '?' => chars.peek().is_none_or(|(_, next)| next.is_whitespace()),
            _ => false,
        };
        if ends {
            out.push(&text[start..at + c.len_utf8()]);
            start = at + c.len_utf8();
        }
    }
    out.push(&text[start..]);
    out.retain(|s| !s.trim().is_empty());
    for s in &mut out {
        *s = s.trim();
    }
    out
}

/// Sentences that say nothing checkable: greetings, questions, courtesies.
fn is_courtesy(sentence: &str) -> bool {
    let informative = words(sentence).count();
    sentence.ends_with('?') || informative < 3
}

fn supported_sentences(evidence: &Evidence<'_>) -> (usize, usize) {
    let sources: Vec<BTreeSet<String>> = evidence.sources.iter().map(|s| words(s).collect()).collect();
    let mut supported = 0;
    let mut total = 0;
    for sentence in sentences(evidence.reply) {
        if is_courtesy(sentence) {
            continue;
        }
        total += 1;
        let wanted: BTreeSet<String> = words(sentence).collect();
        let best = sources.iter().map(|s| wanted.intersection(s).count()).max().unwrap_or(0);
        if best * 10 >= wanted.len() * 6 {
            supported += 1;
        }
    }
    (supported, total)
}

/// Numbers in the reply that neither a source nor the customer's own text carries. `[1]` marks and
/// list numbering are not numbers of the reply.
pub fn unsupported_numbers(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = numbers(evidence.question);
    for source in &evidence.sources {
        known.extend(numbers(source));
    }
    // An amount kept in cents supports the same amount written in units.
    let cents: Vec<String> = known
        .iter()
        .filter_map(|n| n.parse::<i64>().ok())
        .map(|n| normal(&format!("{}.{:02}", n / 100, n % 100)))
        .collect();
    known.extend(cents);
    numbers(evidence.reply).into_iter().filter(|n| !known.contains(n)).collect()
}

fn numbers(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (matches!(bytes[at], b'.' | b',') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        let mark = start > 0 && bytes[start - 1] == b'[' && bytes.get(at) == Some(&b']');
        let line_start = text[..start].rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
        let numbering = line_start && bytes.get(at) == Some(&b'.');
        if !mark && !numbering {
            found.insert(normal(&text[start..at]));
        }
    }
    found
}

fn normal(number: &str) -> String {
    // A day is `05` in a record and `5` in a sentence.
    let significant = number.trim_start_matches('0');
    let number = if significant.starts_with(|c: char| c.is_ascii_digit()) { significant } else { number };
    let dotted = number.replace(',', ".");
    match dotted.rsplit_once('.') {
        Some((whole, fraction)) if fraction.len() <= 2 => {
            let fraction = fraction.trim_end_matches('0');
            let whole = whole.replace('.', "");
            if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
        }
        _ => dotted.replace('.', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grounded_reply_scores_high_and_an_invented_number_caps_it() {
        let source = "Returns are accepted within 30 days of delivery if the item is unused.";
        let good = Confidence::of(&Evidence {
            reply: "Returns are accepted within 30 days of delivery. [1]",
            sources: vec![source],
            coverage: Some(0.9),
            stated: Some(0.9),
            question: "how long can I return a tent?",
        });
        assert!(good.score > 0.85, "{good:?}");
        let bad = Confidence::of(&Evidence {
            reply: "Returns are accepted within 60 days of delivery. [1]",
            sources: vec![source],
            coverage: Some(0.9),
            stated: Some(0.9),
            question: "how long can I return a tent?",
        });
        assert!(bad.score <= 0.3, "{bad:?}");
    }

    #[test]
    fn a_grounded_reply_is_not_much_surer_than_its_author() {
        let source = "Returns are accepted within 30 days of delivery if the item is unused.";
        let doubtful = Confidence::of(&Evidence {
            reply: "Returns are accepted within 30 days of delivery. [1]",
            sources: vec![source],
            coverage: Some(1.0),
            stated: Some(0.5),
            question: "and for stoves?",
        });
        assert!((doubtful.score - 0.6).abs() < 1e-6, "{doubtful:?}");
    }

    #[test]
    fn cents_support_the_same_amount_in_units() {
        let evidence = Evidence {
            reply: "We refunded 349.00 EUR.",
            sources: vec![r#"{"amount_cents":34900}"#],
            ..Evidence::default()
        };
        assert!(unsupported_numbers(&evidence).is_empty());
    }

    #[test]
    fn not_a_number_falls_below_the_floor() {
        let thresholds = Thresholds { auto: 0.8, floor: 0.4 };
        assert_eq!(thresholds.band(f32::NAN), Band::Low);
    }
}
