//! What calls for a person in customers' messages: how fast it is looked for, and how often ordinary
//! messages trip each trigger: `make bench-triggers`.
//!
//! Reads `intents/` and `email/` in the folder that `COUNTERSIGN_DATA` names, else `../shared/data`.
//! Nothing was tuned to these texts. They are requests of everyday support, a bank's above all, so a
//! part of what is flagged is what it says: `card_payment_not_recognised` is about payments that nobody
//! made. Prints a table, the intents that a trigger flags most, and at the end one JSON object for each
//! trigger. With `COUNTERSIGN_SHOW=KIND` the flagged messages of that kind.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::{
    collections::BTreeMap,
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use guards::triggers::{ANGRY, Kind, Triggers};
use serde_json::{Value, json};

const ROUNDS: usize = 5;
const MESSAGE_BYTES: usize = 1024;

struct Text {
    source: &'static str,
    intent: String,
    text: String,
}

fn main() -> Result<()> {
    let triggers = Triggers::new()?;
    let texts = texts()?;
    let counts = |kind: Kind, text: &str| {
        let report = triggers.look(text);
        report.best(kind).is_some() && (kind != Kind::Anger || report.anger >= ANGRY)
    };
    let show = env::var("COUNTERSIGN_SHOW").unwrap_or_default();
    let mut lines = Vec::new();
    println!("{:<10} {:>7} {:>8} {:>9}  most of them", "trigger", "texts", "flagged", "share");
    for kind in Kind::ALL {
        let mut intents: BTreeMap<&str, usize> = BTreeMap::new();
        let mut sources: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for one in &texts {
            let source = sources.entry(one.source).or_default();
            source.0 += 1;
            if counts(kind, &one.text) {
                source.1 += 1;
                *intents.entry(&one.intent).or_default() += 1;
                if show == kind.name() {
                    println!("    {}: {}", one.intent, one.text.replace('\n', " "));
                }
            }
        }
        let flagged: usize = sources.values().map(|(_, flagged)| flagged).sum();
        let mut most: Vec<(&str, usize)> = intents.into_iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let most: Vec<String> = most.iter().take(4).map(|(name, n)| format!("{name} {n}")).collect();
        let share = flagged as f64 / texts.len() as f64;
        println!("{:<10} {:>7} {flagged:>8} {share:>9.5}  {}", kind.name(), texts.len(), most.join(", "));
        let by_source: BTreeMap<&str, f64> =
            sources.into_iter().map(|(name, (all, hit))| (name, hit as f64 / all as f64)).collect();
        lines.push(json!({
            "trigger": kind.name(), "texts": texts.len(), "flagged": flagged, "share": share, "shares": by_source,
        }));
    }
    let speed = speed(&triggers, &texts);
    println!("{speed:.0} MB/s of one core on messages of {MESSAGE_BYTES} bytes\n");
    for line in lines {
        println!("{line}");
    }
    println!("{}", json!({ "configuration": "look", "mb_per_s": speed, "message_bytes": MESSAGE_BYTES }));
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(&env::var("COUNTERSIGN_DATA").unwrap_or_else(|_| "../shared/data".to_owned())).to_owned()
}

fn texts() -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for (source, file) in [("banking77", "banking77-train"), ("clinc150", "clinc150-train")] {
        let path = folder().join("intents").join(format!("{file}.jsonl"));
        let content = fs::read_to_string(&path).with_context(|| {
            format!(
                "{} cannot be read; set COUNTERSIGN_DATA to the folder that holds intents/",
                path.display()
            )
        })?;
        for line in content.lines() {
            let one: Value = serde_json::from_str(line)?;
            let field = |names: &[&str]| names.iter().find_map(|name| one[*name].as_str()).map(str::to_owned);
            let text = field(&["text"]).with_context(|| format!("{}: no text", path.display()))?;
            texts.push(Text { source, intent: field(&["intent", "label"]).unwrap_or_default(), text });
        }
    }
    for place in ["github", "crisp"] {
        for entry in fs::read_dir(folder().join("email").join(place)).context("email/ cannot be read")? {
            let path = entry?.path();
            // Mails in other encodings are none of ours here.
            if let Ok(text) = fs::read_to_string(&path) {
                texts.push(Text { source: "email", intent: place.to_owned(), text });
            }
        }
    }
    ensure!(!texts.is_empty(), "the collections are empty");
    Ok(texts)
}

/// MB/s of one core: the best of some rounds over messages put together to one length.
fn speed(triggers: &Triggers, texts: &[Text]) -> f64 {
    let mut messages = Vec::new();
    let mut message = String::new();
    for one in texts {
        message.push_str(&one.text);
        message.push('\n');
        if message.len() >= MESSAGE_BYTES {
            messages.push(std::mem::take(&mut message));
        }
    }
    let bytes: usize = messages.iter().map(String::len).sum();
    let round = || {
        let start = Instant::now();
        for message in &messages {
            black_box(triggers.look(message));
        }
        bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
    };
    (0..ROUNDS).map(|_| round()).fold(0.0, f64::max)
}
