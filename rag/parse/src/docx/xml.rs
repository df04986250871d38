//! Reads XML as a flat run of starts, ends and text, with a limit on depth.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::malformed;
use crate::{Limits, ParseError};

/// What a part is made of.
pub(super) enum Piece {
    Start(Element),
    /// The local name of what ends.
    End(String),
    Text(String),
}

/// An element without its content. Names come without their namespace's prefix.
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `w:val`, which nearly everything has.
    pub fn value(&self) -> &str {
        self.attribute("val").unwrap_or_default()
    }

    /// Whether a switch such as `<w:vanish/>` is on.
    pub fn is_on(&self) -> bool {
        !matches!(self.value(), "0" | "false" | "off" | "none")
    }
}

/// Goes through a part. Entities of its own are not known, and so expand to nothing.
pub(super) fn walk(
    text: &str,
    limits: &Limits,
    mut take: impl FnMut(Piece) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut depth = 0;
    loop {
        let event =
            reader.read_event().map_err(|error| malformed(&format!("its XML is damaged ({error})")))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > limits.nesting {
                    return Err(ParseError::TooDeep { limit: limits.nesting });
                }
                take(Piece::Start(element(&start)))?;
            }
            Event::Empty(start) => {
                let element = element(&start);
                let name = element.name.clone();
                take(Piece::Start(element))?;
                take(Piece::End(name))?;
            }
            Event::End(end) => {
                depth -= 1;
                take(Piece::End(end.local_name().as_ref().to_owned()))?;
            }
            Event::Text(text) => take(Piece::Text(text.xml10_content().into_owned()))?,
            Event::CData(text) => take(Piece::Text(text.xml10_content().into_owned()))?,
            Event::GeneralRef(reference) => {
                if let Ok(Some(letter)) = reference.resolve_char_ref() {
                    take(Piece::Text(letter.to_string()))?;
                } else if let Some(text) =
                    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
                {
                    take(Piece::Text(text.to_owned()))?;
                }
            }
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    // An attribute that cannot be read is as good as none.
    let mut attributes = start.attributes();
    let value = |raw: &str| {
        quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned())
    };
    Element {
        name: start.local_name().as_ref().to_owned(),
        attributes: attributes
            .with_checks(false)
            .filter_map(Result::ok)
            .map(|attribute| (attribute.key.local_name().as_ref().to_owned(), value(&attribute.value)))
            .collect(),
    }
}
