//! The body of a document as simple HTML.

use std::collections::HashMap;

use super::{
    styles::{Role, Styles},
    xml::{Element, Piece, walk},
};
use crate::{Limits, ParseError, text::one_line};

/// Levels of lists; Word has nine.
const MAX_LIST_LEVEL: usize = 8;
/// Columns that one cell may span.
const MAX_SPAN: usize = 64;

/// What came out of a body.
pub(super) struct Body {
    pub html: String,
    pub title: Option<String>,
    pub footnotes: usize,
    pub pictures: usize,
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    style: String,
    outline: Option<usize>,
    list: Option<String>,
    level: usize,
    html: String,
    /// The links that are open: whether each leads somewhere.
    links: Vec<bool>,
}

pub(super) fn to_html(
    document: &str,
    styles: &Styles,
    links: &HashMap<String, String>,
    limits: &Limits,
) -> Result<Body, ParseError> {
    let mut writer = Writer {
        styles,
        links,
        limits,
        out: String::new(),
        open_lists: Vec::new(),
        paragraphs: Vec::new(),
        skipped: 0,
        in_text: false,
        hidden: false,
        in_run: false,
        in_run_properties: false,
        title: None,
        tables: 0,
        code: false,
        footnotes: 0,
        pictures: 0,
    };
    walk(document, limits, |piece| writer.take(piece))?;
    writer.end_lists(0);
    writer.end_code();
    Ok(Body { html: writer.out, title: writer.title, footnotes: writer.footnotes, pictures: writer.pictures })
}

struct Writer<'a> {
    styles: &'a Styles,
    links: &'a HashMap<String, String>,
    limits: &'a Limits,
    out: String,
    /// `ul` or `ol`, the outermost first; each has an open item.
    open_lists: Vec<&'static str>,
    /// Text boxes put paragraphs into paragraphs.
    paragraphs: Vec<Paragraph>,
    /// How deep we are in something that is not shown.
    skipped: usize,
    in_text: bool,
    /// The run is hidden.
    hidden: bool,
    in_run: bool,
    in_run_properties: bool,
    title: Option<String>,
    tables: usize,
    /// A block of code is open.
    code: bool,
    footnotes: usize,
    pictures: usize,
}

/// Deleted text, the second copy of a drawing, codes of fields, and what is not the body.
fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "del" | "moveFrom" | "Fallback" | "instrText" | "delText" | "sectPr" | "pPrChange" | "rPrChange"
    )
}

impl Writer<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), ParseError> {
        match piece {
            Piece::Start(element) if self.skipped > 0 || is_skipped(&element.name) => self.skipped += 1,
            Piece::End(_) if self.skipped > 0 => self.skipped -= 1,
            Piece::Start(element) => self.start(&element),
            Piece::End(name) => self.end(&name),
            Piece::Text(text) => {
                if self.in_text && self.skipped == 0 && !self.hidden {
                    self.write_text(&text);
                }
            }
        }
        let open: usize = self.paragraphs.iter().map(|paragraph| paragraph.html.len()).sum();
        // Markup is a few times the text at most.
        if self.out.len() + open > self.limits.output_bytes.saturating_mul(4) {
            return Err(ParseError::TooMuchText { limit: self.limits.output_bytes });
        }
        Ok(())
    }

    fn start(&mut self, element: &Element) {
        match element.name.as_str() {
            "p" => self.paragraphs.push(Paragraph::default()),
            "r" => (self.in_run, self.hidden) = (true, false),
            "rPr" => self.in_run_properties = self.in_run,
            "vanish" | "webHidden" if self.in_run_properties => self.hidden = element.is_on(),
            "t" => self.in_text = true,
            "tab" if self.in_run => self.write_text("\t"),
            // Where pages and columns break is of no concern to Markdown.
            "br" if element.attribute("type").is_some_and(|kind| kind != "textWrapping") => {}
            "br" | "cr" if self.in_run => self.write_break(),
            "noBreakHyphen" => self.write_text("-"),
            "hyperlink" => self.start_link(element),
            "footnoteReference" | "endnoteReference" => self.footnotes += 1,
            "blip" => self.pictures += 1,
            "tbl" => {
                self.end_code();
                self.end_lists(0);
                self.tables += 1;
                self.out.push_str("<table>");
            }
            "tr" => self.out.push_str("<tr>"),
            "tc" => self.out.push_str("<td>"),
            "gridSpan" => self.span(element),
            _ => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.set(element);
                }
            }
        }
    }

    fn span(&mut self, element: &Element) {
        let wide = element.value().parse().unwrap_or(1).clamp(1, MAX_SPAN);
        if self.out.ends_with("<td>") && wide > 1 {
            self.out.truncate(self.out.len() - 1);
            self.out.push_str(&format!(" colspan=\"{wide}\">"));
        }
    }

    fn start_link(&mut self, element: &Element) {
        let target = element.attribute("id").and_then(|id| self.links.get(id));
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        paragraph.links.push(target.is_some());
        if let Some(target) = target {
            paragraph.html.push_str("<a href=\"");
            escape(target, &mut paragraph.html);
            paragraph.html.push_str("\">");
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "r" => (self.in_run, self.hidden, self.in_run_properties) = (false, false, false),
            "rPr" => self.in_run_properties = false,
            "hyperlink" => {
                if let Some(paragraph) = self.paragraphs.last_mut()
                    && paragraph.links.pop() == Some(true)
                {
                    paragraph.html.push_str("</a>");
                }
            }
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.write_paragraph(paragraph);
                }
            }
            "tc" => {
                self.end_code();
                self.end_lists(0);
                self.out.push_str("</td>");
            }
            "tr" => self.out.push_str("</tr>"),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.out.push_str("</table>");
            }
            _ => {}
        }
    }

    fn write_text(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut()
            && !self.hidden
        {
            escape(text, &mut paragraph.html);
        }
    }

    fn write_break(&mut self) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.html.push_str("<br>");
        }
    }

    fn write_paragraph(&mut self, mut paragraph: Paragraph) {
        while let Some(leads) = paragraph.links.pop() {
            if leads {
                paragraph.html.push_str("</a>");
            }
        }
        let html = std::mem::take(&mut paragraph.html);
        let role = match paragraph.outline {
            Some(outline) if outline < 9 => Role::Heading((outline + 1).min(6)),
            _ => self.styles.role(&paragraph.style),
        };
        if role != Role::Code {
            self.end_code();
        }
        if html.trim().is_empty() {
            return;
        }
        let list = match (&paragraph.list, role) {
            (_, Role::Heading(_) | Role::Title) => None,
            (Some(list), _) if list == "0" => None,
            (Some(list), _) => Some((list.clone(), paragraph.level)),
            (None, _) => self.styles.list(&paragraph.style),
        };
        if let Some((list, level)) = list {
            return self.write_item(&list, level.min(MAX_LIST_LEVEL), &html);
        }
        self.end_lists(0);
        let block = |tag: &str| format!("<{tag}>{html}</{tag}>\n");
        match role {
            Role::Title => {
                self.title = self.title.take().or_else(|| one_line(&plain(&html)));
                self.out.push_str(&block("h1"));
            }
            Role::Heading(level) => self.out.push_str(&block(&format!("h{level}"))),
            Role::Quote => self.out.push_str(&block("blockquote")),
            Role::Code if self.tables == 0 => {
                self.out.push_str(if self.code { "\n" } else { "<pre><code>" });
                self.code = true;
                self.out.push_str(&html.replace("<br>", "\n"));
            }
            Role::Code | Role::Body => self.out.push_str(&block("p")),
        }
    }

    fn write_item(&mut self, list: &str, level: usize, html: &str) {
        let tag = if self.styles.counts(list, level) { "ol" } else { "ul" };
        self.end_lists(level + 1);
        // Another kind of list at the same level is another list.
        if self.open_lists.len() == level + 1 && self.open_lists.last() != Some(&tag) {
            self.end_lists(level);
        }
        if self.open_lists.len() == level + 1 {
            self.out.push_str("</li><li>");
        }
        while self.open_lists.len() <= level {
            self.out.push_str(&format!("<{tag}><li>"));
            self.open_lists.push(tag);
        }
        self.out.push_str(html);
    }

    /// Ends lists until `depth` are open.
    fn end_lists(&mut self, depth: usize) {
        while self.open_lists.len() > depth {
            if let Some(tag) = self.open_lists.pop() {
                self.out.push_str(&format!("</li></{tag}>"));
            }
        }
    }

    fn end_code(&mut self) {
        if std::mem::take(&mut self.code) {
            self.out.push_str("</code></pre>\n");
        }
    }
}

impl Paragraph {
    fn set(&mut self, element: &Element) {
        match element.name.as_str() {
            "pStyle" => self.style = element.value().to_owned(),
            "outlineLvl" => self.outline = element.value().parse().ok(),
            "numId" => self.list = Some(element.value().to_owned()),
            "ilvl" => self.level = element.value().parse().unwrap_or(0),
            _ => {}
        }
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// The text of what [`escape`] and the links of a paragraph wrote.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
