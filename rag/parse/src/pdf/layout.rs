//! Letters to words, lines, paragraphs and headings.
//!
//! The order in which a page draws its text is kept: it is the order of reading in what word
//! processors and browsers write, and columns stay apart by themselves.

use std::collections::{HashMap, HashSet};

use super::glyphs::Glyph;
use crate::text::one_line;

/// A gap this wide, in font heights, is a space.
const SPACE: f64 = 0.16;
/// Letters whose feet differ by less than this, in font heights, stand in one line.
const SAME_LINE: f64 = 0.4;
/// Lines further apart than this, measured in their usual distance, are two paragraphs.
const PARAGRAPH: f64 = 1.35;
/// How much larger than the text a heading is.
const HEADING: f64 = 1.15;
/// Text narrower than this part of the page's does not fill its lines.
const SHORT: f64 = 0.35;
const MAX_HEADING_CHARS: usize = 160;
const MAX_HEADING_LEVELS: usize = 4;
/// Pages from which on lines that all of them repeat are taken for headers and footers.
const MIN_PAGES_TO_COMPARE: usize = 3;
/// The part of a page's height, at the top and at the bottom, in which such lines stand.
const EDGE: f64 = 0.1;
const BULLETS: [char; 10] = ['•', '◦', '▪', '▫', '‣', '●', '○', '■', '\u{f0b7}', '·'];

#[derive(Clone, Debug)]
struct Line {
    text: String,
    x: f64,
    end: f64,
    y: f64,
    size: f64,
}

/// What a page says.
#[derive(Clone, Debug)]
pub(super) struct Page {
    height: f64,
    lines: Vec<Line>,
}

impl Page {
    pub fn new(glyphs: Vec<Glyph>, height: f64) -> Self {
        Self { height, lines: lines(glyphs) }
    }

    /// Whether a line stands where headers and footers do.
    fn is_edge(&self, line: &Line) -> bool {
        line.y < EDGE * self.height || line.y > (1.0 - EDGE) * self.height
    }
}

/// The lines of a page, in the order they are drawn.
fn lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in glyphs {
        let height = glyph.size.max(0.1);
        let continues = lines.last().is_some_and(|line| {
            (glyph.y - line.y).abs() < SAME_LINE * height.max(line.size) && glyph.x > line.end - 2.0 * height
        });
        if !continues {
            lines.push(Line { text: String::new(), x: glyph.x, end: glyph.x, y: glyph.y, size: 0.0 });
        }
        let Some(line) = lines.last_mut() else { continue };
        // Bold is sometimes the same letter drawn twice in nearly the same place.
        if line.end - glyph.end > -0.05 * height
            && line.text.ends_with(&glyph.text)
            && !glyph.text.trim().is_empty()
        {
            continue;
        }
        if glyph.x - line.end > SPACE * height && !line.text.ends_with(char::is_whitespace) {
            line.text.push(' ');
        }
        line.text.push_str(&glyph.text);
        line.end = line.end.max(glyph.end);
        // Bullets are drawn in sizes of their own.
        if !glyph.text.trim().is_empty() && (line.size == 0.0 || !glyph.text.starts_with(BULLETS)) {
            line.size = line.size.max(glyph.size);
        }
    }
    lines.retain_mut(|line| match one_line(&line.text) {
        Some(_) => {
            line.text = letters(&line.text);
            true
        }
        None => false,
    });
    lines
}

/// Plain letters for joined ones, and single spaces.
fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ﬀ' => out.push_str("ff"),
            'ﬁ' => out.push_str("fi"),
            'ﬂ' => out.push_str("fl"),
            'ﬃ' => out.push_str("ffi"),
            'ﬄ' => out.push_str("ffl"),
            'ﬅ' | 'ﬆ' => out.push_str("st"),
            '\u{ad}' => out.push('-'),
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// All pages as one text.
pub(super) fn markdown(pages: Vec<Page>) -> String {
    let pages = without_repeated(pages);
    let body = body_size(&pages);
    let levels = heading_sizes(&pages, body);
    let mut out = Writer { text: String::new(), open: false };
    for page in &pages {
        let usual = usual_distance(page);
        let edges = right_edges(page, usual);
        let mut above: Option<&Line> = None;
        for (line, edge) in page.iter().zip(edges) {
            let level = level_of(line, &levels);
            let starts = above.is_none_or(|above| starts_paragraph(above, line, usual));
            // A page break is no paragraph break when a sentence goes on behind it.
            let goes_on = above.is_none() && out.awaits_more() && line.text.starts_with(char::is_lowercase);
            match level {
                Some(level) => {
                    let same = above.is_some_and(|above| level_of(above, &levels) == Some(level));
                    out.heading(level, &line.text, same && !starts);
                }
                None => {
                    let ended = above.is_some_and(|above| has_room(above, line, edge));
                    out.line(&line.text, starts && !goes_on, ended);
                }
            }
            above = Some(line);
        }
    }
    out.text.trim().to_owned()
}

fn starts_paragraph(above: &Line, line: &Line, usual: f64) -> bool {
    let distance = above.y - line.y;
    let other_size = (above.size - line.size).abs() > 0.1 * above.size.max(line.size);
    // Upwards: a new column. Level with the line above: the next cell of a table.
    if distance < -SAME_LINE * line.size || other_size {
        return true;
    }
    if usual > 0.0 { distance > PARAGRAPH * usual } else { distance > 1.8 * line.size }
}

/// Whether the first word of a line would have stood on the line above, so that somebody ended that
/// line on purpose.
fn has_room(above: &Line, line: &Line, edge: f64) -> bool {
    let letters = line.text.chars().count().max(1) as f64;
    let word = line.text.split(' ').next().unwrap_or_default().chars().count() as f64;
    let width = (line.end - line.x).max(0.0) / letters;
    above.end + (word + 1.5) * width < edge
}

/// For each line, how far to the right the text around it goes. Where all of it is short, as in lists
/// and addresses, every line was ended on purpose.
fn right_edges(page: &[Line], usual: f64) -> Vec<f64> {
    let left = page.iter().map(|line| line.x).fold(f64::INFINITY, f64::min);
    let right = page.iter().map(|line| line.end).fold(0.0, f64::max);
    let mut edges = vec![0.0; page.len()];
    let mut from = 0;
    for at in 1..=page.len() {
        if page.get(at).is_none_or(|line| starts_paragraph(&page[at - 1], line, usual)) {
            let block = &page[from..at];
            let edge = block.iter().map(|line| line.end).fold(0.0, f64::max);
            let start = block.iter().map(|line| line.x).fold(f64::INFINITY, f64::min);
            let short = edge - start < SHORT * (right - left);
            edges[from..at].fill(if short { f64::INFINITY } else { edge });
            from = at;
        }
    }
    edges
}

struct Writer {
    text: String,
    /// Whether the next line may go on with the last.
    open: bool,
}

impl Writer {
    fn awaits_more(&self) -> bool {
        self.open && !self.text.ends_with(['.', '!', '?', ':'])
    }

    fn heading(&mut self, level: usize, text: &str, continues: bool) {
        if continues && !self.open {
            self.text.push(' ');
        } else {
            self.end_block();
            self.text.push_str(&"#".repeat(level));
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.open = false;
    }

    /// `starts`: a paragraph begins. `ended`: the line above was ended on purpose.
    fn line(&mut self, text: &str, starts: bool, ended: bool) {
        let bullet = text.strip_prefix(BULLETS).map(str::trim_start);
        let item =
            bullet.map(|item| format!("- {item}")).or_else(|| is_counted(text).then(|| text.to_owned()));
        if let Some(item) = item {
            if starts || !self.last_is_item() {
                self.end_block();
            } else {
                self.text.push('\n');
            }
            self.text.push_str(&item);
        } else if starts || !self.open {
            self.end_block();
            self.text.push_str(&escaped(text));
        } else if let Some(stem) = hyphenated(&self.text, text) {
            self.text.truncate(stem);
            self.text.push_str(text);
        } else if ended {
            self.text.push('\n');
            self.text.push_str(&escaped(text));
        } else {
            self.text.push(' ');
            self.text.push_str(text);
        }
        self.open = true;
    }

    fn last_is_item(&self) -> bool {
        self.text.rsplit('\n').next().is_some_and(|line| line.starts_with("- ") || is_counted(line))
    }

    fn end_block(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
    }
}

/// Whether a line opens with `1.` or `1)`.
fn is_counted(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - rest.len();
    (1..=3).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// A line that would be a heading, a quote or a rule to a reader of Markdown is made plain text.
fn escaped(text: &str) -> String {
    let marks =
        text.starts_with(['#', '>', '|', '`', '~']) || text.starts_with("---") || text.starts_with("===");
    if marks { format!("\\{text}") } else { text.to_owned() }
}

/// Where the word ends that the end of a line broke.
fn hyphenated(text: &str, next: &str) -> Option<usize> {
    let stem = text.strip_suffix('-')?;
    (stem.ends_with(char::is_lowercase) && next.starts_with(char::is_lowercase)).then_some(stem.len())
}

/// Sizes in tenths, so that they can be counted.
fn tenths(size: f64) -> i64 {
    (size * 10.0).round().clamp(0.0, 1e9) as i64
}

/// The size most letters have.
fn body_size(pages: &[Vec<Line>]) -> f64 {
    let mut letters: HashMap<i64, usize> = HashMap::new();
    for line in pages.iter().flatten() {
        *letters.entry(tenths(line.size)).or_default() += line.text.chars().count();
    }
    let most = letters.into_iter().max_by_key(|(size, count)| (*count, -size));
    most.map_or(0.0, |(size, _)| size as f64 / 10.0)
}

/// The sizes of headings, largest first.
fn heading_sizes(pages: &[Vec<Line>], body: f64) -> Vec<i64> {
    let large = |line: &&Line| line.size > body * HEADING && is_heading_text(&line.text);
    let mut sizes: Vec<i64> = pages.iter().flatten().filter(large).map(|line| tenths(line.size)).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    sizes
}

fn is_heading_text(text: &str) -> bool {
    !text.starts_with(BULLETS)
        && text.chars().count() <= MAX_HEADING_CHARS
        && text.chars().filter(|c| c.is_alphabetic()).count() > 1
}

fn level_of(line: &Line, sizes: &[i64]) -> Option<usize> {
    if !is_heading_text(&line.text) {
        return None;
    }
    let at = sizes.iter().position(|size| *size == tenths(line.size))?;
    Some((at + 1).min(MAX_HEADING_LEVELS))
}

/// The distance from line to line on a page: the middle one.
fn usual_distance(page: &[Line]) -> f64 {
    let near = |pair: &[Line]| {
        let distance = pair[0].y - pair[1].y;
        (distance > 0.5 * pair[1].size && distance < 2.5 * pair[1].size).then_some(distance)
    };
    let mut distances: Vec<f64> = page.windows(2).filter_map(near).collect();
    distances.sort_unstable_by(f64::total_cmp);
    // With few lines, half of the distances may be those between paragraphs.
    distances.get(distances.len() / 3).copied().unwrap_or(0.0)
}

/// The lines of pages, without those at the edges that most pages repeat, page numbers aside.
fn without_repeated(pages: Vec<Page>) -> Vec<Vec<Line>> {
    let mut seen: HashMap<(String, i64), usize> = HashMap::new();
    if pages.len() >= MIN_PAGES_TO_COMPARE {
        for page in &pages {
            let edges = page.lines.iter().filter(|line| page.is_edge(line)).map(key);
            for key in edges.collect::<HashSet<_>>() {
                *seen.entry(key).or_default() += 1;
            }
        }
    }
    let most = pages.len() / 2 + 1;
    let kept = |page: Page| {
        let repeated = |line: &Line| page.is_edge(line) && seen.get(&key(line)).is_some_and(|n| *n >= most);
        page.lines.iter().filter(|line| !repeated(line)).cloned().collect()
    };
    pages.into_iter().map(kept).collect()
}

/// The line without its numbers, at its height.
fn key(line: &Line) -> (String, i64) {
    (line.text.chars().filter(|c| !c.is_ascii_digit()).collect(), line.y.round().clamp(-1e9, 1e9) as i64)
}
