//! Reads a Markdown file: optional YAML front matter, then the text.

use domain::ticket::Visibility;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::Deserialize;

use crate::RagError;

/// The most a document may have, front matter included: 1 MiB.
pub const MAX_MARKDOWN_BYTES: usize = 1024 * 1024;
const MAX_FRONT_MATTER_BYTES: usize = 16 * 1024;
pub const MAX_TITLE_CHARS: usize = 200;
pub const MAX_CATEGORY_CHARS: usize = 64;
pub const MAX_TAGS: usize = 32;
pub const MAX_TAG_CHARS: usize = 64;

/// A Markdown file taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedDocument {
    /// From the front matter, else the first heading, else the slug in words.
    pub title: String,
    /// Public unless the front matter says `internal`.
    pub visibility: Visibility,
    /// Empty when the front matter names none.
    pub category: String,
    pub tags: Vec<String>,
    /// The Markdown below the front matter, with `\n` line ends.
    pub body: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: Option<String>,
    visibility: Option<Visibility>,
    category: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    /// For the people who keep the file; the store keeps its own dates.
    #[serde(rename = "updated")]
    _updated: Option<String>,
}

/// Reads a Markdown document of at most [`MAX_MARKDOWN_BYTES`]. Keys of the front matter: `title`,
/// `visibility` (`public` or `internal`), `category`, `tags`, `updated`; any other is refused, so
/// that a misspelt `visibility` never publishes an internal page.
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
    let front = checked(slug, front)?;
    let body = body.trim_start_matches('\n').trim_end();
    if body.trim().is_empty() {
        return Err(RagError::Empty { slug: slug.to_owned() });
    }
    let title = front
        .title
        .or_else(|| headings(body).into_iter().map(|heading| heading.text).find(|text| !text.is_empty()))
        .unwrap_or_else(|| slug_in_words(slug));
    Ok(ParsedDocument {
        title: title.chars().take(MAX_TITLE_CHARS).collect(),
        visibility: front.visibility.unwrap_or(Visibility::Public),
        category: front.category.unwrap_or_default(),
        tags: front.tags,
        body: body.to_owned(),
    })
}

/// Whether this can name a document: 1 to 200 letters, digits, `-`, `_`, `.` or `/`.
pub fn is_slug(slug: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    !slug.is_empty() && slug.chars().count() <= 200 && slug.chars().all(fits)
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

fn checked(slug: &str, yaml: &str) -> Result<FrontMatter, RagError> {
    let refuse = |why: String| Err(RagError::FrontMatter { slug: slug.to_owned(), why });
    if yaml.len() > MAX_FRONT_MATTER_BYTES {
        return refuse(format!("it has {} bytes and may have {MAX_FRONT_MATTER_BYTES}", yaml.len()));
    }
    if yaml.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(FrontMatter::default());
    }
    let mut front: FrontMatter = match serde_yaml_ng::from_str(yaml) {
        Ok(front) => front,
        Err(error) => return refuse(error.to_string()),
    };
    front.title = front.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    if front.title.as_ref().is_some_and(|title| title.chars().count() > MAX_TITLE_CHARS) {
        return refuse(format!("`title` may have {MAX_TITLE_CHARS} characters"));
    }
    if front.category.as_ref().is_some_and(|category| category.chars().count() > MAX_CATEGORY_CHARS) {
        return refuse(format!("`category` may have {MAX_CATEGORY_CHARS} characters"));
    }
    if front.tags.len() > MAX_TAGS || front.tags.iter().any(|tag| tag.chars().count() > MAX_TAG_CHARS) {
        return refuse(format!("`tags` may hold {MAX_TAGS} tags of {MAX_TAG_CHARS} characters"));
    }
    Ok(front)
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
    use super::*;

    #[test]
    fn front_matter_is_read_and_left_out_of_the_body() {
        let text = "\u{feff}---\r\ntitle: Refunds\r\nvisibility: internal\r\ncategory: returns\r\ntags: [refund, money back]\r\nupdated: 2026-10-02\r\n---\r\nWe refund.\r\n";
        let parsed = parse_markdown("refunds", text).unwrap();
        assert_eq!(parsed.title, "Refunds");
        assert_eq!(parsed.visibility, Visibility::Internal);
        assert_eq!(parsed.category, "returns");
        assert_eq!(parsed.tags, ["refund", "money back"]);
        assert_eq!(parsed.body, "We refund.");
    }

    #[test]
    fn the_title_falls_back_to_the_first_heading_and_then_to_the_slug() {
        let headed =
            parse_markdown("x", "Intro.\n\n```sh\n# not a heading\n```\n\n## The `first` *one*\n").unwrap();
        assert_eq!(headed.title, "The first one");
        let bare = parse_markdown("help/two-factor_sign-in", "Just text.").unwrap();
        assert_eq!(bare.title, "Two factor sign in");
        assert_eq!(bare.visibility, Visibility::Public);
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
