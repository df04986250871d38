//! What the desk writes, as HTML: CommonMark goes in, and out come the few tags that a mail or a chat needs.
//!
//! Safe by construction. Nothing of the text is ever taken for markup: raw HTML is shown as the text it is, and tags
//! and attributes are written here and nowhere else. What can be read and followed stands in the text letter for
//! letter: entities are not read, there are no links by reference (`[1]` is the mark of a source), and an address
//! becomes a link only as it is written. So whoever looked at the text, a guard, a mask or a reviewer, has seen
//! every word and every link of the page.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use domain::{ticket::Message, user::Actor};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;

/// Tags inside tags; what is deeper is shown without its own.
const DEEPEST: usize = 32;
const LINK: &str = r#"" rel="noopener noreferrer nofollow" target="_blank">"#;
/// Signs that mean nothing in CommonMark, to stand for a `[` that is to mean nothing.
const STAND_INS: [char; 10] = ['%', '^', '~', '|', '$', '@', ';', ',', '\u{1}', '\u{2}'];

/// An address as it stands in a text, without the full stop after it.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and tests use it")]
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"https?://[^\s<>"'\[\]]*[^\s<>"'\[\].,;:!?)]"#).expect("the pattern is valid")
});
/// What begins a definition of links by reference.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and tests use it")]
static DEFINITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\[(?:\\.|[^\\\[\]])*\]:").expect("the pattern is valid"));

/// A message of the desk; none for what others wrote, which is plain text.
pub fn of_message(message: &Message) -> Option<String> {
    matches!(message.author, Actor::Agent { .. } | Actor::User { .. }).then(|| html(&message.body))
}

/// Markdown as HTML.
pub fn html(markdown: &str) -> String {
    with_sentences(markdown, &[])
}

/// The same, with the words of each sentence in a `<span data-sentence="…">` that holds its number. The spans are
/// bytes of the text, in order.
pub fn with_sentences(markdown: &str, sentences: &[Range<usize>]) -> String {
    read(markdown, sentences).0
}

/// Where the links of the page lead, which is more than a text shows: what stands around an address, or in it, may
/// hide it from whoever looks for addresses alone.
pub fn links(markdown: &str) -> Vec<String> {
    read(markdown, &[]).1
}

/// The page, and where its links lead.
fn read(markdown: &str, sentences: &[Range<usize>]) -> (String, Vec<String>) {
    let Some((text, stand_in)) = without_definitions(markdown) else {
        return (format!("<p>{}</p>", text(markdown)), Vec::new());
    };
    let mut page = Page {
        text: &text,
        stand_in,
        sentences,
        out: String::with_capacity(markdown.len() + markdown.len() / 4),
        words: 0..0,
        at: 0,
        open: Vec::new(),
        links: Vec::new(),
        in_link: false,
        in_code: false,
    };
    for (event, range) in Parser::new_ext(&text, Options::empty()).into_offset_iter() {
        page.event(event, range);
    }
    page.flush();
    (page.out, page.links)
}

/// A text as HTML that shows it as it is.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, None, &mut out);
    out
}

/// The text with another sign for each `[` that would define a link, and that sign. None when there is none to take.
fn without_definitions(text: &str) -> Option<(Cow<'_, str>, Option<char>)> {
    if !DEFINITION.is_match(text) {
        return Some((Cow::Borrowed(text), None));
    }
    let stand_in = STAND_INS.into_iter().find(|sign| !text.contains(*sign))?;
    let mut changed = String::with_capacity(text.len());
    let mut from = 0;
    for found in DEFINITION.find_iter(text) {
        changed.push_str(&text[from..found.start()]);
        changed.push(stand_in);
        from = found.start() + 1;
    }
    changed.push_str(&text[from..]);
    Some((Cow::Owned(changed), Some(stand_in)))
}

/// Text as HTML, its lines as lines.
fn escape(text: &str, stand_in: Option<char>, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            '\r' | '\0' => {}
            c if Some(c) == stand_in => out.push('['),
            c => out.push(c),
        }
    }
}

/// How something that is open ends.
enum End {
    Tag(&'static str),
    /// A link that is none: with what stands there behind its words.
    Written,
}

struct Page<'a> {
    /// Byte for byte as long as what was written.
    text: &'a str,
    stand_in: Option<char>,
    sentences: &'a [Range<usize>],
    out: String,
    /// What is read and not yet written.
    words: Range<usize>,
    /// How far the text is read.
    at: usize,
    open: Vec<End>,
    links: Vec<String>,
    in_link: bool,
    in_code: bool,
}

impl<'a> Page<'a> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if let Event::Text(text) = &event {
            // As it stands there: an entity is what was written, and not what it means.
            if range.is_empty() {
                // A part of a tab.
                self.flush();
                escape(text, self.stand_in, &mut self.out);
            } else if self.words.end == range.start && !self.words.is_empty() {
                self.words.end = range.end;
            } else {
                self.flush();
                self.words = range;
            }
            return;
        }
        self.flush();
        match event {
            Event::Start(tag) => return self.start(&tag, &range),
            Event::End(tag) => self.end(tag, &range),
            Event::Code(code) => {
                let number = self.sentences.iter().position(|sentence| sentence.contains(&range.start));
                self.in_sentence(number, |page| {
                    page.out.push_str("<code>");
                    escape(&code, page.stand_in, &mut page.out);
                    page.out.push_str("</code>");
                });
            }
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            // Raw HTML, and whatever else a parser may come to know.
            _ => self.written(range.clone()),
        }
        self.at = range.end;
    }

    fn start(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        self.at = range.start;
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("<p>", "</p>"),
            Tag::Heading { .. } if self.has_signs(range) => self.open("<p><strong>", "</strong></p>"),
            Tag::Heading { .. } => self.open("<p>", "</p>"),
            Tag::BlockQuote(_) => self.open("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(_) => {
                self.in_code = true;
                self.open("<pre><code>", "</code></pre>");
            }
            Tag::List(None) => self.open("<ul>", "</ul>"),
            Tag::List(Some(1)) => self.open("<ol>", "</ol>"),
            Tag::List(Some(first)) => self.open(&format!("<ol start=\"{first}\">"), "</ol>"),
            Tag::Item => self.open("<li>", "</li>"),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Link { link_type, dest_url, .. } => match self.address(*link_type, dest_url) {
                Some(address) => {
                    self.in_link = true;
                    let begin = self.anchor(&address);
                    self.open(&begin, "</a>");
                }
                None => {
                    self.written(range.start..range.start + 1);
                    self.at = range.start + 1;
                    self.open.push(End::Written);
                }
            },
            // A picture is its words.
            _ => self.open("", ""),
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::CodeBlock => self.in_code = false,
            TagEnd::Link => self.in_link = false,
            // Its last line has an end, and nothing comes after it.
            TagEnd::HtmlBlock => self.out.truncate(self.out.trim_end_matches("<br>").len()),
            TagEnd::Heading(_) if !self.has_signs(range) => {
                // A line of dashes under a line: how people sign, too.
                let line = self.text[range.clone()].trim_end();
                let above = line.trim_end_matches(['-', '=']).len();
                self.out.push_str("<br>");
                self.written(range.start + above..range.start + line.len());
            }
            _ => {}
        }
        match self.open.pop() {
            Some(End::Tag(end)) => self.out.push_str(end),
            Some(End::Written) => self.written(self.at..range.end),
            None => {}
        }
    }

    /// Whether a heading begins with `#`, and is not the line above a line of dashes.
    fn has_signs(&self, range: &Range<usize>) -> bool {
        let text = self.text[range.clone()].trim_start();
        let rest = text.trim_start_matches('#');
        let signs = text.len() - rest.len();
        (1..=6).contains(&signs) && (rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
    }

    fn open(&mut self, begin: &str, end: &'static str) {
        if self.open.len() < DEEPEST {
            self.out.push_str(begin);
            self.open.push(End::Tag(end));
        } else {
            self.open.push(End::Tag(""));
        }
    }

    /// Where a link leads, if it may lead there and stands in the text so.
    fn address(&self, kind: LinkType, to: &str) -> Option<String> {
        let address = match kind {
            LinkType::Inline | LinkType::Autolink => to.to_owned(),
            LinkType::Email => format!("mailto:{to}"),
            _ => return None,
        };
        let begins = |scheme: &str| {
            address.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
                && address.len() > scheme.len()
        };
        let plain = !to.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
        let may = ["https://", "http://", "mailto:"].into_iter().any(begins);
        (plain && may && self.text.contains(to)).then_some(address)
    }

    fn anchor(&mut self, address: &str) -> String {
        let address: String =
            address.chars().map(|c| if Some(c) == self.stand_in { '[' } else { c }).collect();
        let mut begin = String::from("<a href=\"");
        escape(&address, None, &mut begin);
        begin.push_str(LINK);
        self.links.push(address);
        begin
    }

    /// Writes what was read, each part within its sentence.
    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        self.at = words.end;
        let mut from = words.start;
        let sentences = self.sentences;
        for (number, sentence) in sentences.iter().enumerate() {
            let (start, end) = (sentence.start.max(from), sentence.end.min(words.end));
            if start < end {
                self.linked(from..start);
                self.in_sentence(Some(number), |page| page.linked(start..end));
                from = end;
            }
        }
        self.linked(from..words.end);
    }

    fn in_sentence(&mut self, number: Option<usize>, write: impl FnOnce(&mut Self)) {
        let Some(number) = number else { return write(self) };
        self.out.push_str(&format!("<span data-sentence=\"{number}\">"));
        write(self);
        self.out.push_str("</span>");
    }

    /// Words, with the addresses in them as links.
    fn linked(&mut self, range: Range<usize>) {
        let text: &'a str = self.text;
        let words = &text[range];
        if self.in_code {
            // Lines of code keep their ends, which HTML shows there.
            for line in words.split_inclusive('\n') {
                escape(line.trim_end_matches('\n'), self.stand_in, &mut self.out);
                if line.ends_with('\n') {
                    self.out.push('\n');
                }
            }
            return;
        }
        let mut from = 0;
        if !self.in_link {
            for found in ADDRESS.find_iter(words) {
                escape(&words[from..found.start()], self.stand_in, &mut self.out);
                let begin = self.anchor(found.as_str());
                self.out.push_str(&begin);
                escape(found.as_str(), self.stand_in, &mut self.out);
                self.out.push_str("</a>");
                from = found.end();
            }
        }
        escape(&words[from..], self.stand_in, &mut self.out);
    }

    /// A part of the text as it stands there.
    fn written(&mut self, range: Range<usize>) {
        escape(&self.text[range], self.stand_in, &mut self.out);
    }
}

#[cfg(test)]
mod tests;
