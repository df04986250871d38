//! What a model ends with that makes an article.

use domain::{excerpt::cut, model::OutputSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{strict_schema, unfenced};

/// The name of the schema that a model is held to.
pub const SCHEMA: &str = "article_draft";

const MAX_TITLE: usize = 150;
const MAX_CATEGORY: usize = 64;
const MAX_TAGS: usize = 8;
const MAX_TAG: usize = 64;
const MAX_QUESTIONS: usize = 8;
const MAX_QUESTION: usize = 300;
const MAX_BODY: usize = 12_000;
const MAX_REASON: usize = 500;

/// A draft, or why there is none. The JSON schema is strict: every member is there, and no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What the article answers, in one line. Empty when there is no article.
    pub title: String,
    /// One or two words.
    pub category: String,
    pub tags: Vec<String>,
    /// Markdown without the title. Empty when there is no article.
    pub body: String,
    /// The questions it answers, in general words.
    pub questions: Vec<String>,
    /// The language it is written in, as a BCP 47 tag: `en`, `de-CH`.
    pub language: String,
    /// Why there is no article; empty when there is one.
    pub reason: String,
}

impl Draft {
    /// Reads the final text of a model. The error is in words for the model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut draft: Self = serde_json::from_str(unfenced(text))
            .map_err(|error| format!("it is not the JSON object that the schema asks for: {error}"))?;
        draft.questions =
            draft.questions.iter().map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()).collect();
        if draft.body.trim().is_empty() {
            return match draft.reason.trim() {
                "" => Err("`body` is empty, and `reason` does not say why".to_owned()),
                _ => Ok(draft),
            };
        }
        one_line("title", &draft.title, MAX_TITLE)?;
        if draft.title.trim().is_empty() {
            return Err("`title` is empty".to_owned());
        }
        one_line("category", &draft.category, MAX_CATEGORY)?;
        if !draft.language.is_empty() && !is_language_tag(&draft.language) {
            return Err(format!(
                "`language` is a BCP 47 tag such as `en` or `de-CH`, not `{}`",
                draft.language
            ));
        }
        few("tags", &draft.tags, MAX_TAGS, MAX_TAG)?;
        few("questions", &draft.questions, MAX_QUESTIONS, MAX_QUESTION)?;
        if draft.body.chars().count() > MAX_BODY {
            return Err(format!("`body` may have {MAX_BODY} characters at most"));
        }
        if draft.body.trim_start().starts_with("---") || draft.body.contains('\0') {
            return Err("`body` is Markdown without front matter".to_owned());
        }
        Ok(draft)
    }

    pub fn output_schema() -> OutputSchema {
        OutputSchema { name: SCHEMA.to_owned(), schema: strict_schema::<Self>() }
    }

    /// Why there is no article, when there is none.
    pub fn abstains(&self) -> Option<String> {
        self.body.trim().is_empty().then(|| cut(self.reason.trim(), MAX_REASON))
    }

    /// Everything in it that readers see.
    pub(super) fn text(&self) -> String {
        [&self.title, &self.category, &self.tags.join("\n"), &self.body, &self.questions.join("\n")]
            .map(String::as_str)
            .join("\n")
    }

    /// The article, with the questions it answers under it, by whose words it is found.
    pub(super) fn body_with(&self, questions: &[String], locale: &str) -> String {
        let body = self.body.trim();
        if questions.is_empty() {
            return body.to_owned();
        }
        let heading = match locale.split('-').next().unwrap_or_default() {
            "de" => "Fragen, die das beantwortet",
            "fr" => "Questions auxquelles cela répond",
            "es" => "Preguntas que esto responde",
            "it" => "Domande a cui risponde",
            "nl" => "Vragen die dit beantwoordt",
            _ => "Questions this answers",
        };
        let listed: Vec<String> = questions
            .iter()
            .map(|q| format!("- {}", q.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        format!("{body}\n\n## {heading}\n\n{}", listed.join("\n"))
    }
}

/// Whether a document may have it as its locale.
pub(super) fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().is_some_and(|part| {
        (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    let rest =
        parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    language && rest && text.len() <= 35
}

fn one_line(name: &str, text: &str, max: usize) -> Result<(), String> {
    if text.chars().count() > max || text.trim().chars().any(char::is_control) {
        return Err(format!("`{name}` is one line of {max} characters at most"));
    }
    Ok(())
}

fn few(name: &str, texts: &[String], most: usize, max: usize) -> Result<(), String> {
    if texts.len() > most {
        return Err(format!("`{name}` may have {most} entries at most"));
    }
    texts.iter().try_for_each(|text| one_line(name, text, max))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "title": "Washing a down jacket", "category": "care", "tags": ["down"],
            "body": "Wash it at 30 °C.", "questions": ["How do I wash down?"], "language": "en", "reason": "",
        })
    }

    #[test]
    fn a_draft_or_a_reason_is_read_and_all_else_is_refused_in_words() {
        assert!(Draft::parse(&format!("```json\n{}\n```", good())).unwrap().abstains().is_none());
        let none = json!({"title": "", "category": "", "tags": [], "body": " ", "questions": [], "language": "", "reason": "It is a refund."});
        assert_eq!(Draft::parse(&none.to_string()).unwrap().abstains().as_deref(), Some("It is a refund."));
        for (member, value, why) in [
            ("title", json!(" "), "title"),
            ("title", json!("a\nb"), "title"),
            ("title", json!("x".repeat(151)), "title"),
            ("body", json!(""), "reason"),
            ("body", json!("---\nvisibility: public\n---\nx"), "front matter"),
            ("body", json!("x".repeat(12_001)), "body"),
            ("tags", json!(vec!["t"; 9]), "tags"),
            ("questions", json!(["x".repeat(301)]), "questions"),
            ("language", json!("English"), "language"),
            ("mood", json!("good"), "mood"),
        ] {
            let mut odd = good();
            odd[member] = value;
            let error = Draft::parse(&odd.to_string()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_questions_stand_under_the_article_in_its_language() {
        let draft = Draft::parse(&good().to_string()).unwrap();
        assert_eq!(
            draft.body_with(&draft.questions, "en"),
            "Wash it at 30 °C.\n\n## Questions this answers\n\n- How do I wash down?"
        );
        assert!(draft.body_with(&draft.questions, "de-CH").contains("## Fragen"));
        assert_eq!(draft.body_with(&[], "en"), "Wash it at 30 °C.");
    }
}
