//! PDF: the text of its pages.

mod glyphs;
mod layout;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, RenderContent,
    hayro_syntax::{DecryptionError, LoadPdfError, Pdf},
    interpret_page,
    kurbo::{Affine, Rect},
};

use crate::{Kind, Limits, ParseError, Parsed};
use glyphs::Glyphs;

/// Below this share of letters that can be told, the text is not worth having.
const MIN_READABLE: f64 = 0.5;
/// Below this share, a person should look.
const GOOD_READABLE: f64 = 0.95;

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Parsed, ParseError> {
    // The parser is not proven free of panics; a file that finds one is malformed.
    catch_unwind(AssertUnwindSafe(|| read_unguarded(bytes, limits)))
        .unwrap_or_else(|_| Err(malformed("its structure cannot be read")))
}

fn malformed(why: &str) -> ParseError {
    ParseError::Malformed { kind: Kind::Pdf, why: why.to_owned() }
}

fn read_unguarded(bytes: &[u8], limits: &Limits) -> Result<Parsed, ParseError> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => ParseError::Encrypted,
        LoadPdfError::Decryption(_) => malformed("its encryption is broken or of an unknown kind"),
        LoadPdfError::Invalid => malformed("it is damaged or cut off; export it again"),
    })?;
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err(malformed("it has no pages that can be found; export it again"));
    }
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    if count > limits.pages {
        return Err(ParseError::TooManyPages { pages: pages.len(), limit: limits.pages });
    }
    let settings = InterpreterSettings {
        warning_sink: Arc::new(|_| {}),
        render_content: RenderContent::PAGE,
        ..InterpreterSettings::default()
    };
    let cache = InterpreterCache::new();
    let mut read = Vec::with_capacity(pages.len());
    let (mut told, mut untold, mut size) = (0, 0, 0);
    for page in pages.iter() {
        // Pages that are turned are turned back, so that lines are lines.
        let turned = page.initial_transform(false).as_coeffs();
        let transform = Affine::new(turned.map(f64::from));
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let mut context = Context::new(transform, bounds, &cache, pdf.xref(), settings.clone());
        let mut glyphs = Glyphs::new(limits.output_bytes.saturating_sub(size));
        interpret_page(page, &mut context, &mut glyphs);
        if glyphs.overflowed {
            return Err(ParseError::TooMuchText { limit: limits.output_bytes });
        }
        told += glyphs.told;
        untold += glyphs.untold;
        size += glyphs.bytes;
        read.push(layout::Page::new(glyphs.found, f64::from(height)));
    }
    if told == 0 && untold == 0 {
        return Err(ParseError::NoTextLayer { pages: count });
    }
    let readable = told as f64 / (told + untold) as f64;
    if readable < MIN_READABLE {
        return Err(malformed(
            "its fonts do not say which letters they draw; run text recognition (OCR) over it first",
        ));
    }
    let mut parsed = Parsed::new(Kind::Pdf, layout::markdown(read));
    parsed.pages = Some(count);
    if readable < GOOD_READABLE {
        parsed.warnings.push(format!(
            "{:.0} % of the letters could not be told; look whether the text makes sense",
            (1.0 - readable) * 100.0
        ));
    }
    let metadata = pdf.metadata();
    parsed.title = metadata.title.as_deref().and_then(document_title);
    parsed.front.author = metadata.author.as_deref().map(pdf_text);
    Ok(parsed)
}

/// Programs put file names where the title belongs.
fn document_title(bytes: &[u8]) -> Option<String> {
    let title = crate::text::one_line(&pdf_text(bytes))?;
    let name = title.to_lowercase();
    let file = [".doc", ".docx", ".pdf", ".indd", ".tex", ".odt", ".pptx", ".ppt", ".xlsx"];
    let empty = ["untitled", "unbenannt", "document1"].contains(&name.as_str());
    (!empty && !name.starts_with("microsoft word") && !file.iter().any(|end| name.ends_with(end)))
        .then_some(title)
}

/// A text string: UTF-16 or UTF-8 with a mark, else nearly Latin-1.
fn pdf_text(bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0.into_owned(),
        None => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}
