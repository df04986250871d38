//! Splits what somebody wrote from what their mail program added: quoted mail and signatures.
//!
//! Works on plain text, line by line, in linear time. Nothing is ever lost: when nothing of the
//! text seems to be new, all of it is. Quotes that are answered one by one stay, because the
//! answers cannot be understood without them.

mod patterns;

use patterns::{
    angle_address, attribution_end, attribution_start, dated, device_line, ends_broken_address, field_of,
    forward_line, is_rule, original_line, reply_verb,
};

/// Longer lines are never headers of quotes or signatures.
const MAX_HEADER_LINE: usize = 500;
/// Lines over which mail programs break the line that introduces a quote.
const ATTRIBUTION_LINES: usize = 6;
/// Lines among which the fields of a quoted mail's header must stand.
const FIELD_LINES: usize = 8;
/// Longest signature under a delimiter that is not exactly `-- `.
const LOOSE_SIGNATURE_LINES: usize = 12;

/// A mail's text, split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What was written for this mail. Empty only when the whole text is.
    pub new: String,
    /// Whether something was left out of `new`.
    pub stripped: bool,
    /// Whether the mail passes on another one, which is then what it is about.
    pub forwards: bool,
}

/// Splits the text of a mail.
pub fn split(text: &str) -> Split {
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let (end, forwards) = end_of_new(&lines);
    let mut kept = without_quotes(&lines[..end]);
    drop_signature(&mut kept);
    drop_device_lines(&mut kept);
    let new = joined(&kept);
    let whole = joined(&lines);
    if new.is_empty() {
        return Split { new: whole, stripped: false, forwards };
    }
    Split { stripped: new != whole, new, forwards }
}

#[derive(Clone, Debug)]
struct Line<'a> {
    text: &'a str,
    /// What patterns are held against: no outer blanks, ordinary spaces.
    plain: String,
    quoted: bool,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim_end_matches(['\r', '\u{feff}']);
        let quoted = text
            .trim_start_matches([' ', '\u{a0}'])
            .strip_prefix('>')
            .is_some_and(|rest| !ends_broken_address(rest.trim()));
        let plain = if text.len() > MAX_HEADER_LINE {
            String::new()
        } else {
            text.chars()
                .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}'))
                .map(|c| if matches!(c, '\u{a0}' | '\u{202f}' | '\t') { ' ' } else { c })
                .collect::<String>()
                .trim()
                .to_owned()
        };
        Self { text, plain, quoted }
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

fn joined(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    let mut blank = 0;
    for line in lines {
        if line.is_blank() {
            blank += 1;
            continue;
        }
        if !text.is_empty() {
            // More than one blank line between paragraphs says nothing.
            text.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        text.push_str(line.text.trim_end());
    }
    text
}

/// The line from which on everything is somebody else's mail, and whether that is a forwarded one.
fn end_of_new(lines: &[Line<'_>]) -> (usize, bool) {
    for at in 0..lines.len() {
        let line = &lines[at];
        if line.quoted || line.plain.is_empty() {
            continue;
        }
        if forward_line(&line.plain) {
            return (at, true);
        }
        if original_line(&line.plain) || is_field_block(&lines[at..]) {
            return (above_rule(lines, at), false);
        }
        if let Some(from) = attribution(lines, at)
            && next_filled(lines, at + 1).is_some_and(|next| !next.quoted)
        {
            return (from, false);
        }
    }
    (lines.len(), false)
}

fn next_filled<'l, 'a>(lines: &'l [Line<'a>], from: usize) -> Option<&'l Line<'a>> {
    lines.get(from..)?.iter().find(|line| !line.is_blank())
}

/// A rule drawn above a quoted header belongs to it.
fn above_rule(lines: &[Line<'_>], at: usize) -> usize {
    let mut above = at;
    while above > 0 && lines[above - 1].is_blank() {
        above -= 1;
    }
    if above > 0 && is_rule(&lines[above - 1].plain) { above - 1 } else { at }
}

/// The header of a mail, copied into the text: `From:`, `Sent:`, `To:`, `Subject:` in the words of
/// many languages. Three different fields, the sender among them, and something that only mail has.
fn is_field_block(lines: &[Line<'_>]) -> bool {
    let Some(first) = field_of(&lines[0].plain) else { return false };
    let mut fields = vec![first];
    let mut address = false;
    for line in lines.iter().take(FIELD_LINES) {
        if line.is_blank() {
            break;
        }
        address |= line.plain.contains('@');
        if let Some(field) = field_of(&line.plain)
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    let has = |field| fields.contains(&field);
    has(patterns::Field::From)
        && fields.len() >= 3
        && (address || (has(patterns::Field::Subject) && has(patterns::Field::Date)))
}

/// If line `end` ends an introduction such as `On Monday, Ada <ada@example.com> wrote:`, its first
/// line.
fn attribution(lines: &[Line<'_>], end: usize) -> Option<usize> {
    if !attribution_end(&lines[end].plain) {
        return None;
    }
    let mut joined = String::new();
    let mut found = None;
    for from in (0..=end).rev().take(ATTRIBUTION_LINES) {
        let line = &lines[from];
        if line.is_blank() || line.plain.is_empty() || line.quoted {
            break;
        }
        joined = if joined.is_empty() { line.plain.clone() } else { format!("{} {joined}", line.plain) };
        if joined.len() > MAX_HEADER_LINE {
            break;
        }
        if found.is_some() && line.plain.ends_with(['.', '!', '?']) {
            break;
        }
        let starts = attribution_start(&line.plain);
        if !dated(&joined) {
            continue;
        }
        let by_verb = reply_verb(&joined);
        let by_address = angle_address(&joined);
        if (starts && (by_verb || by_address)) || (by_verb && by_address) {
            found.get_or_insert(from);
            if starts {
                return Some(broken_above(lines, from));
            }
        }
    }
    found
}

/// The first line of an introduction that is broken after its date: `On Nov 21,` / `at 10:18, …`.
fn broken_above(lines: &[Line<'_>], from: usize) -> usize {
    let mut first = from;
    while let Some(above) = first.checked_sub(1).map(|at| &lines[at])
        && !above.quoted
        && above.plain.len() <= 40
        && above.plain.ends_with(',')
        && attribution_start(&above.plain)
    {
        first -= 1;
    }
    first
}

/// Drops quoted blocks with what introduces them. Blocks between which somebody wrote stay when
/// there are several: each is what the text under it answers.
fn without_quotes<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    let blocks = quoted_blocks(lines);
    let answered = |block: &(usize, usize)| {
        next_filled(lines, block.1).is_some_and(|next| !next.quoted && !is_signature_start(&next.plain))
    };
    let one_by_one = blocks.iter().filter(|block| answered(block)).count() > 1;
    let mut kept = Vec::with_capacity(lines.len());
    let mut at = 0;
    for block in &blocks {
        kept.extend_from_slice(&lines[at..block.0]);
        if one_by_one && answered(block) {
            kept.extend(lines[block.0..block.1].iter().filter(|line| line.quoted).cloned());
        }
        at = block.1;
    }
    kept.extend_from_slice(&lines[at..]);
    kept
}

/// Runs of quoted lines, with the line that introduces each.
fn quoted_blocks(lines: &[Line<'_>]) -> Vec<(usize, usize)> {
    let mut blocks: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !lines[at].quoted {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut seen = end;
        while seen < lines.len() && (lines[seen].quoted || lines[seen].is_blank()) {
            seen += 1;
            if lines[seen - 1].quoted {
                end = seen;
            }
        }
        let mut above = at;
        while above > 0 && lines[above - 1].is_blank() {
            above -= 1;
        }
        let begin = above.checked_sub(1).and_then(|last| attribution(lines, last)).unwrap_or(at);
        blocks.push((begin.max(blocks.last().map_or(0, |block| block.1)), end));
        at = end;
    }
    blocks
}

/// `Sent from my iPhone` and its kin at the end are nobody's words.
fn drop_device_lines(lines: &mut Vec<Line<'_>>) {
    while let Some(last) = lines.iter().rposition(|line| !line.is_blank())
        && device_line(&lines[last].plain)
        && (last == 0 || lines[last - 1].is_blank())
    {
        lines.truncate(last);
    }
}

fn is_signature_start(plain: &str) -> bool {
    plain == "--" || dashes(plain) || underscores(plain)
}

/// Em dashes alone.
fn dashes(plain: &str) -> bool {
    !plain.is_empty() && plain.chars().count() <= 80 && plain.chars().all(|c| matches!(c, '—' | '–'))
}

/// A line of underscores, as mailing lists draw above what they append.
fn underscores(plain: &str) -> bool {
    plain.len() >= 2 && plain.bytes().all(|c| c == b'_')
}

fn drop_signature(lines: &mut Vec<Line<'_>>) {
    let start = (0..lines.len()).find(|&at| {
        let line = &lines[at];
        if line.quoted || !is_signature_start(&line.plain) {
            return false;
        }
        // `-- ` is what RFC 3676 says, and it is obeyed whatever follows.
        if line.text == "-- " {
            return true;
        }
        let below: Vec<&Line<'_>> = lines[at + 1..].iter().filter(|line| !line.is_blank()).collect();
        if below.len() > LOOSE_SIGNATURE_LINES {
            return false;
        }
        !underscores(&line.plain)
            || below.iter().any(|line| line.plain.contains('@') || line.plain.contains("://"))
    });
    if let Some(start) = start {
        lines.truncate(start);
    }
}

#[cfg(test)]
mod tests;
