//! Knowledge sources in, Markdown out.
//!
//! [`parse`] turns one file (Markdown, HTML, plain text, PDF, DOCX, a table of questions and
//! answers, a mail) into Markdown and what the file says about itself. Files come from anybody:
//! each has [`Limits`], and [`isolated::Parser`] does the work in a process of its own, so that a
//! file which makes a parser crash or hang costs that file alone. Nothing here chunks, stores or
//! decides who may read what.

pub mod child;
mod docx;
mod error;
mod faq;
mod html;
pub mod isolated;
mod kind;
mod limits;
pub mod mail;
mod pdf;
mod text;

use domain::ticket::Visibility;
use serde::{Deserialize, Serialize};

pub use error::ParseError;
pub use kind::Kind;
pub use limits::Limits;

/// A file as it was handed in.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub bytes: &'a [u8],
    /// The name it had where it comes from; its extension helps to tell what it is.
    pub file_name: Option<&'a str>,
    /// The type that whoever handed it in claims, for example from `Content-Type`.
    pub media_type: Option<&'a str>,
}

/// A document that was found in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    pub kind: Kind,
    /// What the document calls itself. Always `None` for Markdown, whose front matter and headings
    /// are read by whoever reads Markdown.
    pub title: Option<String>,
    /// `\n` line ends, no control characters. Markdown keeps its front matter; every other kind
    /// never opens with one, so that a file cannot smuggle in metadata as text.
    pub markdown: String,
    pub front: Front,
    /// Pages of the file, when it has pages.
    pub pages: Option<u32>,
    /// What was left out or guessed, for the person who handed the file in. What is to be said of
    /// a whole file stands with its first document.
    pub warnings: Vec<String>,
}

/// What a file says about itself besides its text. Claims of the file, nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub visibility: Option<Visibility>,
    /// A language tag such as `de` or `en-GB`.
    pub locale: Option<String>,
    pub author: Option<String>,
    /// When it was written or last changed, in the words of the file.
    pub date: Option<String>,
}

/// Reads a file. One document comes out of it, or one for each pair of a table of questions and
/// answers; never none.
///
/// Time and memory are not limited here: for files from outside use [`isolated::Parser`].
pub fn parse(input: Input<'_>, limits: &Limits) -> Result<Vec<Parsed>, ParseError> {
    if input.bytes.len() > limits.bytes {
        return Err(ParseError::TooLarge { bytes: input.bytes.len(), limit: limits.bytes });
    }
    if input.bytes.is_empty() {
        return Err(ParseError::Empty);
    }
    let kind = kind::decide(input)?;
    let documents = match kind {
        Kind::Markdown => vec![text::markdown(input.bytes)?],
        Kind::Text => vec![text::plain(input.bytes)?],
        Kind::Html => vec![html::read(input.bytes, limits)?],
        Kind::Pdf => vec![pdf::read(input.bytes, limits)?],
        Kind::Docx => vec![docx::read(input.bytes, limits)?],
        Kind::Faq => faq::read(input.bytes, limits)?,
        Kind::Mail => vec![mail::read(input.bytes, limits)?],
    };
    if documents.iter().all(|document| document.markdown.trim().is_empty()) {
        return Err(ParseError::Empty);
    }
    let documents: Vec<Parsed> = documents.into_iter().map(Parsed::sealed).collect();
    if documents.iter().map(Parsed::size).sum::<usize>() > limits.output_bytes {
        return Err(ParseError::TooMuchText { limit: limits.output_bytes });
    }
    Ok(documents)
}

impl Parsed {
    fn new(kind: Kind, markdown: String) -> Self {
        Self { kind, title: None, markdown, front: Front::default(), pages: None, warnings: Vec::new() }
    }

    /// Bytes of all its text.
    fn size(&self) -> usize {
        let front = &self.front;
        let fields = [&self.title, &front.category, &front.locale, &front.author, &front.date];
        let fields = fields.into_iter().flatten().chain(&front.tags).chain(&self.warnings);
        self.markdown.len() + fields.map(String::len).sum::<usize>()
    }

    /// Gives what the type promises, whatever the reader of the kind did.
    fn sealed(mut self) -> Self {
        if self.kind != Kind::Markdown {
            self.markdown = text::clean(&self.markdown);
            if self.markdown.starts_with("---") {
                self.markdown.insert(0, '\\');
            }
        }
        self.title = self.title.as_deref().and_then(text::one_line);
        let front = &mut self.front;
        for field in [&mut front.category, &mut front.locale, &mut front.author, &mut front.date] {
            *field = field.as_deref().and_then(text::one_line);
        }
        front.tags = front.tags.iter().filter_map(|tag| text::one_line(tag)).take(MAX_TAGS).collect();
        self
    }
}

/// The most tags that are taken from a file.
const MAX_TAGS: usize = 32;
