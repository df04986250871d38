//! New text of mails without quotes and signatures. The collection has no labels; what can be said of each mail is
//! whether what is kept still holds a quote or a quote's header, and that something is kept.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use parse::mail::quoted;

use super::{Files, Item, Measured, share};

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let (mut stripped, mut quotes, mut headers, mut empty) = (0, 0, 0, 0);
    let folders = files.manifest.with["files"].as_object().into_iter().flatten().map(|(name, _)| name);
    for folder in folders {
        let path = files.path(folder)?;
        let entries = fs::read_dir(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut mails: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        mails.retain(|mail| mail.extension().is_some_and(|end| end == "txt"));
        mails.sort();
        for mail in mails {
            let text = String::from_utf8_lossy(&fs::read(&mail)?).into_owned();
            let split = quoted::split(&text);
            let quote = split.new.lines().last().is_some_and(|line| line.starts_with('>'));
            let header = !split.forwards
                && split
                    .new
                    .lines()
                    .any(|line| line.trim_end().ends_with("wrote:") || line.starts_with("From:"));
            let nothing = split.new.trim().is_empty() && !text.trim().is_empty();
            stripped += usize::from(split.stripped);
            quotes += usize::from(quote);
            headers += usize::from(header);
            empty += usize::from(nothing);
            let mut wrong = Vec::new();
            for (is, what) in [
                (quote, "it ends in a quote"),
                (header, "it holds a quote's header"),
                (nothing, "nothing is kept"),
            ] {
                if is {
                    wrong.push(what);
                }
            }
            let name = mail.file_name().and_then(|name| name.to_str()).unwrap_or("mail");
            let finding = (!wrong.is_empty()).then(|| wrong.join(", "));
            measured.items.push(Item::of(format!("{folder}/{name}"), folder, finding));
        }
    }
    let all = measured.items.len();
    for (name, part) in
        [("stripped", stripped), ("quotes_left", quotes), ("headers_left", headers), ("emptied", empty)]
    {
        measured.measures.insert(name.to_owned(), share(part, all));
    }
    Ok(measured)
}
