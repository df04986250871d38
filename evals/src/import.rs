//! Makes cases out of what somebody has already: a table of questions with what a right answer holds, or whole cases
//! as lines of JSON.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::case::{self, Case};

/// A row. Several texts stand in a cell with `|` between them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    question: String,
    #[serde(default)]
    contains: String,
    #[serde(default)]
    lacks: String,
    #[serde(default)]
    cites: String,
    #[serde(default)]
    outcome: String,
}

/// Reads the file and writes the cases, and says how many there are.
pub fn import(file: &Path, into: &Path) -> anyhow::Result<usize> {
    ensure!(into.extension().is_some_and(|end| end == "yaml"), "{} must end in .yaml", into.display());
    ensure!(!into.exists(), "{} is there already; name another file", into.display());
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let name = file.display().to_string();
    let cases =
        if name.ends_with(".csv") { from_table(&text) } else { case::parse(&name, &text) }.context(name)?;
    ensure!(!cases.is_empty(), "{} holds no cases", file.display());
    fs::write(into, serde_yaml_ng::to_string(&cases)?)
        .with_context(|| format!("{} cannot be written", into.display()))?;
    Ok(cases.len())
}

fn from_table(text: &str) -> anyhow::Result<Vec<Case>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    for (at, row) in reader.deserialize::<Row>().enumerate() {
        let row = row.with_context(|| format!("row {}", at + 1))?;
        let list = |cell: &str| -> Vec<String> {
            cell.split('|').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        };
        let mut expects = json!({ "contains": list(&row.contains), "lacks": list(&row.lacks) });
        if !row.cites.is_empty() {
            expects["cites"] = json!(list(&row.cites));
        }
        if !row.outcome.is_empty() {
            expects["outcome"] = json!(list(&row.outcome));
        }
        let mut name: String = row.question.chars().take(80).collect();
        if !names.insert(name.clone()) {
            name = format!("{name} ({})", at + 1);
            names.insert(name.clone());
        }
        let case: Value = json!({ "name": name, "turns": [{ "says": row.question, "expects": expects }] });
        let case: Case = serde_json::from_value(case).with_context(|| format!("row {}", at + 1))?;
        case.check().with_context(|| format!("row {}", at + 1))?;
        cases.push(case);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::Standing, record::tests::fresh_folder};

    #[test]
    fn a_table_of_questions_becomes_cases_that_are_read_again() {
        let folder = fresh_folder("import");
        let (file, into) = (folder.join("asked.csv"), folder.join("cases.yaml"));
        let table = "question,contains,lacks,cites,outcome\nHow long?,30 days|one month,,returns,answered\nHow long?,,secret,,asked|handed_off\n";
        fs::write(&file, table).unwrap();
        assert_eq!(import(&file, &into).unwrap(), 2);
        let cases = case::parse("cases.yaml", &fs::read_to_string(&into).unwrap()).unwrap();
        assert_eq!(cases[0].turns[0].expects.contains.len(), 2);
        let outcome = cases[1].turns[0].expects.outcome.as_ref().unwrap();
        assert_eq!(outcome.all(), [Standing::Asked, Standing::HandedOff]);
        assert_ne!(cases[0].name, cases[1].name);
        assert!(import(&file, &into).unwrap_err().to_string().contains("there already"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_row_that_is_wrong_is_named() {
        let error = from_table("question,outcome\nHow long?,maybe\n").unwrap_err();
        assert!(format!("{error:#}").contains("row 1"), "{error:#}");
        assert!(from_table("question,colour\nx,blue\n").is_err());
    }
}
