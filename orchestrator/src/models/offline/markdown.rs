//! Takes a passage's Markdown apart into pieces that can stand in an answer: sentences, list items,
//! table rows, and whole lists and tables. Marks are dropped, words are kept as they are.

use std::collections::BTreeSet;

use domain::knowledge::Passage;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::analysis::{concepts, cut, sentences, tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sentence,
    Bullet,
    Step,
    Row,
}

/// One piece of one passage.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Index of the passage among those of the request.
    pub passage: usize,
    pub kind: Kind,
    pub text: String,
    /// Paragraph, list or table within the passage; pieces of one block follow each other.
    pub block: usize,
    /// Position in the passage.
    pub order: usize,
    pub concepts: BTreeSet<String>,
    /// All its words, for telling apart pieces that hold the same concepts.
    pub words: BTreeSet<String>,
    /// The heading right above it, as written.
    pub under: String,
    /// The first piece under its heading.
    pub first: bool,
    /// In the article's opening paragraph, above all headings.
    pub opens: bool,
    /// Its first two telling words: what it speaks of.
    pub subject: BTreeSet<String>,
    /// Concepts of the headings above it inside the document.
    pub heading: BTreeSet<String>,
    /// Concepts of the document's title.
    pub title: BTreeSet<String>,
    /// For a row: concepts of its first cell, which names what the row is about.
    pub label: BTreeSet<String>,
}

/// Reads passages into pieces. At most 400 pieces per passage.
pub fn units(passages: &[Passage]) -> Vec<Unit> {
    passages
        .iter()
        .enumerate()
        .flat_map(|(at, passage)| Reader::new(at, passage).read(&passage.text))
        .collect()
}

const MAX_UNITS: usize = 400;

struct Reader {
    passage: usize,
    title: BTreeSet<String>,
    /// Headings inside the passage, with their level.
    headings: Vec<(HeadingLevel, String)>,
    path: BTreeSet<String>,
    units: Vec<Unit>,
    block: usize,
    /// Nothing has been said under the current heading yet.
    opening: bool,
    text: String,
    /// Open lists, innermost last: true when numbered.
    lists: Vec<bool>,
    cells: Vec<String>,
    columns: Vec<String>,
}

impl Reader {
    fn new(at: usize, passage: &Passage) -> Self {
        let path: Vec<&str> =
            passage.heading_path.iter().map(String::as_str).filter(|h| *h != passage.title).collect();
        Self {
            passage: at,
            title: concepts(&passage.title),
            headings: Vec::new(),
            path: concepts(&path.join(". ")),
            units: Vec::new(),
            block: 0,
            opening: true,
            text: String::new(),
            lists: Vec::new(),
            cells: Vec::new(),
            columns: Vec::new(),
        }
    }

    fn read(mut self, text: &str) -> Vec<Unit> {
        let text = cut(text);
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    self.flush();
                    self.headings.retain(|(other, _)| *other < level);
                    self.headings.push((level, String::new()));
                }
                Event::End(TagEnd::Heading(_)) => {
                    let heading = std::mem::take(&mut self.text);
                    self.opening = true;
                    if let Some(last) = self.headings.last_mut() {
                        last.1 = heading;
                    }
                    self.block += 1;
                }
                Event::Start(Tag::List(first)) => {
                    self.flush();
                    if self.lists.is_empty() {
                        self.block += 1;
                    }
                    self.lists.push(first.is_some());
                }
                Event::End(TagEnd::List(_)) => {
                    self.flush();
                    self.lists.pop();
                    self.block += 1;
                }
                Event::End(TagEnd::Item | TagEnd::Paragraph) => self.flush(),
                Event::Start(Tag::Table(_)) => {
                    self.flush();
                    self.block += 1;
                }
                Event::End(TagEnd::TableCell) => {
                    let cell = std::mem::take(&mut self.text);
                    self.cells.push(cell.trim().to_owned());
                }
                Event::End(TagEnd::TableHead) => self.columns = std::mem::take(&mut self.cells),
                Event::End(TagEnd::TableRow) => self.row(),
                Event::End(TagEnd::Table) => {
                    self.columns.clear();
                    self.block += 1;
                }
                Event::Text(piece) | Event::Code(piece) => self.text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak => self.text.push(' '),
                _ => {}
            }
        }
        self.flush();
        self.units
    }

    /// Turns the collected text into sentences, or into an item inside a list.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match self.lists.last() {
            Some(numbered) => {
                let kind = if *numbered { Kind::Step } else { Kind::Bullet };
                self.push(kind, text.to_owned(), BTreeSet::new());
            }
            None => {
                self.block += 1;
                for sentence in sentences(text) {
                    self.push(Kind::Sentence, sentence.to_owned(), BTreeSet::new());
                }
            }
        }
    }

    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let Some((label, rest)) = cells.split_first() else { return };
        let facts: Vec<String> = rest
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(at, cell)| match self.columns.get(at + 1).filter(|_| rest.len() > 1) {
                Some(column) if !column.is_empty() => format!("{column} {cell}"),
                _ => cell.clone(),
            })
            .collect();
        if label.is_empty() && facts.is_empty() {
            return;
        }
        // What the first column is about helps to recognise the row, but would only be noise in it.
        let head: BTreeSet<String> = self.columns.iter().flat_map(|column| concepts(column)).collect();
        let text = format!("{label}: {}", facts.join(", "));
        let label = concepts(label);
        self.push(Kind::Row, text, label);
        if let Some(unit) = self.units.last_mut() {
            unit.heading.extend(head);
        }
    }

    fn push(&mut self, kind: Kind, text: String, label: BTreeSet<String>) {
        if self.units.len() >= MAX_UNITS {
            return;
        }
        let mut heading = self.path.clone();
        for (_, text) in &self.headings {
            heading.extend(concepts(text));
        }
        self.units.push(Unit {
            passage: self.passage,
            kind,
            concepts: concepts(&text),
            words: tokens(&text).into_iter().map(|token| token.word).collect(),
            first: std::mem::take(&mut self.opening),
            opens: self.headings.is_empty() && self.path.is_empty(),
            subject: tokens(&text).into_iter().filter(|t| !t.stop).take(2).map(|t| t.concept).collect(),
            under: self.headings.last().map(|(_, text)| text.trim().to_owned()).unwrap_or_default(),
            text,
            block: self.block,
            order: self.units.len(),
            heading,
            title: self.title.clone(),
            label,
        });
    }
}
