//! How sure the house is of a reply, and why.
//!
//! A weighted mean of three signals: how well the retrieved passages cover the question
//! (`retrieval`), how much of the reply its sources carry (`groundedness`), and what the model says
//! of itself (`stated`). A reply to what the passages do not seem to hold waits for a person. A value or name that nothing carries stops the reply whatever the score,
//! because a fluent invention is the costliest mistake.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    answerability::{Answerability, Course},
    excerpt::cut,
    grounding::{FindingKind, Grounding},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confidence {
    /// 0 to 1.
    pub score: f32,
    pub reasons: Vec<Reason>,
    /// Values and names in a reply that nothing carries. While there is one, the reply is in the
    /// lowest band and no rule lets it out by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// `retrieval`, `groundedness`, `answerability`, `stated`, `unsupported_values`, `contradiction` …
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
/// The most a reply with a value or name that nothing carries is worth.
const MOST_STOPPED: f32 = 0.3;
/// The most a reply is worth whose passages do not seem to hold what was asked for.
const MOST_UNANSWERED: f32 = 0.6;
/// The most a reply is worth that says the opposite of its source: a person reads it first.
const MOST_CONTRADICTING: f32 = 0.5;
/// Sentences and values that a reason names.
const MAX_NAMED: usize = 3;
const MAX_NAMED_CHARS: usize = 120;

/// What a reply is scored on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub reply: &'a str,
    /// What a check of the reply found.
    pub grounding: &'a Grounding,
    /// The best coverage among the retrieved passages, where there was a search.
    pub coverage: Option<f32>,
    /// What was asked, judged by what was found for it, where there was a search; and what follows.
    pub answerable: Option<(&'a Answerability, Course)>,
    /// The model's own statement, 0 to 1.
    pub stated: Option<f32>,
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
        let grounding = evidence.grounding;
        let (total, loose) = (grounding.claims().count(), grounding.unsupported().count());
        let supported = total - loose;
        let groundedness = if total == 0 { 0.0 } else { supported as f32 / total as f32 };
        let mut detail = format!("{supported} of {total} sentences rest on a source");
        let named = grounding.unsupported().map(|sentence| sentence.span.of(evidence.reply).trim());
        if let Some(named) = list(named) {
            detail.push_str(&format!("; no source says: {named}"));
        }
        add("groundedness", groundedness, 0.45, detail, &mut reasons);
        if let Some(stated) = evidence.stated {
            add("stated", stated, 0.25, "the model's own statement".to_owned(), &mut reasons);
        }

        let mut score = if weight > 0.0 { weighted / weight } else { 0.0 };
        if let Some(stated) = evidence.stated {
            // A reply may be well grounded and still not be the answer. Its author's doubt counts.
            score = score.min(stated.max(0.0) + MOST_ABOVE_STATED);
        }
        let mut confidence = Self { score, reasons, stops: Vec::new() };
        if let Some((judged, course)) = evidence.answerable {
            confidence.weigh_answerability(judged, course);
        }
        confidence.weigh_findings(grounding);
        confidence
    }

    /// A fluent, grounded reply may still be about something else than what was asked: where the
    /// passages do not seem to hold the answer, a person reads it first.
    fn weigh_answerability(&mut self, judged: &Answerability, course: Course) {
        let holds = judged.probability.clamp(0.0, 1.0);
        let mut detail = format!("what was found holds the answer with a probability of {holds:.2}");
        if course == Course::Abstain {
            self.score = self.score.min(MOST_UNANSWERED);
            for why in judged.reasons.iter().take(MAX_NAMED) {
                detail.push_str(&format!("; {why}"));
            }
        }
        self.reasons.push(Reason { name: "answerability".to_owned(), score: holds, detail });
    }

    /// Lowers the score by what nothing carries and what a source denies, and says so.
    fn weigh_findings(&mut self, grounding: &Grounding) {
        let denied = grounding.findings().filter(|finding| finding.kind == FindingKind::Contradiction);
        if let Some(named) = list(denied.map(|finding| finding.text.as_str())) {
            self.score = self.score.min(MOST_CONTRADICTING);
            let detail = format!("the source says the opposite of: {named}");
            self.reasons.push(Reason { name: "contradiction".to_owned(), score: 0.0, detail });
        }
        for stop in grounding.stops() {
            // Whole again where it is named.
            let text = cut(&stop.text, MAX_NAMED_CHARS - 1);
            if !self.stops.contains(&text) {
                self.stops.push(text);
            }
        }
        if let Some(named) = list(self.stops.iter().map(String::as_str)) {
            self.score = self.score.min(MOST_STOPPED);
            let detail = format!("no source carries: {named}");
            self.reasons.push(Reason { name: "unsupported_values".to_owned(), score: 0.0, detail });
        }
    }

    /// Certainty that a rule, not a judgement, gives.
    pub fn certain(detail: impl Into<String>) -> Self {
        Self::by_rule(1.0, vec![Reason { name: "rule".to_owned(), score: 1.0, detail: detail.into() }])
    }

    /// A score that does not come from a check of what is said.
    pub fn by_rule(score: f32, reasons: Vec<Reason>) -> Self {
        Self { score, reasons, stops: Vec::new() }
    }

    /// Where it falls against an agent's thresholds. What is stopped is in no band but the lowest.
    pub fn band(&self, thresholds: &Thresholds) -> Band {
        if self.stops.is_empty() { thresholds.band(self.score) } else { Band::Low }
    }
}

/// The first few of them, quoted; none of none.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut named = String::new();
    let mut more = 0;
    for (number, text) in texts.enumerate() {
        if number >= MAX_NAMED {
            more += 1;
            continue;
        }
        if number > 0 {
            named.push_str(", ");
        }
        named.push('“');
        named.push_str(&cut(text, MAX_NAMED_CHARS));
        named.push('”');
    }
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    (!named.is_empty()).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grounding::{Finding, SentenceKind, SentenceSupport, Span};

    const REPLY: &str = "Returns are accepted within 60 days.";

    fn grounding(score: f32, finding: Option<FindingKind>) -> Grounding {
        let findings = finding.map(|kind| {
            let span = Span { start: 28, end: 35 };
            Finding { kind, span, text: span.of(REPLY).to_owned() }
        });
        let sentence = SentenceSupport {
            span: Span { start: 0, end: REPLY.len() },
            kind: SentenceKind::Claim,
            score,
            carrier: None,
            findings: findings.into_iter().collect(),
        };
        Grounding { sentences: vec![sentence], quotes: Vec::new() }
    }

    fn of(grounding: &Grounding, stated: f32) -> Confidence {
        Confidence::of(&Evidence {
            reply: REPLY,
            grounding,
            coverage: Some(1.0),
            answerable: None,
            stated: Some(stated),
        })
    }

    #[test]
    fn a_stray_value_is_in_the_lowest_band_whatever_the_thresholds() {
        let confidence = of(&grounding(1.0, Some(FindingKind::Duration)), 1.0);
        assert_eq!(confidence.stops, ["60 days"]);
        assert_eq!(confidence.band(&Thresholds { auto: 0.0, floor: 0.0 }), Band::Low);
        let reason = confidence.reasons.iter().find(|reason| reason.name == "unsupported_values");
        assert_eq!(reason.map(|reason| reason.detail.as_str()), Some("no source carries: “60 days”"));
    }

    #[test]
    fn the_sentence_that_no_source_says_is_named() {
        let confidence = of(&grounding(0.2, None), 0.9);
        assert_eq!(
            confidence.reasons[1].detail,
            format!("0 of 1 sentences rest on a source; no source says: “{REPLY}”")
        );
        assert!(confidence.score < 0.6, "{confidence:?}");
    }

    #[test]
    fn a_grounded_reply_is_not_much_surer_than_its_author() {
        let doubtful = of(&grounding(1.0, None), 0.5);
        assert!((doubtful.score - 0.6).abs() < 1e-6, "{doubtful:?}");
    }

    #[test]
    fn not_a_number_falls_below_the_floor() {
        let thresholds = Thresholds { auto: 0.8, floor: 0.4 };
        assert_eq!(thresholds.band(f32::NAN), Band::Low);
    }
}
