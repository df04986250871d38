//! Who speaks where in a transcript: paragraphs or lines that begin with the name of whoever says them.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use regex::Regex;

/// Turns that make a transcript.
const FEWEST: usize = 4;

/// `Anna:`, with the time before it or not, in bold or not.
#[expect(clippy::expect_used, reason = "a literal pattern")]
static SPEAKER: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"(?:[\[(]?[0-9]{1,2}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,3})?[\])]?[ \t]*[-–—]?[ \t]*)?";
    let name = r"(\p{L}[^:*_\n?!]{0,58}?)";
    Regex::new(&format!(r"^[ \t]*(?:\*\*|__)?{time}(?:\*\*|__)?{name}(?::(?:\*\*|__)?|(?:\*\*|__):)(?:\s|$)"))
        .expect("a literal pattern")
});

/// The turns of a text in their order; none when it is no transcript.
pub(crate) struct Turns<'a> {
    turns: Vec<(usize, &'a str)>,
}

impl<'a> Turns<'a> {
    /// Of a text with these paragraphs. It is a transcript when half of their lines, or half of the paragraphs, begin
    /// with the name of somebody who speaks more than once, and there are at least two of them.
    pub fn of(body: &'a str, paragraphs: &[Range<usize>]) -> Self {
        let mut labelled = Vec::new();
        let mut lines = 0;
        for paragraph in paragraphs {
            let mut at = paragraph.start;
            for line in body[paragraph.clone()].split_inclusive('\n') {
                lines += usize::from(!line.trim().is_empty());
                if let Some(name) = SPEAKER.captures(line).and_then(|found| found.get(1)) {
                    let place = (at, &body[at + name.start()..at + name.end()]);
                    labelled.push((place, at == paragraph.start));
                }
                at += line.len();
            }
        }
        let mut spoke: HashMap<&str, usize> = HashMap::new();
        for ((_, speaker), _) in &labelled {
            *spoke.entry(speaker).or_default() += 1;
        }
        spoke.retain(|_, times| *times > 1);
        labelled.retain(|((_, speaker), _)| spoke.contains_key(speaker));
        let begin = labelled.iter().filter(|(_, begins)| *begins).count();
        let many = 2 * labelled.len() >= lines || 2 * begin >= paragraphs.len();
        let transcript = many && spoke.len() > 1 && labelled.len() >= FEWEST;
        let turns = labelled.into_iter().map(|(turn, _)| turn).filter(|_| transcript);
        Self { turns: turns.collect() }
    }

    /// The last turn that begins before this place.
    pub fn before(&self, place: usize) -> Option<(usize, &'a str)> {
        let after = self.turns.partition_point(|(at, _)| *at < place);
        after.checked_sub(1).map(|last| self.turns[last])
    }

    pub fn begins_at(&self, place: usize) -> bool {
        self.turns.binary_search_by_key(&place, |(at, _)| *at).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speakers(text: &str) -> Vec<&str> {
        let whole = 0..text.len();
        let paragraphs: Vec<Range<usize>> = if text.contains("\n\n") {
            let mut at = 0;
            let each = text.split("\n\n").map(|paragraph| {
                let start = at;
                at += paragraph.len() + 2;
                start..start + paragraph.len()
            });
            each.collect()
        } else {
            vec![whole]
        };
        Turns::of(text, &paragraphs).turns.iter().map(|(_, speaker)| *speaker).collect()
    }

    #[test]
    fn lines_and_paragraphs_of_two_who_speak_in_turn_are_a_transcript() {
        let names = ["Anna", "Dr. Berg", "Anna", "Dr. Berg"];
        assert_eq!(speakers("Anna: Hello.\nDr. Berg: Good morning.\nAnna: Well?\nDr. Berg: Fine."), names);
        assert_eq!(
            speakers("[00:01] Anna: Hello.\n[00:04] Dr. Berg: Hm.\n[1:00:05] Anna: A\n[1:00:06] Dr. Berg: B"),
            names
        );
        assert_eq!(
            speakers("**Anna:** Hello.\n**Dr. Berg**: Hm.\n10:02 - Anna: A\n10:03 - Dr. Berg: B"),
            names
        );
        let wrapped =
            "Anna: One\nline\nand another\nand one more\n\nDr. Berg: Hm.\n\nAnna: A\nb\nc\n\nDr. Berg: B";
        assert_eq!(speakers(wrapped), names);
    }

    #[test]
    fn what_only_has_colons_is_none() {
        for text in [
            "Price: 5 EUR\nWeight: 2 kg\nColour: red\nLength: 2 m",
            "Note: A.\nNote: B.\nNote: C.\nNote: D.",
            "It opens: at nine.\nIt says one thing more.\nAnd one.\nAnd one.\nIt opens: at ten.\nNobody: knows.",
            "https://a.example/\nhttps://b.example/\nftp://c.example/\nftp://d.example/",
            "Anna: Hello.\nBerg: Hello.",
            "",
        ] {
            assert!(speakers(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_place_is_in_the_turn_before_it() {
        let text = "A: one\nB: two\nA: three\nB: four";
        let whole = 0..text.len();
        let turns = Turns::of(text, std::slice::from_ref(&whole));
        assert_eq!(turns.before(0), None);
        assert_eq!(turns.before(3), Some((0, "A")));
        assert_eq!(turns.before(7), Some((0, "A")));
        assert_eq!(turns.before(8), Some((7, "B")));
        assert!(turns.begins_at(7) && !turns.begins_at(8));
    }
}
