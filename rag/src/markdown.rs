//! Reads a Markdown file: optional YAML front matter, then the text.

use domain::knowledge::{Metadata, is_slug};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{
    RagError,
    front_matter::{FrontMatter, MAX_TITLE_CHARS},
};

/// The most a document may have, front matter included: 1 MiB.
pub const MAX_MARKDOWN_BYTES: usize = 1024 * 1024;

/// A Markdown file taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedDocument {
    /// The title is from the front matter, else the first heading, else the slug in words.
    pub meta: Metadata,
    /// The Markdown below the front matter, with `\n` line ends.
    pub body: String,
}

/// Reads a Markdown document of at most [`MAX_MARKDOWN_BYTES`]. Without front matter it is the
/// workspace's own, public, in English, and about what its first heading says.
pub fn parse_markdown(slug: &str, text: &str) -> Result<ParsedDocument, RagError> {
    if !is_slug(slug) {
        return Err(RagError::Slug(slug.chars().take(200).collect()));
    }
    if text.len() > MAX_MARKDOWN_BYTES {
        return Err(RagError::TooLarge { slug: slug.to_owned(), bytes: text.len() });
    }
    if text.contains('\0') {
        return Err(RagError::Nul { slug: slug.to_owned() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let (front, body) = split_front_matter(slug, &text)?;
    let mut front = FrontMatter::read(slug, front)?;
    let body = body.trim_start_matches('\n').trim_end();
    if body.trim().is_empty() {
        return Err(RagError::Empty { slug: slug.to_owned() });
    }
    let title = front
        .title
        .take()
        .or_else(|| headings(body).into_iter().map(|heading| heading.text).find(|text| !text.is_empty()))
        .unwrap_or_else(|| slug_in_words(slug));
    let title: String = title.chars().take(MAX_TITLE_CHARS).collect();
    Ok(ParsedDocument { meta: front.metadata(slug, title)?, body: body.to_owned() })
}

fn split_front_matter<'a>(slug: &str, text: &'a str) -> Result<(&'a str, &'a str), RagError> {
    let Some(rest) = text.strip_prefix("---\n") else { return Ok(("", text)) };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Ok((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    Err(RagError::FrontMatter {
        slug: slug.to_owned(),
        why: "it opens with `---` and is never closed; add a line `---` below it".to_owned(),
    })
}

fn slug_in_words(slug: &str) -> String {
    let words = slug.rsplit('/').next().unwrap_or(slug).replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A heading and the byte at which it starts.
pub(crate) struct Heading {
    pub at: usize,
    /// 1 to 6.
    pub level: usize,
    pub text: String,
}

pub(crate) fn headings(body: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let mut inside = false;
    for (event, range) in Parser::new_ext(body, Options::all()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                inside = true;
                found.push(Heading { at: range.start, level: level as usize, text: String::new() });
            }
            Event::End(TagEnd::Heading(_)) => {
                inside = false;
                if let Some(heading) = found.last_mut() {
                    heading.text = heading.text.split_whitespace().collect::<Vec<_>>().join(" ");
                }
            }
            Event::Text(text) | Event::Code(text) if inside => {
                if let Some(heading) = found.last_mut() {
                    heading.text.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak if inside => {
                if let Some(heading) = found.last_mut() {
                    heading.text.push(' ');
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use domain::ticket::Visibility;

    use super::*;

    #[test]
    fn front_matter_is_read_and_left_out_of_the_body() {
        let text = "\u{feff}---\r\ntitle: Refunds\r\nvisibility: internal\r\ncategory: returns\r\ntags: [refund, money back]\r\nupdated: 2026-10-02\r\n---\r\nWe refund.\r\n";
        let parsed = parse_markdown("refunds", text).unwrap();
        assert_eq!(parsed.meta.title, "Refunds");
        assert_eq!(parsed.meta.visibility, Visibility::Internal);
        assert_eq!(parsed.meta.category, "returns");
        assert_eq!(parsed.meta.tags, ["refund", "money back"]);
        assert_eq!(parsed.body, "We refund.");
    }

    #[test]
    fn the_title_falls_back_to_the_first_heading_and_then_to_the_slug() {
        let headed =
            parse_markdown("x", "Intro.\n\n```sh\n# not a heading\n```\n\n## The `first` *one*\n").unwrap();
        assert_eq!(headed.meta.title, "The first one");
        let bare = parse_markdown("help/two-factor_sign-in", "Just text.").unwrap();
        assert_eq!(bare.meta.title, "Two factor sign in");
        assert_eq!(bare.meta.visibility, Visibility::Public);
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name_so_that_nothing_internal_is_published() {
        let error = parse_markdown("x", "---\nvisiblity: internal\n---\nSecret.").unwrap_err();
        assert!(error.to_string().contains("visiblity"), "{error}");
        assert!(parse_markdown("x", "---\nvisibility: secret\n---\nS.").is_err());
    }

    #[test]
    fn odd_documents_are_refused_with_what_to_do() {
        assert!(matches!(parse_markdown("x", ""), Err(RagError::Empty { .. })));
        assert!(matches!(parse_markdown("x", "---\ntitle: A\n---\n \n"), Err(RagError::Empty { .. })));
        assert!(matches!(parse_markdown("x", "---\ntitle: A\n"), Err(RagError::FrontMatter { .. })));
        assert!(matches!(parse_markdown("", "a"), Err(RagError::Slug(_))));
        assert!(matches!(parse_markdown("a b", "a"), Err(RagError::Slug(_))));
        assert!(matches!(parse_markdown("x", "a\0b"), Err(RagError::Nul { .. })));
        let huge = "a".repeat(MAX_MARKDOWN_BYTES + 1);
        assert!(matches!(parse_markdown("x", &huge), Err(RagError::TooLarge { .. })));
        let tags = format!("---\ntags: [{}]\n---\na", "t, ".repeat(40));
        assert!(matches!(parse_markdown("x", &tags), Err(RagError::FrontMatter { .. })));
    }
}
