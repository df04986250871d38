//! HTML pages: what they say, as Markdown, without what only surrounds it.

mod content;
mod tree;

use std::rc::Rc;

use encoding_rs::Encoding;
use htmd::{
    HtmlToMarkdown,
    options::{BrStyle, BulletListMarker, HrStyle, Options},
};
use markup5ever_rcdom::Node;

use crate::{
    Kind, Limits, ParseError, Parsed,
    text::{self, Decoded},
};
use content::Page;

/// Where a page says its encoding.
const DECLARATION: usize = 2048;

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Parsed, ParseError> {
    let Decoded { text, warnings } = text::decode(bytes, declared(bytes));
    let page = Page::of(tree::grow(&text, limits)?);
    let mut parsed = Parsed::new(Kind::Html, render(&page.body, limits)?);
    parsed.title = page.title;
    parsed.front.author = page.author;
    parsed.front.locale = page.locale;
    parsed.warnings = warnings;
    Ok(parsed)
}

/// A page or a piece of one as Markdown.
pub(crate) fn to_markdown(html: &str, limits: &Limits) -> Result<String, ParseError> {
    render(&Page::of(tree::grow(html, limits)?).body, limits)
}

/// Depth is checked while the tree grows, and again here for what was built from it, because the
/// writer goes down the tree by recursion.
fn render(body: &Rc<Node>, limits: &Limits) -> Result<String, ParseError> {
    tree::check_depth(body, limits.nesting)?;
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        br_style: BrStyle::Backslash,
        hr_style: HrStyle::Dashes,
        ..Options::default()
    };
    let markdown = HtmlToMarkdown::builder().options(options).build().tree_to_markdown(body);
    // The writer's way to put `|` into a table; ours is what people write.
    let markdown = markdown.replace("&#124;", "\\|");
    // Hard breaks are written with `\`, so blanks at the end of a line say nothing.
    let markdown: String = markdown.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    let markdown = markdown.trim_end().to_owned();
    if markdown.len() > limits.output_bytes {
        return Err(ParseError::TooMuchText { limit: limits.output_bytes });
    }
    Ok(markdown)
}

/// `<meta charset="…">` or `<meta http-equiv="Content-Type" content="…; charset=…">`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION)]).to_ascii_lowercase();
    let after = start.split_once("charset=")?.1.trim_start_matches(['"', '\'']);
    let label: String =
        after.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c)).collect();
    Encoding::for_label(label.as_bytes())
}
