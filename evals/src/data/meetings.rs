//! Questions find the turns of a meeting that answer them. A transcript comes in as a file of text, a turn a line
//! with its speaker before it, and goes the way of every file: parsed, cut into pieces, searched as `search_knowledge`
//! searches. What is found is taken in its order until it is as much as a share of the meeting.

use std::{collections::BTreeSet, ops::Range};

use anyhow::{Context as _, ensure};
use domain::{
    Timestamp, WorkspaceId,
    knowledge::{Layer, Retriever as _, Scope},
};
use orchestrator::system::SystemIds;
use parse::{Input, Limits};
use rag::{Knowledge, MAX_PASSAGES};
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{Files, Item, Measured, named, share};

#[cfg(test)]
mod tests;

/// As QMSum writes it.
#[derive(Deserialize)]
struct Meeting {
    meeting_transcripts: Vec<Turn>,
    specific_query_list: Vec<Question>,
}

#[derive(Deserialize)]
struct Turn {
    speaker: String,
    content: String,
}

#[derive(Deserialize)]
struct Question {
    query: String,
    /// The first turn and the last, counted from 0.
    relevant_text_span: Vec<(String, String)>,
}

impl Question {
    fn answered_by(&self, turns: usize) -> anyhow::Result<BTreeSet<usize>> {
        let number =
            |text: &str| text.trim().parse::<usize>().with_context(|| format!("`{text}` is no turn"));
        let mut answer = BTreeSet::new();
        for (first, last) in &self.relevant_text_span {
            let (first, last) = (number(first)?, number(last)?);
            ensure!(first <= last && last < turns, "there are no turns {first} to {last} of {turns}");
            answer.extend(first..=last);
        }
        ensure!(!answer.is_empty(), "no turn answers “{}”", self.query);
        Ok(answer)
    }
}

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let part = files.number("part")?;
    ensure!(part > 0, "`with.part` is at least 1: what is taken of a meeting is one part of so many");
    let names = files.manifest.with["files"].as_object().into_iter().flatten().map(|(name, _)| name);
    let mut measured = Measured::default();
    let mut sums = Sums::default();
    for name in names {
        let meeting: Meeting = files.json(name)?;
        let transcript = Handle::current().block_on(Transcript::of(name, &meeting.meeting_transcripts));
        let transcript = transcript.with_context(|| format!("the meeting {name}"))?;
        for (at, question) in meeting.specific_query_list.iter().enumerate() {
            let asked = question.query.trim();
            let answer = question
                .answered_by(meeting.meeting_transcripts.len())
                .with_context(|| format!("question {at} of the meeting {name}"))?;
            let found = Handle::current().block_on(transcript.search(asked))?;
            let taken = transcript.take(&found, part);
            let got = transcript.score(&taken, &answer);
            // Without looking: as much from where the meeting begins.
            let whole = 0..transcript.body.len();
            let beginning = transcript.score(&transcript.take(std::slice::from_ref(&whole), part), &answer);
            let first = found.first().is_some_and(|passage| transcript.holds_any(passage, &answer));
            sums.add(&got, &beginning, first);
            // Turns taken by chance hold this share of any answer.
            let finding = (got.recall <= 1.0 / part as f64)
                .then(|| format!("{:.0} of 100 turns that answer it are found: {asked}", 100.0 * got.recall));
            let mut item = Item::of(named(name, at, asked), name, finding);
            item.score = got.recall;
            measured.items.push(item);
        }
    }
    let all = measured.items.len().max(1) as f64;
    measured.measures = sums.named().map(|(name, sum)| (name.to_owned(), sum / all)).into();
    Ok(measured)
}

#[derive(Debug, Default)]
struct Sums {
    recall: f64,
    precision: f64,
    rouge_l_recall: f64,
    hit_1: f64,
    beginning_recall: f64,
    beginning_rouge_l_recall: f64,
}

impl Sums {
    fn add(&mut self, got: &Got, beginning: &Got, first: bool) {
        self.recall += got.recall;
        self.precision += got.precision;
        self.rouge_l_recall += got.rouge_l_recall;
        self.hit_1 += f64::from(u8::from(first));
        self.beginning_recall += beginning.recall;
        self.beginning_rouge_l_recall += beginning.rouge_l_recall;
    }

    fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("recall", self.recall),
            ("precision", self.precision),
            ("rouge_l_recall", self.rouge_l_recall),
            ("hit_1", self.hit_1),
            ("beginning_recall", self.beginning_recall),
            ("beginning_rouge_l_recall", self.beginning_rouge_l_recall),
        ]
    }
}

/// What was taken for a question, beside what answers it.
#[derive(Debug)]
struct Got {
    /// Of the turns that answer, those that were taken.
    recall: f64,
    /// Of the turns that were taken, those that answer.
    precision: f64,
    rouge_l_recall: f64,
}

/// A word that somebody said: whose turn, where in the document, and what.
struct Word {
    turn: usize,
    at: usize,
    text: String,
}

/// A meeting in the knowledge base of a workspace of its own.
struct Transcript {
    knowledge: Knowledge,
    workspace: WorkspaceId,
    body: String,
    /// All that was said, in its order, without the speakers' names.
    words: Vec<Word>,
    /// How many of them each turn has.
    lengths: Vec<usize>,
}

impl Transcript {
    async fn of(name: &str, turns: &[Turn]) -> anyhow::Result<Self> {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: Vec<(String, String)> =
            turns.iter().map(|turn| (line(&turn.speaker), line(&turn.content))).collect();
        let lines: Vec<String> = said.iter().map(|(speaker, said)| format!("{speaker}: {said}")).collect();
        let (file, text) = (format!("{name}.txt"), lines.join("\n"));
        let input = Input { bytes: text.as_bytes(), file_name: Some(&file), media_type: Some("text/plain") };
        let parsed = parse::parse(input, &Limits::default())?;
        let markdown = &parsed.first().context("the parser gave nothing")?.markdown;
        let (mut document, chunks) = rag::prepare(name, markdown, None, &SystemIds, Timestamp(0))?;
        document.meta.layer = Layer::Company;
        let body = document.body.clone();
        ensure!(
            body.lines().eq(lines.iter().map(|line| line.trim_end())),
            "what the parser made of it is not the turns, a line each"
        );
        let mut words = Vec::new();
        let mut lengths = vec![0; turns.len()];
        let mut at = 0;
        for (turn, (line, (speaker, _))) in body.split('\n').zip(&said).enumerate() {
            let content = (speaker.len() + 1).min(line.len());
            for (place, text) in self::words(&line[content..]) {
                words.push(Word { turn, at: at + content + place, text });
                lengths[turn] += 1;
            }
            at += line.len() + 1;
        }
        ensure!(!words.is_empty(), "nobody says a word");
        let (knowledge, workspace) = (Knowledge::in_memory(), WorkspaceId::new(&SystemIds));
        knowledge.put(workspace, document, chunks).await?;
        Ok(Self { knowledge, workspace, body, words, lengths })
    }

    /// Where the passages stand, best first.
    async fn search(&self, question: &str) -> anyhow::Result<Vec<Range<usize>>> {
        let scope = Scope::staff(self.workspace, Timestamp(0));
        let passages = self.knowledge.search(&scope, question, MAX_PASSAGES).await?;
        let place = |passage: &domain::knowledge::Passage| {
            let start = passage.start.and_then(|start| usize::try_from(start).ok());
            start.map(|start| start..start + passage.text.len())
        };
        passages.iter().map(|passage| place(passage).context("a passage stands nowhere")).collect()
    }

    /// The words of the passages, in their order, until they are one part of so many of the meeting.
    fn take(&self, passages: &[Range<usize>], part: usize) -> Vec<bool> {
        let mut left = self.words.len() / part;
        let mut taken = vec![false; self.words.len()];
        for passage in passages {
            for (word, taken) in self.words.iter().zip(&mut taken) {
                if left > 0 && !*taken && passage.contains(&word.at) {
                    *taken = true;
                    left -= 1;
                }
            }
        }
        taken
    }

    fn holds_any(&self, passage: &Range<usize>, answer: &BTreeSet<usize>) -> bool {
        self.words.iter().any(|word| passage.contains(&word.at) && answer.contains(&word.turn))
    }

    /// A turn counts as taken when half of its words are.
    fn score(&self, taken: &[bool], answer: &BTreeSet<usize>) -> Got {
        let mut of_turn = vec![0; self.lengths.len()];
        let mut extract = Vec::new();
        for (word, taken) in self.words.iter().zip(taken) {
            if *taken {
                of_turn[word.turn] += 1;
                extract.push(word.text.as_str());
            }
        }
        // A turn without words is nobody's to find.
        let said = |turn: &&usize| self.lengths[**turn] > 0;
        let is_taken = |turn: &usize| 2 * of_turn[*turn] >= self.lengths[*turn] && of_turn[*turn] > 0;
        let right = answer.iter().filter(said).filter(|turn| is_taken(turn)).count();
        let all = (0..self.lengths.len()).filter(is_taken).count();
        let gold = self.words.iter().filter(|word| answer.contains(&word.turn));
        let gold: Vec<&str> = gold.map(|word| word.text.as_str()).collect();
        Got {
            recall: share(right, answer.iter().filter(said).count()),
            precision: share(right, all),
            rouge_l_recall: share(longest_common_subsequence(&gold, &extract), gold.len()),
        }
    }
}

/// Words in lower case with where they begin, as ROUGE counts them: letters and digits, without stemming.
fn words(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut at = 0;
    text.split_inclusive(|c: char| !c.is_alphanumeric()).filter_map(move |piece| {
        let start = at;
        at += piece.len();
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        (!word.is_empty()).then(|| (start, word.to_lowercase()))
    })
}

/// What ROUGE-L counts (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004): divided by the length of
/// what is wanted it is the recall.
fn longest_common_subsequence(wanted: &[&str], given: &[&str]) -> usize {
    let mut row = vec![0; given.len() + 1];
    for want in wanted {
        let mut diagonal = 0;
        for (at, give) in given.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if want == give { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[given.len()]
}
