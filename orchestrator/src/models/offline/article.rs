//! A draft of an article in the words of the conversation: what the customer asked, and of what the
//! house answered the sentences that hold for everybody.
//!
//! Greetings, questions back, what was done this once, and every sentence that names somebody are left
//! out. Where nothing is left, or a reviewer wants it otherwise, there is no draft: it cannot rewrite.

use agents::article::Draft;
use domain::{
    excerpt::line,
    grounding::SentenceKind,
    model::{Facts, ModelRequest},
};
use serde_json::Value;

use crate::asked::{capital, is_parting, sentences, told};

/// Letters that an answer worth an article has at least.
const LEAST: usize = 40;
const MAX_TITLE: usize = 120;
const MAX_QUESTIONS: usize = 3;
/// With the mark of a cut, the 300 characters that a draft may have.
const MAX_QUESTION: usize = 299;
const MAX_BODY: usize = 8_000;

pub fn article(request: &ModelRequest) -> Draft {
    let facts = &request.facts;
    if facts.results.iter().any(|result| result.status == "responded") {
        return abstain("the offline model cannot take a reviewer's words in; edit the draft instead");
    }
    let body = answer(facts);
    if body.chars().filter(|c| c.is_alphabetic()).count() < LEAST {
        return abstain("what was answered is about this customer alone");
    }
    let questions = questions(facts);
    let subject = facts.customer.as_ref().and_then(|known| known.get("subject")).and_then(Value::as_str);
    let subject = subject.map(str::trim).filter(|subject| !subject.is_empty() && plain(subject, facts));
    let Some(title) = subject.or(questions.first().map(String::as_str)) else {
        return abstain("nothing that was asked can stand without what belongs to this customer");
    };
    Draft {
        title: line(title.trim_end_matches(['?', '.', '!']), MAX_TITLE),
        category: "answers".to_owned(),
        tags: Vec::new(),
        language: language(facts).unwrap_or_default().to_owned(),
        body,
        questions,
        reason: String::new(),
    }
}

fn abstain(reason: &str) -> Draft {
    Draft { reason: reason.to_owned(), ..Draft::default() }
}

/// Whether a text names nobody.
fn plain(text: &str, facts: &Facts) -> bool {
    let folded = text.to_lowercase();
    facts.withheld.iter().all(|value| {
        // Parts of names are kept as names are written: `Will` is somebody, `will` is not.
        let named = value.chars().all(|c| c.is_alphanumeric() || c == '-');
        let found =
            if named { text.contains(value.as_str()) } else { folded.contains(&value.to_lowercase()) };
        !found
    })
}

/// What the customer asked: their questions, or what they wrote first.
fn questions(facts: &Facts) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    let mut first = None;
    for turn in facts.conversation.iter().filter(|turn| turn.from_customer) {
        for said in told(&turn.text) {
            let text = line(&said.text, MAX_QUESTION);
            if !plain(&text, facts) || text.chars().count() < 8 {
                continue;
            }
            if said.asks && asked.len() < MAX_QUESTIONS && !asked.contains(&text) {
                asked.push(text);
            } else if first.is_none() {
                first = Some(text);
            }
        }
    }
    if asked.is_empty() {
        asked.extend(first);
    }
    asked
}

/// What the house said that holds for everybody, in its paragraphs.
fn answer(facts: &Facts) -> String {
    let mut kept = String::new();
    for turn in facts.conversation.iter().filter(|turn| !turn.from_customer) {
        let text = without_marks(&turn.text);
        let mut begun = false;
        for (kind, sentence) in sentences(&text) {
            // A greeting looks like a parting, and comes first.
            if kind == SentenceKind::Courtesy && begun && is_parting(&sentence) {
                break;
            }
            begun |= kind != SentenceKind::Courtesy;
            let whole = kept.len() + sentence.len() <= MAX_BODY;
            if kind == SentenceKind::Claim
                && whole
                && !of_this_once(&sentence)
                && plain(&sentence, facts)
                && !kept.contains(sentence.trim())
            {
                kept.push_str(&sentence);
            }
        }
        if !kept.is_empty() && !kept.ends_with("\n\n") {
            kept.truncate(kept.trim_end().len());
            kept.push_str("\n\n");
        }
    }
    let paragraphs: Vec<String> =
        kept.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(capital).collect();
    paragraphs.join("\n\n")
}

/// Whether a sentence tells of whoever wrote it and not of how things are.
fn of_this_once(sentence: &str) -> bool {
    const MYSELF: &[&str] = &["I", "ich", "Ich", "je", "Je", "J", "j", "ik", "Ik"];
    sentence.split(|c: char| !c.is_alphanumeric()).any(|word| MYSELF.contains(&word))
}

/// The language the house wrote in, as the subtag that it has in BCP 47, where that can be told.
fn language(facts: &Facts) -> Option<&'static str> {
    use whatlang::Lang;
    let written: Vec<&str> =
        facts.conversation.iter().filter(|turn| !turn.from_customer).map(|turn| turn.text.as_str()).collect();
    let found = whatlang::detect(&written.join("\n")).filter(whatlang::Info::is_reliable)?;
    Some(match found.lang() {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        _ => return None,
    })
}

/// Without the marks of citations, which an article does not have.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let inside = rest[at + 1..].find(']').map(|end| &rest[at + 1..at + 1 + end]);
        let mark = inside.filter(|inside| {
            !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' '))
        });
        match mark {
            Some(inside) => {
                out.push_str(rest[..at].trim_end_matches(' '));
                rest = &rest[at + inside.len() + 2..];
            }
            None => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use domain::model::{CallResult, Strength, Turn};
    use domain::tool::ToolCall;
    use serde_json::json;

    use super::*;

    fn request(turns: &[(bool, &str)], subject: &str, withheld: &[&str]) -> ModelRequest {
        let turn = |(from_customer, text): &(bool, &str)| Turn {
            from_customer: *from_customer,
            text: (*text).to_owned(),
        };
        ModelRequest {
            workspace: None,
            purpose: "article.draft".to_owned(),
            strength: Strength::Strong,
            messages: Vec::new(),
            tools: Default::default(),
            output_schema: Some(Draft::output_schema()),
            max_output_tokens: 100,
            prompt: String::new(),
            facts: Facts {
                conversation: turns.iter().map(turn).collect(),
                customer: Some(json!({ "subject": subject })),
                withheld: withheld.iter().map(|text| (*text).to_owned()).collect(),
                ..Facts::default()
            },
        }
    }

    #[test]
    fn the_draft_is_the_houses_own_words_without_what_is_the_customers() {
        let asked = request(
            &[
                (true, "Hello, how do I wash my down jacket? I am Mira Halloran."),
                (
                    false,
                    "Hi Mira,\n\nI hope you are well. Wash the jacket at 30 °C with a liquid soap for down. [1] Dry it at low heat with two tennis balls.\n\nI have sent the soap for your order NF-10482.\n\nKind regards\nNorthfold customer service",
                ),
                (true, "And the sleeping bag?"),
                (
                    false,
                    "Hi Mira,\n\nThe same holds for sleeping bags.\n\nKind regards\nNorthfold customer service",
                ),
            ],
            "My jacket",
            &["Mira Halloran", "Mira", "Halloran", "Mara", "NF-10482"],
        );
        let draft = article(&asked);
        assert_eq!(draft.title, "My jacket");
        assert_eq!(
            draft.body,
            "Wash the jacket at 30 °C with a liquid soap for down. Dry it at low heat with two tennis balls.\n\n\
             The same holds for sleeping bags."
        );
        assert_eq!(draft.language, "en");
        assert_eq!(draft.questions, ["how do I wash my down jacket?", "And the sleeping bag?"]);
        assert!(Draft::parse(&serde_json::to_string(&draft).unwrap()).is_ok());
    }

    #[test]
    fn without_anything_for_everybody_there_is_no_draft() {
        let asked = request(
            &[(true, "Where is NF-10482?"), (false, "Your order NF-10482 arrives tomorrow, Mira.")],
            "NF-10482",
            &["Mira", "NF-10482"],
        );
        assert!(article(&asked).abstains().unwrap().contains("this customer alone"));
        let answered = "Wash the jacket at 30 °C with a liquid soap for down and dry it at low heat.";
        let mut asked = request(&[(true, "How?"), (false, answered)], "Washing", &[]);
        asked.facts.results.push(CallResult {
            call: ToolCall { id: "a".to_owned(), tool: "add_article".to_owned(), args: Value::Null },
            ok: false,
            status: "responded".to_owned(),
            content: Value::Null,
        });
        assert!(article(&asked).abstains().unwrap().contains("edit"));
    }
}
