//! What kind of file it is: by its content first, then by its name, then by its claimed type.

use serde::{Deserialize, Serialize};

use crate::{Input, ParseError, docx, faq, text};

/// A kind of file that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Markdown,
    Html,
    Text,
    Pdf,
    Docx,
    /// A table (CSV) of questions and answers.
    Faq,
    /// A mail as RFC 5322 writes it.
    Mail,
}

impl Kind {
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Markdown => "a Markdown file",
            Self::Html => "an HTML page",
            Self::Text => "a text file",
            Self::Pdf => "a PDF",
            Self::Docx => "a Word document (.docx)",
            Self::Faq => "a table (CSV)",
            Self::Mail => "a mail",
        }
    }

    /// What a file with this name should be; `None` when the name does not say.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::of_extension(&extension(name)?)
    }

    fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "md" | "markdown" | "mdown" | "mkd" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "txt" | "text" | "log" => Self::Text,
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "csv" | "tsv" => Self::Faq,
            "eml" => Self::Mail,
            _ => return None,
        })
    }

    /// What a file of this media type should be; `None` when the type does not say.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match essence.as_str() {
            "text/markdown" | "text/x-markdown" => Self::Markdown,
            "text/html" | "application/xhtml+xml" => Self::Html,
            "application/pdf" => Self::Pdf,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            "text/csv" | "text/tab-separated-values" => Self::Faq,
            "message/rfc822" => Self::Mail,
            // `text/plain` is what programs say of anything they do not know.
            _ => return None,
        })
    }

    /// Whether files of this kind are text that a person could read in an editor.
    fn is_text(self) -> bool {
        !matches!(self, Self::Pdf | Self::Docx)
    }
}

/// What the bytes alone say.
enum Content {
    Is(Kind),
    /// Something known that cannot be read, and what to do instead.
    Foreign {
        found: String,
        advice: &'static str,
    },
    /// Text, which could be of several kinds.
    Text {
        looks_like: Option<Kind>,
        /// It opens with headers that mails have.
        headers: bool,
    },
}

pub(crate) fn decide(input: Input<'_>) -> Result<Kind, ParseError> {
    let named = input.file_name.and_then(Kind::of_name);
    let claimed = named.or_else(|| input.media_type.and_then(Kind::of_media_type));
    let mismatch = |expected: Kind, found: String| ParseError::Mismatch {
        name: input.file_name.map_or_else(|| "the file".to_owned(), |name| format!("`{}`", shown(name))),
        expected: expected.with_article().to_owned(),
        found,
    };
    match (look(input.bytes), claimed) {
        (Content::Is(kind), Some(claimed)) if kind != claimed => {
            Err(mismatch(claimed, format!("it starts like {}", kind.with_article())))
        }
        (Content::Is(kind), _) => Ok(kind),
        (Content::Foreign { found, .. }, Some(claimed)) if !tells_more(&found, claimed) => {
            Err(mismatch(claimed, format!("it starts like {found}")))
        }
        (Content::Foreign { found, advice }, _) => {
            if found == ENCRYPTED {
                return Err(ParseError::Encrypted);
            }
            Err(ParseError::Unsupported { found, advice: advice.to_owned() })
        }
        (Content::Text { .. }, Some(claimed)) if !claimed.is_text() => {
            Err(mismatch(claimed, "it is plain text".to_owned()))
        }
        (Content::Text { headers: false, .. }, Some(Kind::Mail)) => Err(mismatch(
            Kind::Mail,
            "it does not open with headers such as From, Date and Subject".to_owned(),
        )),
        // Markdown may hold HTML and may speak of mails; `.txt` is what exports are often called.
        (Content::Text { .. }, Some(claimed)) if claimed != Kind::Text => Ok(claimed),
        (Content::Text { looks_like, .. }, _) => Ok(looks_like.unwrap_or(Kind::Text)),
    }
}

/// Whether what was found says more to a person than that the name is wrong.
fn tells_more(found: &str, claimed: Kind) -> bool {
    claimed == Kind::Docx && (found == ENCRYPTED || found == OLD_OFFICE)
}

fn extension(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    let (stem, extension) = last.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

fn shown(name: &str) -> String {
    text::one_line(name).unwrap_or_default().chars().take(120).collect()
}

const ENCRYPTED: &str = "an encrypted Office document";
const OLD_OFFICE: &str = "an old Office document (.doc, .xls or .ppt)";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

fn look(bytes: &[u8]) -> Content {
    let foreign = |found: &str, advice| Content::Foreign { found: found.to_owned(), advice };
    if starts_pdf(bytes) {
        return Content::Is(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return match docx::archive_holds(bytes) {
            docx::Holds::Word => Content::Is(Kind::Docx),
            docx::Holds::Excel => foreign("an Excel workbook", "save the sheet as CSV"),
            docx::Holds::PowerPoint => foreign("a PowerPoint presentation", "export it as PDF"),
            docx::Holds::OpenDocument => foreign("an OpenDocument file", "save it as .docx or PDF"),
            docx::Holds::Epub => foreign("an EPUB book", "export it as PDF or HTML"),
            docx::Holds::Other => foreign("a ZIP file", "unpack it and hand in the documents one by one"),
        };
    }
    if bytes.starts_with(OLE) {
        let encrypted = utf16_within(bytes, "EncryptedPackage");
        return if encrypted {
            foreign(ENCRYPTED, "")
        } else {
            foreign(OLD_OFFICE, "save it as .docx or PDF")
        };
    }
    if bytes.starts_with(b"{\\rtf") {
        return foreign("a rich text file (RTF)", "save it as .docx or PDF");
    }
    if text::is_binary(bytes) {
        let found = infer::get(bytes).map_or_else(
            || "binary data of no known type".to_owned(),
            |kind| format!("a file of the type {}", kind.mime_type()),
        );
        return foreign(&found, "hand in Markdown, HTML, plain text, PDF, DOCX, CSV or a mail (.eml)");
    }
    let start = text::start(bytes);
    let (alone, too) = headers(&start);
    let looks_like = if (alone >= 1 && too >= 1) || too >= 3 {
        Some(Kind::Mail)
    } else if looks_like_html(&start) {
        Some(Kind::Html)
    } else if faq::looks_like(&start) {
        Some(Kind::Faq)
    } else {
        None
    };
    Content::Text { looks_like, headers: alone + too > 0 }
}

/// The header may have some bytes before it, but a text that speaks of `%PDF` is no PDF.
fn starts_pdf(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"%PDF-")
}

fn utf16_within(bytes: &[u8], word: &str) -> bool {
    let word: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(word.len()).any(|window| window == word)
}

fn looks_like_html(start: &str) -> bool {
    let mut rest = start.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("<!--") {
            let Some((_, after)) = comment.split_once("-->") else { return false };
            rest = after.trim_start();
        } else if let Some(declaration) = rest.strip_prefix("<?xml") {
            let Some((_, after)) = declaration.split_once("?>") else { return false };
            rest = after.trim_start();
        } else {
            break;
        }
    }
    let opens = |tag: &str| {
        rest.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag))
            && rest[tag.len()..].starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace())
    };
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| opens(tag))
}

/// Headers that only mails have.
const MAIL_ALONE: [&str; 6] =
    ["message-id", "received", "return-path", "mime-version", "delivered-to", "content-type"];
/// Headers that mails have, and notes sometimes.
const MAIL_TOO: [&str; 4] = ["from", "to", "subject", "date"];

/// How many of the headers at the start only mails have, and how many mails have too; none when
/// something else stands before the first empty line.
fn headers(start: &str) -> (usize, usize) {
    let (mut alone, mut too, mut any) = (0, 0, false);
    let mut lines = start.lines().take_while(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        if line.starts_with([' ', '\t']) && any {
            continue;
        }
        let name = line.split_once(':').map(|(name, _)| name).unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_graphic()) {
            // The last line of what is looked at may be cut.
            let cut = any && lines.peek().is_none() && !start.ends_with('\n');
            return if cut { (alone, too) } else { (0, 0) };
        }
        any = true;
        let name = name.to_ascii_lowercase();
        alone += usize::from(MAIL_ALONE.contains(&name.as_str()));
        too += usize::from(MAIL_TOO.contains(&name.as_str()));
    }
    (alone, too)
}
