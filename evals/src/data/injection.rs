//! Instructions for a model in texts: what of them is flagged, and what that only reads like them or is plain.

use std::collections::BTreeMap;

use guards::injection::Injections;
use serde_json::Value;

use super::{Files, Item, Measured, named, share};

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let injections = Injections::new()?;
    // By where a text is from: whether it is one, and the text.
    let mut texts: Vec<(String, bool, String)> = Vec::new();
    for one in files.lines::<Value>("outputs")? {
        let attack = one["attack"].as_str().unwrap_or("clean");
        texts.push((format!("outputs, {attack}"), one["label"] == 1, text(&one["text"])));
    }
    for one in files.json::<Vec<Value>>("prompts")? {
        let malicious = one["label"] == 1 || one["label"] == "1";
        let source = one["source"].as_str().unwrap_or("prompts");
        texts.push((source.to_owned(), malicious, text(&one["prompt"])));
    }
    for (category, attacks) in files.json::<BTreeMap<String, Vec<Value>>>("attacks")? {
        texts.extend(attacks.iter().map(|attack| (format!("attacks, {category}"), true, text(attack))));
    }
    let mut measured = Measured::default();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, (from, wanted, text)) in texts.iter().enumerate() {
        let flagged = injections.look(text).is_suspicious();
        let right = flagged == *wanted;
        let mut groups = vec![if *wanted { "recall" } else { "specificity" }];
        // The three accuracies of PIGuard's own evaluation, over its own texts.
        if from.starts_with("NotInject") {
            groups.push("prompts_over_defence");
        } else if from.starts_with("BIPIA_") || (from.starts_with("PINT") && *wanted) {
            groups.push("prompts_malicious");
        } else if from.starts_with("WildGuard") || from.starts_with("PINT") {
            groups.push("prompts_benign");
        }
        for group in groups {
            let count = counts.entry(group).or_default();
            count.0 += usize::from(right);
            count.1 += 1;
        }
        let finding = (!right).then(|| {
            let what = if flagged { "is flagged and is none" } else { "is one and is not flagged" };
            format!("it {what}: {}", text.chars().take(300).collect::<String>())
        });
        measured.items.push(Item::of(named(from, at, text), from, finding));
    }
    // What customers of other houses wrote: too many to list, and none of them is one.
    for name in ["support_banking77", "support_clinc150"] {
        if files.has(name) {
            let said: Vec<Value> = files.lines(name)?;
            let plain =
                said.iter().filter(|one| !injections.look(&text(&one["text"])).is_suspicious()).count();
            measured.measures.insert(format!("{name}_specificity"), share(plain, said.len()));
        }
    }
    for (group, (right, all)) in counts {
        measured.measures.insert(group.to_owned(), share(right, all));
    }
    Ok(measured)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
