//! What stands beside the body: styles, numbering, links, properties.

use std::collections::HashMap;

use super::xml::{Element, Piece, walk};
use crate::{Limits, ParseError};

/// Styles that build on one another, at most.
const MAX_BASES: usize = 20;

#[derive(Default)]
struct Style {
    name: String,
    based_on: String,
    outline: Option<usize>,
    list: Option<(String, usize)>,
}

/// What a style makes of a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    /// 1 to 6.
    Heading(usize),
    Code,
    Quote,
    Body,
}

#[derive(Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    /// Abstract numbering to the levels that count.
    counted: HashMap<String, Vec<(usize, bool)>>,
    /// Numbering to abstract numbering.
    lists: HashMap<String, String>,
}

impl Styles {
    pub fn read(styles: Option<&str>, numbering: Option<&str>, limits: &Limits) -> Result<Self, ParseError> {
        let mut read = Self::default();
        if let Some(styles) = styles {
            read.read_styles(styles, limits)?;
        }
        if let Some(numbering) = numbering {
            read.read_numbering(numbering, limits)?;
        }
        Ok(read)
    }

    fn read_styles(&mut self, text: &str, limits: &Limits) -> Result<(), ParseError> {
        let mut open: Option<(String, Style)> = None;
        walk(text, limits, |piece| {
            match piece {
                Piece::Start(element) if element.name == "style" => {
                    let id = element.attribute("styleId").unwrap_or_default().to_owned();
                    open = Some((id, Style::default()));
                }
                Piece::Start(element) => {
                    if let Some((_, style)) = &mut open {
                        style.take(&element);
                    }
                }
                Piece::End(name) if name == "style" => {
                    if let Some((id, style)) = open.take() {
                        self.styles.insert(id, style);
                    }
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn read_numbering(&mut self, text: &str, limits: &Limits) -> Result<(), ParseError> {
        let (mut definition, mut list, mut level) = (String::new(), String::new(), 0);
        walk(text, limits, |piece| {
            let Piece::Start(element) = piece else { return Ok(()) };
            match element.name.as_str() {
                "abstractNum" => {
                    definition = element.attribute("abstractNumId").unwrap_or_default().to_owned();
                }
                "lvl" => level = element.attribute("ilvl").and_then(|n| n.parse().ok()).unwrap_or(0),
                "numFmt" => {
                    let counts = !matches!(element.value(), "bullet" | "none");
                    self.counted.entry(definition.clone()).or_default().push((level, counts));
                }
                "num" => list = element.attribute("numId").unwrap_or_default().to_owned(),
                "abstractNumId" => {
                    self.lists.insert(list.clone(), element.value().to_owned());
                }
                _ => {}
            }
            Ok(())
        })
    }

    /// The style and what it builds on, the nearest first.
    fn bases<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Style> {
        std::iter::successors(self.styles.get(id), |style| self.styles.get(&style.based_on)).take(MAX_BASES)
    }

    pub fn role(&self, id: &str) -> Role {
        for style in self.bases(id) {
            let name = style.name.to_lowercase();
            let digits = name.strip_prefix("heading ").and_then(|n| n.trim().parse::<usize>().ok());
            if let Some(level) = digits.or(style.outline.map(|outline| outline + 1)) {
                if (1..=9).contains(&level) {
                    return Role::Heading(level.min(6));
                }
                return Role::Body;
            }
            match name.as_str() {
                "title" => return Role::Title,
                "quote" | "intense quote" => return Role::Quote,
                "html preformatted" | "code" | "source code" | "preformatted text" | "macro" => {
                    return Role::Code;
                }
                _ => {}
            }
        }
        Role::Body
    }

    /// The list a style puts its paragraphs in.
    pub fn list(&self, id: &str) -> Option<(String, usize)> {
        self.bases(id).find_map(|style| style.list.clone()).filter(|(list, _)| list != "0")
    }

    /// Whether a list counts its items at a level.
    pub fn counts(&self, list: &str, level: usize) -> bool {
        let levels = self.lists.get(list).and_then(|definition| self.counted.get(definition));
        levels
            .and_then(|levels| levels.iter().find(|(at, _)| *at == level))
            .is_some_and(|(_, counts)| *counts)
    }
}

impl Style {
    fn take(&mut self, element: &Element) {
        match element.name.as_str() {
            "name" => self.name = element.value().to_owned(),
            "basedOn" => self.based_on = element.value().to_owned(),
            "outlineLvl" => self.outline = element.value().parse().ok(),
            "numId" => self.list.get_or_insert_default().0 = element.value().to_owned(),
            "ilvl" => self.list.get_or_insert_default().1 = element.value().parse().unwrap_or(0),
            _ => {}
        }
    }
}

/// Where links lead, by the number they are known by in the body.
pub(super) fn links(text: Option<&str>, limits: &Limits) -> Result<HashMap<String, String>, ParseError> {
    let mut links = HashMap::new();
    let Some(text) = text else { return Ok(links) };
    walk(text, limits, |piece| {
        if let Piece::Start(element) = piece
            && element.attribute("Type").is_some_and(|kind| kind.ends_with("/hyperlink"))
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            links.insert(id.to_owned(), target.to_owned());
        }
        Ok(())
    })?;
    Ok(links)
}

/// What the document says about itself.
#[derive(Default)]
pub(super) struct Core {
    pub title: Option<String>,
    pub author: Option<String>,
    pub category: Option<String>,
    pub keywords: Vec<String>,
    pub modified: Option<String>,
    pub language: Option<String>,
}

impl Core {
    pub fn read(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        let mut core = Self::default();
        let mut inside = String::new();
        walk(text, limits, |piece| {
            match piece {
                Piece::Start(element) => inside = element.name,
                Piece::End(_) => inside.clear(),
                Piece::Text(text) if !text.trim().is_empty() => {
                    let field = match inside.as_str() {
                        "title" => &mut core.title,
                        "creator" => &mut core.author,
                        "category" => &mut core.category,
                        "modified" => &mut core.modified,
                        "language" => &mut core.language,
                        "keywords" => {
                            let words = text.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
                            core.keywords.extend(words.map(str::to_owned));
                            return Ok(());
                        }
                        _ => return Ok(()),
                    };
                    field.get_or_insert_default().push_str(&text);
                }
                Piece::Text(_) => {}
            }
            Ok(())
        })?;
        Ok(core)
    }
}
