//! Instructions for a model in texts: what of them is flagged, and what that only reads like them or is plain.

use std::collections::BTreeMap;

use anyhow::Context as _;
use guards::injection::Injections;
use serde_json::Value;

use super::{Files, Item, Measured, named, share};

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let injections = Injections::new()?;
    // By where a text is from: whether it is one, and the text.
    let mut texts: Vec<(String, bool, String)> = Vec::new();
    for one in files.lines::<Value>("outputs")? {
        let attack = one["attack"].as_str().unwrap_or("clean");
        texts.push((format!("outputs, {attack}"), label(&one["label"])?, text(&one["text"])?));
    }
    for one in files.json::<Vec<Value>>("prompts")? {
        let malicious = label(&one["label"])?;
        let source = one["source"].as_str().unwrap_or("prompts");
        texts.push((source.to_owned(), malicious, text(&one["prompt"])?));
    }
    for (category, attacks) in files.json::<BTreeMap<String, Vec<Value>>>("attacks")? {
        for attack in &attacks {
            texts.push((format!("attacks, {category}"), true, text(attack)?));
        }
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
            let mut plain = 0;
            for one in &said {
                plain += usize::from(!injections.look(&text(&one["text"])?).is_suspicious());
            }
            measured.measures.insert(format!("{name}_specificity"), share(plain, said.len()));
        }
    }
    for (group, (right, all)) in counts {
        measured.measures.insert(group.to_owned(), share(right, all));
    }
    Ok(measured)
}

/// A text that is not there would pass for one that holds nothing.
fn text(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).context("an entry has no text where the suite expects it")
}

fn label(value: &Value) -> anyhow::Result<bool> {
    match value.as_i64().or_else(|| value.as_str()?.parse().ok()) {
        Some(1) => Ok(true),
        Some(0) => Ok(false),
        _ => anyhow::bail!("the label {value} is neither 0 nor 1"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_of_another_form_is_an_error_and_no_plain_text() {
        assert!(text(&json!(null)).is_err() && text(&json!(1)).is_err());
        assert!(label(&json!(null)).is_err() && label(&json!(2)).is_err());
        assert!(label(&json!(1)).unwrap() && label(&json!("1")).unwrap());
        assert!(!label(&json!(0)).unwrap() && !label(&json!("0")).unwrap());
    }
}
