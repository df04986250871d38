//! The ZIP archive of a document, unpacked with care.

use std::io::{Cursor, Read as _};

use zip::{ZipArchive, result::ZipError};

use super::malformed;
use crate::{Limits, ParseError};

/// Parts of a document; real ones have some dozens.
const MAX_PARTS: usize = 10_000;
/// Below this, how well a part was packed does not matter.
const SMALL: usize = 1024 * 1024;

/// What kind of thing a ZIP archive is.
pub(crate) enum Holds {
    Word,
    Excel,
    PowerPoint,
    OpenDocument,
    Epub,
    Other,
}

/// Looks at the names of a ZIP archive.
pub(crate) fn archive_holds(bytes: &[u8]) -> Holds {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else {
        // Cut off, so that its list is gone: what it would be stands in its first entries.
        let start = &bytes[..bytes.len().min(64 * 1024)];
        let names = |word: &[u8]| start.windows(word.len()).any(|window| window == word);
        return if names(b"word/") && names(b"[Content_Types].xml") { Holds::Word } else { Holds::Other };
    };
    let has = |name| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        Holds::Word
    } else if has("xl/workbook.xml") {
        Holds::Excel
    } else if has("ppt/presentation.xml") {
        Holds::PowerPoint
    } else if has("META-INF/container.xml") {
        Holds::Epub
    } else if has("content.xml") && has("mimetype") {
        Holds::OpenDocument
    } else {
        Holds::Other
    }
}

/// An opened document that gives out parts as long as they are not too large together.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
    ratio: usize,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| malformed("its archive is damaged or cut off; save it again from Word"))?;
        if archive.len() > MAX_PARTS {
            return Err(ParseError::TooComplex { what: format!("{} parts in its archive", archive.len()) });
        }
        Ok(Self { archive, left: limits.expanded_bytes, ratio: limits.expansion_ratio })
    }

    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// A part as text. What the archive says of its size is not believed.
    pub fn part(&mut self, name: &str) -> Result<Option<String>, ParseError> {
        let damaged =
            |why: &dyn std::fmt::Display| malformed(&format!("`{name}` inside it is damaged ({why})"));
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(why)) if why == ZipError::PASSWORD_REQUIRED => {
                return Err(ParseError::Encrypted);
            }
            Err(error) => return Err(damaged(&error)),
        };
        let packed = usize::try_from(file.compressed_size()).unwrap_or(usize::MAX);
        let most = self.left.min(packed.saturating_mul(self.ratio).max(SMALL));
        let mut bytes = Vec::new();
        file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if bytes.len() > most {
            return Err(ParseError::Expands { part: name.to_owned() });
        }
        self.left -= bytes.len();
        Ok(Some(crate::text::decode(&bytes, None).text))
    }
}
