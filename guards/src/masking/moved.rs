//! Where places of a text are once it is masked: of the text that an approval would have somebody read, others tell
//! where its sentences stand.

use std::ops::Range;

use serde_json::{Map, Value};

use super::spots::Spot;

/// The text that an approval would have somebody read, below what shows it.
const READ: &str = "/approval/preview/body";

/// Where spots stand in a text, which are in their order, in characters instead of bytes.
pub(super) fn in_characters(text: &str, spots: &[Spot]) -> impl Iterator<Item = Range<usize>> {
    let (mut byte, mut char) = (0, 0);
    let mut count = move |to: usize| {
        char += text[byte..to].chars().count();
        byte = to;
        char
    };
    spots.iter().map(move |spot| count(spot.span.start)..count(spot.span.end))
}

/// Where masks came to stand in that text, in characters.
pub(super) struct Moved {
    at: String,
    /// From where to where, in their order.
    masks: Vec<(Range<usize>, Range<usize>)>,
}

impl Moved {
    /// None for every other text. `text` is as it was, with what was found in it, `masked` as it is now.
    pub fn of(at: &str, text: (&str, &[Spot]), masked: (&str, &[Spot])) -> Option<Self> {
        let places = |(text, spots)| in_characters(text, spots);
        at.ends_with(READ)
            .then(|| Self { at: at.to_owned(), masks: places(text).zip(places(masked)).collect() })
    }

    /// Moves the sentences that stand beside the approval whose text this is.
    pub fn tell(&self, at: &str, members: &mut Map<String, Value>) {
        if self.at.strip_suffix(READ) != Some(at) {
            return;
        }
        let footing = members.get_mut("footing");
        let sentences = footing.and_then(|footing| footing.get_mut("sentences")?.as_array_mut());
        for sentence in sentences.into_iter().flatten() {
            for (name, ends) in [("start", false), ("end", true)] {
                let place = sentence.get(name).and_then(Value::as_u64);
                if let Some(place) = place.and_then(|place| usize::try_from(place).ok()) {
                    sentence[name] = self.place(place, ends).into();
                }
            }
        }
    }

    /// Where a place of the text is now. One within something masked is at the beginning of the mask, or, for
    /// what ends there, at its end.
    fn place(&self, place: usize, ends: bool) -> usize {
        let before = self.masks.iter().rev().find(|(from, _)| from.start < place);
        match before {
            None => place,
            Some((from, to)) if place >= from.end => place - from.end + to.end,
            Some((_, to)) if ends => to.end,
            Some((_, to)) => to.start,
        }
    }
}
