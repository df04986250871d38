//! Masks text that is still coming, so that no part of a value is given out before it is known to be
//! one.
//!
//! It reads what came so far again and again, from the beginning of the detector's window, at places
//! that only the text decides: so chunks make no difference. It gives out what is settled (see
//! `pii/prefix.rs`), some 400 bytes behind what came. Where candidates overlap and a reading of the
//! whole would choose one, it covers all of them: what makes them lose may still be on its way.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use super::{
    Border, Rules, Treatment,
    shown::{label, shown},
    spots::{Spot, join},
};
use crate::pii::{Candidate, Detector, Kind, LEAD, OVERLAP, STEP, resolve};

/// The least that must come between two readings.
const LEAST: usize = 64;
/// The share of what came that must come before it is read again, so that reading all of it takes
/// time in proportion to it.
const SHARE: usize = 32;
/// Bytes of a character at most, twice: how far two borders of characters may be off.
const SLACK: usize = 8;

/// A stretch that candidates cover.
struct Covered {
    spot: Spot,
    /// Whether it is one value and not several that overlap.
    whole: bool,
}

/// Fed a text piece by piece. Made by [`super::Protector::stream`]. It keeps at most a window of the
/// detector, 64 KiB, besides the piece it is fed.
pub struct StreamMask {
    detector: Arc<Detector>,
    rules: Arc<Rules>,
    border: Border,
    /// The text from `base` on.
    text: String,
    base: usize,
    /// All places count from the beginning of the whole text. Where the window's own part starts.
    step: usize,
    /// What was given out.
    done: usize,
    /// How long the text must be to be read next.
    next: usize,
    /// Parts of values that reach over from the window before.
    carried: Vec<Spot>,
    blocked: BTreeSet<String>,
    /// What was given out as it was.
    #[cfg(test)]
    passed: Vec<Range<usize>>,
}

impl StreamMask {
    pub(super) fn new(detector: Arc<Detector>, rules: Arc<Rules>, border: Border) -> Self {
        Self {
            detector,
            rules,
            border,
            text: String::new(),
            base: 0,
            step: 0,
            done: 0,
            next: LEAST,
            carried: Vec::new(),
            blocked: BTreeSet::new(),
            #[cfg(test)]
            passed: Vec::new(),
        }
    }

    /// What may be sent now.
    pub fn push(&mut self, delta: &str) -> String {
        let mut into = String::new();
        self.text.push_str(delta);
        loop {
            let full = self.step + STEP + OVERLAP + SLACK;
            if self.end() >= full && self.next >= full {
                self.close_window(&mut into);
            } else if self.next < full && self.end() >= self.next {
                self.read_beginning(&mut into);
            } else {
                return into;
            }
        }
    }

    /// The rest, when no more comes.
    pub fn finish(&mut self) -> String {
        let mut into = String::new();
        while self.window_end() < self.end() {
            self.close_window(&mut into);
        }
        let from = self.window_start();
        let candidates = self.detector.look_at_whole(self.part(from..self.end()));
        let spots = self.spots(candidates, from, usize::MAX);
        self.give_out(self.end(), &spots, &mut into);
        into
    }

    /// The kinds that were met and must not cross this border, by name. A caller that must not show
    /// such a text at all stops here.
    pub fn blocked(&self) -> impl Iterator<Item = &str> {
        self.blocked.iter().map(String::as_str)
    }

    fn end(&self) -> usize {
        self.base + self.text.len()
    }

    /// A part of the text that is still here.
    fn part(&self, span: Range<usize>) -> &str {
        &self.text[span.start - self.base..span.end - self.base]
    }

    fn ceil(&self, place: usize) -> usize {
        self.base + self.text.ceil_char_boundary((place - self.base).min(self.text.len()))
    }

    fn floor(&self, place: usize) -> usize {
        self.base + self.text.floor_char_boundary(place.saturating_sub(self.base))
    }

    fn window_start(&self) -> usize {
        self.floor(self.step.saturating_sub(LEAD))
    }

    fn step_end(&self) -> usize {
        self.ceil(self.step + STEP)
    }

    fn window_end(&self) -> usize {
        self.ceil(self.step_end() + OVERLAP)
    }

    fn read_beginning(&mut self, into: &mut String) {
        let from = self.window_start();
        let seen = self.detector.look_at_beginning(self.part(from..self.floor(self.next)));
        let mut upto = from + seen.settled;
        let spots = self.spots(seen.candidates, from, usize::MAX);
        // A value is given out whole.
        for Covered { spot, .. } in &spots {
            if spot.span.start < upto && spot.span.end > upto {
                upto = spot.span.start;
            }
        }
        if upto > self.done {
            self.give_out(upto, &spots, into);
        }
        self.next += LEAST.max((self.next - from) / SHARE);
    }

    /// Gives out the window's own part, as the detector cuts a text that is whole.
    fn close_window(&mut self, into: &mut String) {
        let (from, step_end, end) = (self.window_start(), self.step_end(), self.window_end());
        let candidates = self.detector.look_at_whole(self.part(from..end));
        let mut spots = self.spots(candidates, from, step_end);
        let mut over = Vec::new();
        for covered in &mut spots {
            if covered.spot.span.end > step_end {
                over.push(Spot {
                    span: covered.spot.span.start.max(step_end)..covered.spot.span.end,
                    kind: covered.spot.kind,
                });
                covered.whole = false;
            }
        }
        self.give_out(step_end, &spots, into);
        self.carried = over;
        self.step = step_end;
        self.next = self.next.max(step_end + LEAST);
        let keep = self.window_start();
        self.text.drain(..keep - self.base);
        self.base = keep;
    }

    /// What the candidates of a window cover that starts below a place and does not pass as it is.
    fn spots(&self, mut candidates: Vec<Candidate>, from: usize, below: usize) -> Vec<Covered> {
        for candidate in &mut candidates {
            candidate.span = candidate.span.start + from..candidate.span.end + from;
        }
        candidates.retain(|candidate| (self.step..below).contains(&candidate.span.start));
        candidates.retain(|candidate| self.treatment(candidate.kind) != Treatment::Allow);
        let spots =
            candidates.iter().map(|candidate| Spot { span: candidate.span.clone(), kind: candidate.kind });
        let joined = join(spots.chain(self.carried.iter().cloned()).collect());
        let chosen = resolve(candidates);
        let cover = |mut spot: Spot| {
            let one = chosen.binary_search_by_key(&spot.span.start, |one| one.span.start).ok();
            let one = one.map(|place| &chosen[place]).filter(|one| one.span == spot.span);
            if let Some(one) = one {
                spot.kind = one.kind;
            }
            Covered { whole: one.is_some(), spot }
        };
        joined.into_iter().map(cover).collect()
    }

    fn treatment(&self, kind: Kind) -> Treatment {
        self.rules.treatment(self.border, self.detector.name_of(kind))
    }

    /// Gives out up to a place. Of a value that is cut there, or was, its kind's name is shown.
    fn give_out(&mut self, upto: usize, covered: &[Covered], into: &mut String) {
        for Covered { spot, whole } in covered {
            let (start, end) = (spot.span.start.max(self.done), spot.span.end.min(upto));
            if start >= end {
                continue;
            }
            self.pass(start, into);
            let treatment = self.treatment(spot.kind);
            let name = self.detector.name_of(spot.kind);
            if *whole && (start..end) == spot.span && treatment == Treatment::Mask {
                into.push_str(&shown(spot.kind, name, self.part(start..end)));
            } else {
                into.push_str(&label(name));
            }
            if treatment == Treatment::Block {
                self.blocked.insert(name.to_owned());
            }
            self.done = end;
        }
        self.pass(upto, into);
    }

    fn pass(&mut self, upto: usize, into: &mut String) {
        if self.done < upto {
            into.push_str(self.part(self.done..upto));
            #[cfg(test)]
            self.passed.push(self.done..upto);
            self.done = upto;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::pii::{Custom, Matcher, Settings};

    static PLAIN: LazyLock<Arc<Detector>> =
        LazyLock::new(|| Arc::new(Detector::new(Settings::default()).unwrap()));
    static OWN: LazyLock<Arc<Detector>> = LazyLock::new(|| {
        let own = |name: &str, matcher, near: &[&str]| Custom {
            name: name.into(),
            kind: name.into(),
            matcher,
            score: 0.4,
            near: near.iter().map(|word| (*word).to_owned()).collect(),
        };
        let custom = vec![
            own("badge", Matcher::Pattern(r"(?s)B-\d.{0,40}E".into()), &["badge", "zip"]),
            own("line", Matcher::Pattern(r"12[^\n]*$|12 \w+".into()), &["street", "Jane"]),
            own("words", Matcher::Words(vec!["march 1985".into(), "usa IL".into()]), &["born", "tel"]),
        ];
        Arc::new(Detector::new(Settings { min_score: 0.4, custom, ..Settings::default() }).unwrap())
    });

    fn stream(detector: &Arc<Detector>) -> StreamMask {
        StreamMask::new(detector.clone(), Arc::new(Rules::all(Treatment::Mask)), Border::Log)
    }

    /// No byte of what the detector finds in the whole passed as it was.
    fn check(detector: &Arc<Detector>, text: &str) {
        let mut stream = stream(detector);
        stream.push(text);
        stream.finish();
        for finding in detector.detect(text) {
            for passed in &stream.passed {
                assert!(
                    passed.end <= finding.span.start || finding.span.end <= passed.start,
                    "{finding:?} {:?} was given out with {:?} of {text:?}",
                    &text[finding.span.clone()],
                    &text[passed.clone()],
                );
            }
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "@",
            ".",
            ":",
            "://",
            "-",
            "+",
            "(",
            "0",
            "12",
            "4111",
            "1111 ",
            "1 1 1 1 ",
            "4 1 1 1 ",
            "DE89",
            "SSN ",
            "password",
            " is ",
            " ",
            " ",
            " ",
            "\n",
            "\n\n",
            "\u{200B}",
            "é",
            "漢",
            "🙂",
            "street ",
            " Street ",
            "12 Main ",
            "rue ",
            "Apt ",
            "#",
            "PO Box ",
            "Mr ",
            "JANE ",
            "Jane ",
            "DOE ",
            "Doe",
            " van ",
            "O'",
            "name: ",
            "born ",
            "march ",
            "1985",
            "-----BEGIN ",
            "PRIVATE KEY-----\n",
            "-----END ",
            "eyJ",
            "sk-",
            "bearer ",
            "(at)",
            "(dot)",
            " dot ",
            " at ",
            "example",
            " com",
            "passport ",
            "zip ",
            "00:",
            "ff",
            "^",
            "52.52",
            ", 13.405",
            "=",
            "tel ",
            ", ",
            "licence ",
            "J. ",
            "iban ",
            "\r\n>",
            "_",
            "usa ",
            "IL ",
            "62704",
            "GB82",
            "B-1",
            "E ",
            "badge ",
            "the ",
            "order ",
            "we will look at it and ",
            "best regards,\n",
            "dear ",
            "quentinx ",
            "smithx ",
            "SMITHX ",
            "+1 202 555 0147",
            "jane@example.com",
            "078-05-1120",
            "https://a:b@c",
            "invoice ",
            "mrn ",
            "Springfield, ",
            "United ",
            "Kingdom",
            "Acme Inc ",
            "QWERTZ ",
            "hospital ",
            "x1",
        ]);
        let long = ("[a-zA-Z0-9]", 1usize..90).prop_map(|(sign, count)| sign.repeat(count));
        prop_oneof![
            12 => words.prop_map(str::to_owned),
            1 => long,
            2 => "[a-z]{2,9} [a-z]{2,9} ",
            1 => "[0-9]{1,9}[ -]",
        ]
    }

    fn text(most: usize) -> impl Strategy<Value = String> {
        prop::collection::vec(piece(), 0..most).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn an_empty_text_has_nothing_to_give_out() {
        check(&OWN, "");
    }

    /// A longer text than a window, with values across the border of its own part.
    #[test]
    fn windows_meet_without_a_gap() {
        for shift in [0, 3, 11, 17, 22, 29, 38] {
            let filler = "so it went on and on, ".repeat((STEP - 20) / 22);
            let text = format!(
                "{filler}{} jane@example.com 4111 1111 1111 1111 and more {}",
                "x".repeat(shift),
                "as it goes, ".repeat(800)
            );
            check(&PLAIN, &text);
        }
    }

    #[test]
    fn the_longest_values_are_held_until_they_are_whole() {
        let word = |length: usize| format!("A{}", "b".repeat(length - 1));
        let name = |count: usize| vec![word(60); count].join(" ");
        for value in [
            format!(
                "{} (at) {}",
                "a".repeat(60),
                [word(60), word(60), word(60), "com".into()].join(" (dot) ")
            ),
            format!("{} @ {}.{}.{} . com", "a".repeat(60), word(60), word(60), word(60)),
            format!("{0} (at) {0} (dot) {0} (dot) {0} (dot) com", "a-".repeat(28) + "a"),
            "G B 8 2 W E S T 1 2 3 4 5 6 9 8 7 6 5 4 3 2".into(),
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1".into(),
            format!("12 {} Street, {}, Springfield, IL 62704, United States of America", name(4), word(60)),
            format!(
                "12 {} Street, Flat 3, Floor 2, Building 7, 12345, 12345, IL, 12345, United Kingdom",
                name(3)
            ),
            format!("password: \"{}\"", "pass word ".repeat(9)),
            format!("Mr. {}", name(5)),
            "078051120                    social security number".into(),
            format!("https://user:{}@example.com/", "p".repeat(490)),
            format!("bearer {}", "a1B2".repeat(1400)),
        ] {
            for shift in (0..64).step_by(7) {
                let before = "so it went on and on, ".repeat(30);
                let after = "and then it went on as it goes. ".repeat(30);
                let text = format!("{before}{}, {value} {after}", "x".repeat(shift));
                let found = PLAIN.detect(&text);
                assert!(found.iter().any(|one| one.span.len() > 8), "{value}");
                check(&PLAIN, &text);
            }
        }
    }

    #[test]
    fn a_private_key_is_held_until_its_last_line() {
        let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7 (no end)\n".repeat(40);
        let key = format!(
            "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{lines}-----END PRIVATE KEY-----"
        );
        let text = format!("This is it:\n{key}\n{}", "and that was all of it. ".repeat(40));
        check(&PLAIN, &text);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_part_of_a_value_is_given_out(text in text(300)) {
            check(&PLAIN, &text);
        }

        #[test]
        fn no_part_of_a_value_of_ones_own_kinds_is_given_out(text in text(300)) {
            check(&OWN, &text);
        }
    }
}
