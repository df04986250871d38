//! Word documents (.docx): paragraphs, headings, lists, tables and links.
//!
//! The body is written as simple HTML first and goes the way of [`crate::html`] from there, so that
//! Markdown is written in one place.

mod body;
mod package;
mod styles;
mod xml;

use crate::{Kind, Limits, ParseError, Parsed, html};
use package::Package;
pub(crate) use package::{Holds, archive_holds};

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Parsed, ParseError> {
    let mut package = Package::open(bytes, limits)?;
    let document = package
        .part("word/document.xml")?
        .ok_or_else(|| malformed("it has no body (word/document.xml); save it again from Word"))?;
    let styles = styles::Styles::read(
        package.part("word/styles.xml")?.as_deref(),
        package.part("word/numbering.xml")?.as_deref(),
        limits,
    )?;
    let links = styles::links(package.part("word/_rels/document.xml.rels")?.as_deref(), limits)?;
    let body = body::to_html(&document, &styles, &links, limits)?;
    let mut parsed = Parsed::new(Kind::Docx, html::to_markdown(&body.html, limits)?);
    if let Some(core) = package.part("docProps/core.xml")? {
        let core = styles::Core::read(&core, limits)?;
        parsed.title = core.title;
        parsed.front.author = core.author;
        parsed.front.category = core.category;
        parsed.front.tags = core.keywords;
        parsed.front.date = core.modified;
        parsed.front.locale = core.language;
    }
    parsed.title = body.title.or(parsed.title);
    if package.has("word/footnotes.xml") && body.footnotes > 0 {
        parsed.warnings.push(format!("{} footnote(s) were left out", body.footnotes));
    }
    if body.pictures > 0 {
        parsed.warnings.push(format!("{} picture(s) were left out", body.pictures));
    }
    Ok(parsed)
}

fn malformed(why: &str) -> ParseError {
    ParseError::Malformed { kind: Kind::Docx, why: why.to_owned() }
}
