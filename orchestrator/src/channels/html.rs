//! Text out of mails that come as HTML alone.
//!
//! Not a browser: blocks become lines, quotes become `> ` lines so that they can be told apart
//! later, and what is not text is left out. Linear time; unclosed tags cost no text.

use mail_parser::decoders::html::add_html_token;

/// Quotes inside quotes; deeper ones look like the last.
const MAX_DEPTH: usize = 8;
/// Longest `&entity;`.
const MAX_ENTITY: usize = 32;

/// Tags longer than this are looked for until one of them turns out not to end.
const LONG_TAG: usize = 4096;

/// The text of an HTML mail.
pub fn to_text(html: &str) -> String {
    let mut out = Output::default();
    let mut rest = html;
    // What was looked for in vain is not looked for again, or hostile mails would take forever.
    let mut longest = usize::MAX;
    let mut unclosed: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        out.text(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<!--") && !unclosed.iter().any(|name| name == "!--") {
            match rest.find("-->") {
                Some(end) => rest = &rest[end + 3..],
                None => {
                    unclosed.push("!--".to_owned());
                    rest = &rest[4..];
                }
            }
            continue;
        }
        let tag = match Tag::read(rest, longest) {
            Ok(tag) => tag,
            Err(looked_at) => {
                if looked_at > LONG_TAG {
                    longest = LONG_TAG;
                }
                out.text("<");
                rest = &rest[1..];
                continue;
            }
        };
        rest = &rest[tag.len..];
        if tag.is_hidden() && !tag.closes && !unclosed.contains(&tag.name) {
            match after_end(rest, &tag.name) {
                Some(after) => rest = after,
                None => unclosed.push(tag.name),
            }
            continue;
        }
        out.tag(&tag);
    }
    out.text(rest);
    out.finish()
}

struct Tag {
    name: String,
    closes: bool,
    len: usize,
}

impl Tag {
    /// Reads a tag at the start of `text`. Anything else that begins with `<` is text; then the error
    /// is how many bytes it took to tell.
    fn read(text: &str, longest: usize) -> Result<Self, usize> {
        let bytes = text.as_bytes();
        let mut at = 1;
        let closes = bytes.get(at) == Some(&b'/');
        if closes {
            at += 1;
        }
        if !matches!(bytes.get(at), Some(c) if c.is_ascii_alphabetic() || matches!(c, b'!' | b'?')) {
            return Err(at);
        }
        let name_end = bytes[at..]
            .iter()
            .take(64)
            .position(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'!' | b'?' | b':'));
        let name_end = at + name_end.ok_or(at)?;
        let name = text[at..name_end].to_ascii_lowercase();
        let mut quote = None;
        for (n, c) in bytes[name_end..].iter().enumerate().take(longest) {
            match (quote, c) {
                (None, b'>') => return Ok(Self { name, closes, len: name_end + n + 1 }),
                // A tag never closed before the next begins was none.
                (None, b'<') => return Err(n),
                (None, b'"' | b'\'') => quote = Some(*c),
                (Some(open), c) if open == *c => quote = None,
                _ => {}
            }
        }
        Err(bytes.len().min(longest))
    }

    fn is_hidden(&self) -> bool {
        matches!(self.name.as_str(), "style" | "script" | "title" | "template" | "noscript")
    }
}

fn after_end<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return rest.find('>').map(|end| &rest[end + 1..]);
        }
    }
    None
}

#[derive(Default)]
struct Output {
    done: String,
    line: String,
    depth: usize,
    /// Verbatim blocks that are open.
    verbatim: usize,
}

impl Output {
    fn tag(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "br" => self.end_line(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" => {
                self.end_block(tag.closes)
            }
            "div" | "tr" | "section" | "article" | "header" | "footer" | "dl" | "dt" | "dd" | "address" => {
                self.end_filled();
            }
            "li" => {
                self.end_filled();
                if !tag.closes {
                    self.line.push_str("- ");
                }
            }
            "td" | "th" if tag.closes => self.line.push(' '),
            "hr" => {
                self.end_filled();
                self.line.push_str("________________");
                self.end_line();
            }
            "pre" => {
                self.end_filled();
                self.verbatim = if tag.closes { self.verbatim.saturating_sub(1) } else { self.verbatim + 1 };
            }
            "blockquote" => {
                self.end_filled();
                self.depth = if tag.closes { self.depth.saturating_sub(1) } else { self.depth + 1 };
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.words(&rest[..at]);
            rest = &rest[at..];
            let end = rest.bytes().take(MAX_ENTITY).position(|c| c == b';');
            match end {
                Some(end)
                    if rest.as_bytes()[1..end].iter().all(|c| c.is_ascii_alphanumeric() || *c == b'#') =>
                {
                    let mut entity = String::new();
                    add_html_token(&mut entity, &rest.as_bytes()[..=end], false);
                    self.line.push_str(&entity);
                    rest = &rest[end + 1..];
                }
                _ => {
                    self.line.push('&');
                    rest = &rest[1..];
                }
            }
        }
        self.words(rest);
    }

    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if self.verbatim > 0 && c == '\n' {
                self.end_line();
            } else if self.verbatim == 0 && c.is_ascii_whitespace() {
                if !self.line.is_empty() && !self.line.ends_with(' ') {
                    self.line.push(' ');
                }
            } else if c != '\r' {
                self.line.push(c);
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        for _ in 0..self.depth.min(MAX_DEPTH) {
            self.done.push('>');
        }
        if self.depth > 0 {
            self.done.push(' ');
        }
        self.done.push_str(line.trim_end());
        self.done.push('\n');
    }

    fn end_filled(&mut self) {
        if !self.line.trim().is_empty() {
            self.end_line();
        }
        self.line.clear();
    }

    fn end_block(&mut self, closes: bool) {
        let filled = !self.line.trim().is_empty();
        self.end_filled();
        if closes && filled {
            self.end_line();
        }
    }

    fn finish(mut self) -> String {
        self.end_filled();
        self.done.truncate(self.done.trim_end().len());
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_become_lines_and_hidden_things_do_not_show() {
        let html = "<html><head><title>x</title><style>p{color:red}</style></head><body><!-- no -->\
                    <p>Hello&nbsp;there,<br>my tent &amp; pegs</p><div>are <b>gone</b>.</div>\
                    <ul><li>one</li><li>two</li></ul></body></html>";
        assert_eq!(to_text(html), "Hello\u{a0}there,\nmy tent & pegs\n\nare gone.\n- one\n- two");
    }

    #[test]
    fn quotes_are_marked_at_their_depth() {
        let html = "<div>No.</div><blockquote>Was it you?<blockquote><p>Who?</p></blockquote></blockquote><p>Thanks</p>";
        assert_eq!(to_text(html), "No.\n> Was it you?\n>> Who?\n>> \nThanks");
    }

    #[test]
    fn what_only_looks_like_a_tag_is_text() {
        assert_eq!(to_text("a < b and c <3 you <unclosed"), "a < b and c <3 you <unclosed");
        assert_eq!(to_text("<style>never closed, still said"), "never closed, still said");
        assert_eq!(to_text("&bogus; &#x41; & &lt;b&gt;"), "&bogus; A & <b>");
    }

    proptest! {
        #[test]
        fn any_text_is_read(html in "(?s).{0,400}") {
            to_text(&html);
        }

        #[test]
        fn any_soup_of_tags_is_read(parts in prop::collection::vec("<|>|/|p|br|blockquote|style|!--|-->|&|;|#|x| |\n|ü|\"|'", 0..80)) {
            to_text(&parts.concat());
        }
    }
}
