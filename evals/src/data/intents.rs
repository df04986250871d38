//! Messages find the procedure that was declared with examples of them: the offline model's reading, with the first
//! examples of each intent as a procedure's triggers, and later ones as messages. What belongs to no intent must
//! find none.

use std::collections::BTreeMap;

use domain::procedure::Procedure;
use orchestrator::models::offline::intent::Intents;
use serde::Deserialize;

use super::{Files, Item, Measured, named, share};

/// As many as a workspace's procedures are read.
const MOST: usize = 50;

#[derive(Deserialize)]
struct Said {
    text: String,
    intent: String,
}

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let (examples, asked) = (files.number("examples")?, files.number("asked")?);
    let mut learned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for said in files.lines::<Said>("learned")? {
        learned.entry(said.intent).or_default().push(said.text);
    }
    let mut later: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if files.has("asked") {
        for said in files.lines::<Said>("asked")? {
            later.entry(said.intent).or_default().push(said.text);
        }
    } else {
        for (intent, said) in &mut learned {
            later.insert(intent.clone(), said.split_off(said.len().min(examples)));
        }
    }
    let names: Vec<String> = learned.keys().take(MOST).cloned().collect();
    let procedures: Vec<Procedure> = names
        .iter()
        .map(|name| Procedure {
            name: name.clone(),
            title: name.replace('_', " "),
            triggers: learned[name].iter().take(examples).cloned().collect(),
            slots: Vec::new(),
            find: None,
            lookup: None,
            owner: None,
            checks: Vec::new(),
            action: None,
            cases: Vec::new(),
            reply: String::new(),
            declined: None,
        })
        .collect();
    let intents = Intents::of(&procedures);
    // The one that is followed, as the offline model would.
    let read = |text: &str| {
        let reading = intents.read(text);
        if reading.torn.is_some() {
            return None;
        }
        reading.wishes.first().map(|wish| names[wish.procedure].as_str())
    };
    let mut measured = Measured::default();
    let (mut right, mut wrong, mut none) = (0, 0, 0);
    for name in &names {
        for (at, text) in later.get(name).into_iter().flatten().take(asked).enumerate() {
            let found = read(text);
            match found {
                Some(found) if found == name => right += 1,
                Some(_) => wrong += 1,
                None => none += 1,
            }
            let finding = (found != Some(name.as_str()))
                .then(|| format!("“{text}” is {name} and was read as {}", found.unwrap_or("nothing")));
            measured.items.push(Item::of(named(name, at, text), "in scope", finding));
        }
    }
    let all = right + wrong + none;
    measured.measures.insert("accuracy".to_owned(), share(right, all));
    // What it acts on, it has to be right about; what it does not read goes to a search and to people.
    measured.measures.insert("precision".to_owned(), share(right, right + wrong));
    measured.measures.insert("read".to_owned(), share(right + wrong, all));
    if files.has("outside") {
        let outside: Vec<Said> = files.lines("outside")?;
        let mut left = 0;
        for (at, said) in outside.iter().enumerate() {
            let found = read(&said.text);
            left += usize::from(found.is_none());
            let finding =
                found.map(|found| format!("“{}” is none of them and was read as {found}", said.text));
            measured.items.push(Item::of(named("outside", at, &said.text), "out of scope", finding));
        }
        measured.measures.insert("out_of_scope_recall".to_owned(), share(left, outside.len()));
    }
    Ok(measured)
}
