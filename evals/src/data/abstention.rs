//! Questions that the documents cannot answer are left alone, and those that they can are not: the judge that the
//! service asks before it answers, at the probability from which the service answers. Each question is asked twice:
//! of all documents, and of those that do not answer it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{
    Timestamp, WorkspaceId,
    answerability::{Answers as _, Course},
    knowledge::{Layer, Passage, Retriever as _, Scope},
};
use orchestrator::{config::Config, system::SystemIds};
use rag::{Knowledge, answerability::Trained};
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{Files, Item, Measured, named, share};

/// Passages that a search gives, those that the judge reads, and those of which one must be of the answer.
const FOUND: usize = 20;
const JUDGED: usize = 10;
const NEAR: usize = 5;
/// What people said of an intent, which is its article.
const SAID: usize = 12;

#[derive(Deserialize)]
struct Said {
    text: String,
    intent: String,
}

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let asked = files.number("asked")?;
    let mut articles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for said in files.lines::<Said>("learned")? {
        articles.entry(said.intent).or_default().push(said.text);
    }
    let mut questions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for said in files.lines::<Said>("asked")? {
        questions.entry(said.intent).or_default().push(said.text);
    }
    let outside: Vec<Said> = files.lines("outside")?;
    let courses = Config::with("")?.knowledge.answering;
    Handle::current().block_on(async {
        let base = Base::of(&articles).await?;
        let mut measured = Measured::default();
        let mut scored: Vec<(f32, bool)> = Vec::new();
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut judge = |tag: &'static str, place: &str, at: usize, question: &str, passages: &[Passage]| {
            let answerable = tag == "answerable";
            let passages = &passages[..passages.len().min(JUDGED)];
            let said = Trained.assess(question, "", passages);
            let answers = said.course(&courses) == Course::Answer;
            scored.push((said.probability, answerable));
            let count = counts.entry(tag).or_default();
            count.0 += usize::from(answers == answerable);
            count.1 += 1;
            let finding = (answers != answerable).then(|| {
                let what = if answers { "answered" } else { "left" };
                format!("“{question}” would be {what}, at {:.2}", said.probability)
            });
            measured.items.push(Item::of(named(&format!("{place} {tag}"), at, question), tag, finding));
        };
        for (intent, asked_of) in &questions {
            let own = slug(intent);
            for (at, question) in asked_of.iter().take(asked).enumerate() {
                let found = base.search(question).await?;
                // A question whose answer no search finds near the top is one that nothing found answers.
                if found.iter().take(NEAR).any(|passage| passage.slug == own) {
                    judge("answerable", intent, at, question, &found);
                }
                let without: Vec<Passage> = found.into_iter().filter(|passage| passage.slug != own).collect();
                judge("unanswerable", intent, at, question, &without);
            }
        }
        for (at, said) in outside.iter().enumerate() {
            let found = base.search(&said.text).await?;
            judge("out of scope", "outside", at, &said.text, &found);
        }
        for (tag, (right, all)) in counts {
            let name = match tag {
                "answerable" => "answered",
                "unanswerable" => "abstained",
                _ => "abstained_out_of_scope",
            };
            measured.measures.insert(name.to_owned(), share(right, all));
        }
        measured.measures.insert("auc".to_owned(), auc(&scored));
        Ok(measured)
    })
}

fn slug(intent: &str) -> String {
    intent.replace([' ', '?'], "-")
}

struct Base {
    knowledge: Knowledge,
    workspace: WorkspaceId,
}

impl Base {
    async fn of(articles: &BTreeMap<String, Vec<String>>) -> anyhow::Result<Self> {
        let workspace = WorkspaceId::new(&SystemIds);
        let knowledge = Knowledge::in_memory();
        for (intent, said) in articles {
            let said: Vec<&str> = said.iter().take(SAID).map(String::as_str).collect();
            let text = format!("# {}\n\n{}", intent.replace('_', " "), said.join("\n\n"));
            let prepared = rag::prepare(&slug(intent), &text, None, &SystemIds, Timestamp(0));
            let (mut document, chunks) = prepared.with_context(|| format!("the article of {intent}"))?;
            document.meta.layer = Layer::Company;
            knowledge.put(workspace, document, chunks).await?;
        }
        Ok(Self { knowledge, workspace })
    }

    async fn search(&self, question: &str) -> anyhow::Result<Vec<Passage>> {
        let scope = Scope::staff(self.workspace, Timestamp(0));
        Ok(self.knowledge.search(&scope, question, FOUND).await?)
    }
}

/// The area under the ROC curve: how often what can be answered is thought likelier to be than what cannot.
fn auc(scored: &[(f32, bool)]) -> f64 {
    let of = |wanted: bool| scored.iter().filter(move |(_, is)| *is == wanted).map(|(p, _)| *p);
    let (mut wins, mut pairs) = (0.0, 0.0);
    for yes in of(true) {
        for no in of(false) {
            pairs += 1.0;
            wins += match yes.total_cmp(&no) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    if pairs > 0.0 { wins / pairs } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_one_when_all_are_told_apart_and_a_half_when_none_is() {
        assert!((auc(&[(0.9, true), (0.8, true), (0.1, false)]) - 1.0).abs() < 1e-9);
        assert!((auc(&[(0.5, true), (0.5, false)]) - 0.5).abs() < 1e-9);
    }
}
