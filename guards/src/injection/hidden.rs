//! What a text hides from whoever looks at it: characters, markup and encodings, and the text with
//! all of it made visible.

use std::{borrow::Cow, ops::Range};

use super::{characters, encoded, markup};

/// Bytes of one hidden text that are read.
pub const MAX_HIDDEN: usize = 64 * 1024;
/// Hidden texts that are told apart in one text. A text with so many is taken for an injection.
pub const MAX_CONCEALED: usize = 256;
/// Encodings inside each other that are decoded.
pub(super) const MAX_DEPTH: usize = 2;

/// How something was hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Characters without a width inside words, or long runs of them.
    ZeroWidth,
    /// Unicode's tag characters (U+E0000 and up), which spell ASCII without being shown.
    Tags,
    /// Runs of variation selectors, which spell bytes.
    Selectors,
    /// Controls that turn the direction of reading around.
    Bidi,
    /// Soft hyphens where no syllable ends.
    SoftHyphens,
    /// Letters of other scripts inside words of Latin ones.
    LookAlikes,
    /// A comment of HTML or Markdown.
    Comment,
    /// An element that its style does not show.
    HiddenElement,
    /// Words in base64.
    Base64,
    /// Words in hexadecimal digits.
    Hex,
    /// Letters written as `%69`.
    Percent,
    /// Letters written as `&#105;`.
    Entities,
}

impl How {
    pub const ALL: [Self; 12] = [
        Self::ZeroWidth,
        Self::Tags,
        Self::Selectors,
        Self::Bidi,
        Self::SoftHyphens,
        Self::LookAlikes,
        Self::Comment,
        Self::HiddenElement,
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Entities,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ZeroWidth => "zero_width",
            Self::Tags => "tags",
            Self::Selectors => "selectors",
            Self::Bidi => "bidi",
            Self::SoftHyphens => "soft_hyphens",
            Self::LookAlikes => "look_alikes",
            Self::Comment => "comment",
            Self::HiddenElement => "hidden_element",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Entities => "entities",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ZeroWidth => "by characters without a width",
            Self::Tags => "in Unicode tag characters",
            Self::Selectors => "in variation selectors",
            Self::Bidi => "by turning the direction of reading around",
            Self::SoftHyphens => "by soft hyphens inside words",
            Self::LookAlikes => "by letters of other scripts that look alike",
            Self::Comment => "in a comment",
            Self::HiddenElement => "in an element that is not shown",
            Self::Base64 => "in base64",
            Self::Hex => "in hexadecimal digits",
            Self::Percent => "in percent signs",
            Self::Entities => "in numbered entities",
        }
    }

    /// Whether words stand where they stood, only spoilt.
    pub(super) const fn is_inside_words(self) -> bool {
        matches!(self, Self::ZeroWidth | Self::SoftHyphens | Self::LookAlikes)
    }

    /// Whether the text cannot be read where it stands, so that it is decoded first.
    pub(super) const fn is_encoding(self) -> bool {
        matches!(
            self,
            Self::Tags
                | Self::Selectors
                | Self::Base64
                | Self::Hex
                | Self::Percent
                | Self::Entities
                | Self::ZeroWidth
        )
    }
}

/// Something that was hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concealed {
    pub how: How,
    /// In bytes of the text that was handed in, on the borders of characters.
    pub span: Range<usize>,
    /// What was hidden, as far as it can be read: at most [`MAX_HIDDEN`] bytes. It may be empty.
    pub shown: String,
    /// Places that were spoilt, for words; 1 for all else.
    pub(super) places: usize,
    /// Whether some of it was too long to be read.
    pub(super) cut: bool,
}

impl Concealed {
    pub(super) fn new(how: How, span: Range<usize>, shown: &str) -> Self {
        let end = shown.floor_char_boundary(MAX_HIDDEN.min(shown.len()));
        Self { how, span, shown: shown[..end].to_owned(), places: 1, cut: end < shown.len() }
    }

    /// How sure one can be that somebody meant harm, whatever it says.
    pub(super) fn score(&self) -> f32 {
        let base = match self.how {
            How::Tags | How::Selectors => 0.9,
            How::Bidi => 0.5,
            How::Entities | How::Percent => 0.45,
            // Long runs spell something.
            How::ZeroWidth if self.places > 1 && self.shown.is_empty() => 0.7,
            How::ZeroWidth | How::SoftHyphens | How::LookAlikes => {
                0.25 + 0.05 * (self.places.min(9) as f32 - 1.0)
            }
            How::Base64 | How::Hex => 0.3,
            How::Comment | How::HiddenElement => 0.2,
        };
        // Nobody hides so much that need not be hidden.
        if self.cut && self.how.is_encoding() { base.max(0.6) } else { base }
    }
}

/// What a text hides, in its order; a hidden text may be inside another. Takes time in proportion to
/// the text. Joiners of scripts that need them, emoji and text from right to left hide nothing.
pub fn concealed(text: &str) -> Vec<Concealed> {
    let mut found = Vec::new();
    if !text.is_ascii() {
        characters::find(text, &mut found);
    }
    markup::find(text, &mut found);
    encoded::find(text, &mut found);
    found.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end)));
    found.truncate(MAX_CONCEALED);
    found
}

/// A text as a person and a model should both see it: characters that are not seen are gone, and
/// what was hidden stands in its place as `[hidden: …]`, on one line and without brackets of its
/// own. A text that hides nothing is handed back as it is.
pub fn readable(text: &str) -> Cow<'_, str> {
    made_readable(text, 0)
}

fn made_readable(text: &str, depth: usize) -> Cow<'_, str> {
    let found = concealed(text);
    let has_invisible = !text.is_ascii() && text.chars().any(characters::is_never_needed);
    if found.is_empty() && !has_invisible {
        return Cow::Borrowed(text);
    }
    let mut readable = String::with_capacity(text.len());
    let (spoilt, gone): (Vec<&Concealed>, Vec<&Concealed>) =
        found.iter().partition(|one| one.how.is_inside_words() && !one.shown.is_empty());
    let mut at = 0;
    for one in gone {
        if one.span.start < at {
            continue;
        }
        push_mended(text, at..one.span.start, &spoilt, &mut readable);
        at = one.span.end;
        let inner = if depth < MAX_DEPTH {
            made_readable(&one.shown, depth + 1)
        } else {
            Cow::Borrowed(one.shown.as_str())
        };
        quote(&inner, one.cut, &mut readable);
    }
    push_mended(text, at..text.len(), &spoilt, &mut readable);
    Cow::Owned(readable)
}

/// A part of a text with its spoilt words as they are read.
fn push_mended(text: &str, part: Range<usize>, spoilt: &[&Concealed], into: &mut String) {
    for (at, char) in text[part.clone()].char_indices() {
        if char.is_ascii() {
            into.push(char);
        } else if !characters::is_never_needed(char) {
            let at = part.start + at;
            let mut ways = spoilt.iter().filter(|one| one.span.contains(&at)).map(|one| one.how);
            into.extend(ways.try_fold(char, characters::mended));
        }
    }
}

/// What was hidden, in brackets that it cannot close.
fn quote(hidden: &str, cut: bool, into: &mut String) {
    into.push_str("[hidden: ");
    let mut gap = false;
    for char in hidden.trim().chars() {
        match char {
            _ if char.is_whitespace() || char.is_control() => gap = true,
            _ if characters::is_never_needed(char) || characters::is_direction(char) => {}
            _ => {
                if std::mem::take(&mut gap) {
                    into.push(' ');
                }
                into.push(match char {
                    '[' => '(',
                    ']' => ')',
                    // Nothing in it may be markup again.
                    '<' => '‹',
                    '>' => '›',
                    // Deeper than is decoded.
                    tag if let Some(spelled) = characters::spelled_by(tag) => spelled,
                    other => other,
                });
            }
        }
    }
    into.push_str(if cut { " …]" } else { "]" });
}
