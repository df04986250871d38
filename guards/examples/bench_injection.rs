//! Instructions for a model in texts: how fast they are looked for (`make bench-injection`). How well is what the
//! suite `injection` of `countersign eval` says.
//!
//! Reads `intents/` in the folder that `COUNTERSIGN_DATA` names, else `../shared/data`, and prints one JSON object
//! per configuration.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::{
    env, fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use guards::injection::{Injections, readable};
use serde_json::{Value, json};

const MESSAGES: usize = 2000;
const MESSAGE_BYTES: usize = 1024;
const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let injections = Injections::new()?;
    let texts = texts()?;
    let messages = messages(&texts);
    let ascii = messages.iter().filter(|message| message.is_ascii()).count();
    println!("{MESSAGES} messages of {MESSAGE_BYTES} bytes, {ascii} of them ASCII");
    let look = speed("look", &messages, |message| injections.look(message).findings.len());
    let hidden = speed("readable", &messages, |message| readable(message).len());

    println!();
    println!("{}", json!({ "configuration": "look", "mb_per_s": look, "message_bytes": MESSAGE_BYTES }));
    println!(
        "{}",
        json!({ "configuration": "readable", "mb_per_s": hidden, "message_bytes": MESSAGE_BYTES })
    );
    Ok(())
}

/// What customers wrote.
fn texts() -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for line in data("intents/banking77-train.jsonl")?.lines() {
        let one: Value = serde_json::from_str(line)?;
        texts.extend(one["text"].as_str().map(str::to_owned));
    }
    ensure!(!texts.is_empty(), "the collection is empty");
    Ok(texts)
}

fn data(path: &str) -> Result<String> {
    let folder = env::var("COUNTERSIGN_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let path = Path::new(&folder).join(path);
    fs::read_to_string(&path).with_context(|| {
        format!("{} cannot be read; set COUNTERSIGN_DATA to the folder that holds intents/", path.display())
    })
}

/// Support messages put together to 1 KB each, some of them not pure ASCII.
fn messages(texts: &[String]) -> Vec<String> {
    let mut parts = texts.iter().cycle();
    (0..MESSAGES)
        .map(|at| {
            let mut message = String::from(if at % 4 == 0 { "Hello José,\n\n" } else { "Hello Emily,\n\n" });
            while message.len() < MESSAGE_BYTES {
                message.push_str(parts.next().map_or("Where is my card?", |part| part.trim()));
                message.push(if at % 3 == 0 { '\n' } else { ' ' });
            }
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
            message
        })
        .collect()
}

/// Time this thread spent on a core, where the system tells; else the time that passed.
fn spent(since: Instant) -> Duration {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// MB/s of one core: the median of some rounds over all messages.
fn speed(name: &str, messages: &[String], work: impl Fn(&str) -> usize) -> f64 {
    let bytes: usize = messages.iter().map(String::len).sum();
    let began = Instant::now();
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = spent(began);
            messages.iter().for_each(|message| {
                black_box(work(message));
            });
            bytes as f64 / 1e6 / (spent(began) - before).as_secs_f64()
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!(
        "{name}: MB/s of one core: median {:.1}, worst {:.1}, best {:.1}",
        rounds[ROUNDS / 2],
        rounds[0],
        rounds[ROUNDS - 1]
    );
    (rounds[ROUNDS / 2] * 10.0).round() / 10.0
}
