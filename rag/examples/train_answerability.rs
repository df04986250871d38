//! Trains the model that says whether what was found can answer: `make train-answerability`.
//!
//! Pairs are made by leaving the answer out: a question with what a search finds for it, once with
//! the documents that answer it and once without. Public data is read in place (`COUNTERSIGN_DATA`
//! names its folder); the demo shop's articles and the library come from this repository. Every
//! source counts the same, and the report says how a model that has never seen a source does on it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool of this repository's developers")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use domain::{
    Ids, Timestamp, WorkspaceId,
    knowledge::{Layer, Passage, Retriever as _, Scope},
};
use rag::{
    Knowledge,
    answerability::{
        Model,
        features::{COUNT, Features, NAMES, of},
    },
};
use serde_json::{Value, json};

/// Passages a question is judged on, and how many of them must hold the answer's document.
const FOUND: usize = 20;
const JUDGED: usize = 10;
const NEAR: usize = 5;

struct Counter(AtomicU64);

impl Ids for Counter {
    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
    fn secret(&self) -> [u8; 32] {
        [0; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

/// An index in memory waits for nothing.
fn waited<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct Example {
    features: Features,
    answerable: bool,
}

struct Base {
    knowledge: Knowledge,
    workspace: WorkspaceId,
}

impl Base {
    fn of(documents: impl IntoIterator<Item = (String, String)>) -> Self {
        let ids = Counter(AtomicU64::new(0));
        let workspace = WorkspaceId::new(&ids);
        let knowledge = Knowledge::in_memory();
        for (slug, text) in documents {
            let Ok((mut document, chunks)) = rag::prepare(&slug, &text, None, &ids, Timestamp(0)) else {
                continue;
            };
            // Whoever's it is elsewhere, here it is one of the articles that are searched.
            document.meta.layer = Layer::Company;
            waited(knowledge.put(workspace, document, chunks)).unwrap();
        }
        Self { knowledge, workspace }
    }

    fn search(&self, question: &str) -> Vec<Passage> {
        let scope = Scope::staff(self.workspace, Timestamp(0));
        waited(self.knowledge.search(&scope, question, FOUND)).unwrap_or_default()
    }

    /// With the answer and without it. A question whose answer the search did not find near the top
    /// is one that the passages cannot answer.
    fn pair(&self, question: &str, answers: impl Fn(&Passage) -> bool, examples: &mut Vec<Example>) {
        let found = self.search(question);
        let there = found.iter().take(NEAR).any(&answers);
        let mut add = |passages: &[Passage], answerable: bool| {
            if !passages.is_empty() {
                let features = of(question, "", &passages[..passages.len().min(JUDGED)]);
                examples.push(Example { features, answerable });
            }
        };
        add(&found, there);
        if there {
            let without: Vec<Passage> = found.iter().filter(|passage| !answers(passage)).cloned().collect();
            add(&without, false);
        }
    }

    fn unanswerable(&self, question: &str, examples: &mut Vec<Example>) {
        self.pair(question, |_| false, examples);
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn data(path: &str) -> String {
    let folder =
        std::env::var("COUNTERSIGN_DATA").map_or_else(|_| root().join("../shared/data"), PathBuf::from);
    let path = folder.join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{} cannot be read ({error}); set COUNTERSIGN_DATA to the folder with intents/, meetings/ and retrieval/", path.display())
    })
}

fn lines(path: &str) -> Vec<Value> {
    data(path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn cacm() -> Vec<Example> {
    let base = Base::of(lines("retrieval/cacm/documents.jsonl").iter().map(|document| {
        let body = text(document, "text");
        // What follows the abstract are numbers of the collection.
        let body = body.split("\nCA").next().unwrap_or(body);
        (text(document, "id").to_owned(), body.to_owned())
    }));
    let mut judged: HashMap<String, BTreeSet<String>> = HashMap::new();
    for judgement in lines("retrieval/cacm/qrels.jsonl") {
        let (query, document) = (text(&judgement, "query"), text(&judgement, "document"));
        judged.entry(query.to_owned()).or_default().insert(document.to_owned());
    }
    let mut examples = Vec::new();
    for query in lines("retrieval/cacm/queries.jsonl") {
        if let Some(relevant) = judged.get(text(&query, "id")) {
            base.pair(text(&query, "text"), |passage| relevant.contains(&passage.slug), &mut examples);
        }
    }
    examples
}

/// Articles made of what people say of one intent, and the questions of those who say it too.
fn intents(learned: &str, asked: &str, outside: &[String]) -> Vec<Example> {
    const SAID: usize = 12;
    const ASKED: usize = 3;
    let mut by_intent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines(learned) {
        by_intent.entry(text(&line, "intent").to_owned()).or_default().push(text(&line, "text").to_owned());
    }
    let mut questions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if learned == asked {
        for (intent, said) in &mut by_intent {
            questions.insert(intent.clone(), said.split_off(said.len().min(SAID)));
        }
    } else {
        for line in lines(asked) {
            questions
                .entry(text(&line, "intent").to_owned())
                .or_default()
                .push(text(&line, "text").to_owned());
        }
    }
    let slug = |intent: &str| intent.replace([' ', '?'], "-");
    let base = Base::of(by_intent.iter().map(|(intent, said)| {
        let said: Vec<&str> = said.iter().take(SAID).map(String::as_str).collect();
        (slug(intent), format!("# {}\n\n{}", intent.replace('_', " "), said.join("\n\n")))
    }));
    let mut examples = Vec::new();
    for (intent, asked) in &questions {
        let own = slug(intent);
        for question in asked.iter().take(ASKED) {
            base.pair(question, |passage| passage.slug == own, &mut examples);
        }
    }
    for question in outside {
        base.unanswerable(question, &mut examples);
    }
    examples
}

fn meetings() -> Vec<Example> {
    const TURNS: usize = 8;
    let mut examples = Vec::new();
    for name in ["ES2002a", "ES2003b", "IS1000a", "TS3003a", "TS3005b"] {
        let meeting: Value = serde_json::from_str(&data(&format!("meetings/qmsum-{name}.json"))).unwrap();
        let turns = meeting["meeting_transcripts"].as_array().unwrap();
        let base = Base::of(turns.chunks(TURNS).enumerate().map(|(at, turns)| {
            let said: Vec<String> = turns
                .iter()
                .map(|turn| format!("{}: {}", text(turn, "speaker"), text(turn, "content")))
                .collect();
            (format!("part-{at}"), said.join("\n\n"))
        }));
        for query in meeting["specific_query_list"].as_array().unwrap() {
            let number = |value: &Value| value.as_str().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
            let spans: Vec<(usize, usize)> = query["relevant_text_span"]
                .as_array()
                .unwrap()
                .iter()
                .map(|span| (number(&span[0]) / TURNS, number(&span[1]) / TURNS))
                .collect();
            let answers = |passage: &Passage| {
                let part: usize = passage.slug.trim_start_matches("part-").parse().unwrap_or(usize::MAX);
                spans.iter().any(|(from, to)| (*from..=*to).contains(&part))
            };
            base.pair(text(query, "query"), answers, &mut examples);
        }
    }
    examples
}

fn folder(path: &str) -> Vec<(String, String)> {
    let mut documents: Vec<(String, String)> = fs::read_dir(root().join(path))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let slug = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            // The library's front matter says more than a document may.
            let body = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
            let (head, body) = body.unwrap_or(("", &text));
            let title = head.lines().find_map(|line| line.strip_prefix("title:")).unwrap_or(&slug).trim();
            (slug.clone(), format!("# {title}\n\n{body}"))
        })
        .collect();
    documents.sort();
    documents
}

fn questions(path: &str) -> Vec<(String, String)> {
    fs::read_to_string(root().join(path))
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" => "))
        .map(|(question, wanted)| (question.to_owned(), wanted.to_owned()))
        .collect()
}

fn plain(text: &str) -> String {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    words.join(" ")
}

fn demo() -> Vec<Example> {
    let base = Base::of(folder("orchestrator/demo/knowledge"));
    let mut examples = Vec::new();
    for file in ["learned", "held_out"] {
        for (question, wanted) in questions(&format!("orchestrator/tests/offline/questions/{file}.txt")) {
            if wanted == "-" {
                base.unanswerable(&question, &mut examples);
                continue;
            }
            let wanted: Vec<String> = wanted.split('|').map(plain).collect();
            let answers = |passage: &Passage| {
                let text = plain(&passage.text);
                wanted.iter().any(|words| text.contains(words.as_str()))
            };
            // Rows of tables are told in other words than they stand in.
            if base.search(&question).iter().any(answers) {
                base.pair(&question, answers, &mut examples);
            }
        }
    }
    examples
}

fn library() -> Vec<Example> {
    let base = Base::of(folder("rag/library/articles"));
    let mut examples = Vec::new();
    for (question, slug) in questions("rag/examples/answerability/library.txt") {
        if slug == "-" {
            base.unanswerable(&question, &mut examples);
        } else {
            base.pair(&question, |passage| passage.slug == slug, &mut examples);
        }
    }
    examples
}

/// Logistic regression by projected gradient descent. Every source weighs the same, and within it answerable
/// and unanswerable.
fn train(sources: &[(&str, &[Example])]) -> [f32; COUNT] {
    const STEPS: usize = 3_000;
    const RATE: f64 = 1.0;
    const PULL: f64 = 0.002;
    let mut weighted: Vec<(&Example, f64)> = Vec::new();
    for (_, examples) in sources {
        let answerable = examples.iter().filter(|example| example.answerable).count() as f64;
        let unanswerable = examples.len() as f64 - answerable;
        weighted.extend(examples.iter().map(|example| {
            let count = if example.answerable { answerable } else { unanswerable };
            (example, 0.5 / count / sources.len() as f64)
        }));
    }
    let mut weights = [0.0_f64; COUNT];
    for _ in 0..STEPS {
        let mut slope = [0.0_f64; COUNT];
        for (example, counts) in &weighted {
            let sum: f64 = weights.iter().zip(&example.features).map(|(w, f)| w * f64::from(*f)).sum();
            let error = f64::from(u8::from(example.answerable)) - 1.0 / (1.0 + (-sum).exp());
            slope.iter_mut().zip(&example.features).for_each(|(s, f)| *s += counts * error * f64::from(*f));
        }
        for (at, weight) in weights.iter_mut().enumerate() {
            *weight += RATE * (slope[at] - if at == 0 { 0.0 } else { PULL * *weight });
            // What holds more of the question never speaks against it, however few the examples.
            *weight = match NAMES[at] {
                "coverage" | "best_passage" | "best_three" | "best_sentence" | "asked_kind_there" => {
                    weight.max(0.0)
                }
                "hard_words_missing" | "asked_kind_absent" => weight.min(0.0),
                _ => *weight,
            };
        }
    }
    weights.map(|weight| (weight * 1000.0).round() as f32 / 1000.0)
}

/// Area under the ROC curve, Brier score, expected calibration error over ten bins.
fn measure(weights: &[f32; COUNT], examples: &[Example]) -> Value {
    let model = Model { features: Vec::new(), coefficients: weights.to_vec(), report: Value::Null };
    let scored: Vec<(f64, bool)> =
        examples.iter().map(|e| (f64::from(model.probability(&e.features)), e.answerable)).collect();
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (yes, _) in scored.iter().filter(|(_, answerable)| *answerable) {
        for (no, _) in scored.iter().filter(|(_, answerable)| !*answerable) {
            pairs += 1.0;
            wins += if yes > no {
                1.0
            } else if yes == no {
                0.5
            } else {
                0.0
            };
        }
    }
    let truth = |answerable: bool| f64::from(u8::from(answerable));
    let all = scored.len().max(1) as f64;
    let brier = scored.iter().map(|(p, answerable)| (p - truth(*answerable)).powi(2)).sum::<f64>() / all;
    let mut error = 0.0;
    for bin in 0..10 {
        let here: Vec<&(f64, bool)> =
            scored.iter().filter(|(p, _)| ((p * 10.0) as usize).min(9) == bin).collect();
        if !here.is_empty() {
            let count = here.len() as f64;
            let said = here.iter().map(|(p, _)| p).sum::<f64>() / count;
            let was = here.iter().map(|(_, answerable)| truth(*answerable)).sum::<f64>() / count;
            error += count / all * (said - was).abs();
        }
    }
    let rounded = |x: f64| (x * 1000.0).round() / 1000.0;
    json!({
        "examples": scored.len(), "answerable": scored.iter().filter(|(_, a)| *a).count(),
        "auc": rounded(wins / f64::max(pairs, 1.0)), "brier": rounded(brier), "ece": rounded(error),
    })
}

fn main() {
    let outside: Vec<String> =
        lines("intents/clinc150-oos_val.jsonl").iter().map(|line| text(line, "text").to_owned()).collect();
    let sources: Vec<(&str, Vec<Example>)> = vec![
        ("cacm", cacm()),
        ("banking77", intents("intents/banking77-train.jsonl", "intents/banking77-train.jsonl", &[])),
        ("clinc150", intents("intents/clinc150-train.jsonl", "intents/clinc150-val.jsonl", &outside)),
        ("qmsum", meetings()),
        ("demo", demo()),
        ("library", library()),
    ];
    let mut unseen = serde_json::Map::new();
    for (name, examples) in &sources {
        let others: Vec<(&str, &[Example])> = sources
            .iter()
            .filter(|(other, _)| other != name)
            .map(|(other, examples)| (*other, examples.as_slice()))
            .collect();
        let measured = measure(&train(&others), examples);
        println!("{name}, never seen: {measured}");
        unseen.insert((*name).to_owned(), measured);
    }
    let all: Vec<(&str, &[Example])> = sources.iter().map(|(name, e)| (*name, e.as_slice())).collect();
    let weights = train(&all);
    let seen: serde_json::Map<String, Value> =
        sources.iter().map(|(name, examples)| ((*name).to_owned(), measure(&weights, examples))).collect();
    let model = json!({
        "features": NAMES, "coefficients": weights,
        "report": { "each_source_left_out_of_training": unseen, "trained_on_all": seen },
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/answerability/model.json");
    fs::write(&path, serde_json::to_string_pretty(&model).unwrap() + "\n").unwrap();
    println!("wrote {}: {weights:?}", path.display());
}
