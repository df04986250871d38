//! Postal addresses: a street with its number, a post box, or a number that a label stands before,
//! and what follows them: flat, town, post code, country.

use std::ops::Range;

use super::{
    Kind, Validator,
    cues::{ADDRESS, COUNTRY, Cue, PO_BOX, STREET, STREET_FIRST, TITLE, UNIT},
    gazetteer::{Gazetteer, NEVER},
    view::{DIGIT, FOREIGN, Found, LOWER_CASE, Token, UPPER, View},
};

/// How many tokens after a street may belong to its address.
const TAIL: usize = 16;
/// Words of a street's name.
const MAX_NAME: usize = 5;

/// Endings of streets that are written in one word.
const ENDINGS: [&str; 26] = [
    "strasse", "str", "straat", "gatan", "gata", "gate", "weg", "platz", "gasse", "allee", "katu", "tie",
    "kuja", "vagen", "vej", "veien", "laan", "plein", "gracht", "kade", "dijk", "steig", "damm", "ufer",
    "gade", "singel",
];

const STATES: &str = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC NSW VIC QLD TAS ACT ON QC BC AB MB SK NS NB";

const INNER: [&str; 16] = [
    "de", "la", "le", "les", "du", "des", "del", "della", "dei", "do", "da", "dos", "of", "the", "den", "der",
];

struct Places<'v, 't> {
    view: &'v View<'t>,
    gazetteer: &'v Gazetteer,
}

pub(crate) fn find(view: &View, gazetteer: &Gazetteer, found: &mut Found) {
    if !found.wants(Kind::PostalAddress) {
        return;
    }
    let places = Places { view, gazetteer };
    let mut done = 0;
    for cue in &view.cues {
        let anchor = if cue.sorts & PO_BOX != 0 {
            places.box_number(cue)
        } else if cue.sorts & (STREET | STREET_FIRST | UNIT) != 0 {
            None.or_else(|| if cue.sorts & STREET != 0 { places.street(cue) } else { None })
                .or_else(|| if cue.sorts & STREET_FIRST != 0 { places.street_first(cue) } else { None })
                .or_else(|| if cue.sorts & UNIT != 0 { places.unit(cue) } else { None })
        } else if cue.sorts & ADDRESS != 0 {
            places.labelled(cue)
        } else {
            None
        };
        if let Some(anchor) = anchor
            && anchor.span.end > done
        {
            let end = places.push(&anchor, found);
            if anchor.validator == Validator::Structure {
                done = end;
            }
        }
    }
    for at in 0..view.tokens.len() {
        let token = view.tokens[at];
        if token.has & DIGIT == 0 {
            if token.len() >= 6
                && let Some(anchor) = places.compound(at)
            {
                places.push(&anchor, found);
            }
        } else if let Some(anchor) = places.block(at) {
            let (end, sure) = places.tail(anchor.span.end);
            if sure && places.has_code(anchor.span.end, end) {
                let weighed = view.weigh(&(anchor.span.start..end), anchor.base, ADDRESS, 0);
                found.push(Kind::PostalAddress, anchor.span.start..end, anchor.validator, weighed);
            }
        } else if token.len() == 3 && token.first != DIGIT || token.len() <= 4 && token.has == DIGIT | UPPER {
            if let Some(span) = places.uk_postcode(at) {
                let weighed = view.weigh(&span, 0.55, ADDRESS, 0);
                found.push(Kind::PostalAddress, span, Validator::Structure, weighed);
            }
        } else if token.len() == 5
            && token.is_digits()
            && let Some(span) = places.state_and_zip(at)
        {
            let weighed = view.weigh(&span, 0.55, ADDRESS, 0);
            found.push(Kind::PostalAddress, span, Validator::Structure, weighed);
        }
    }
}

struct Anchor {
    span: Range<usize>,
    base: f32,
    validator: Validator,
}

impl Places<'_, '_> {
    fn token(&self, at: usize) -> Option<Token> {
        self.view.tokens.get(at).copied()
    }

    /// A house number: `12`, `12b`, `12-14` is two.
    fn is_house(&self, token: Token) -> bool {
        let bytes = self.view.bytes(token);
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=5).contains(&digits) && bytes.len() - digits <= 1 && token.has & FOREIGN == 0
    }

    /// A word that a street's or town's name may have.
    fn is_name(&self, token: Token) -> bool {
        if token.has & DIGIT != 0 {
            let bytes = self.view.bytes(token);
            return token.len() <= 5
                && [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|end| bytes.ends_with(end));
        }
        if self.view.cased {
            token.is_capital() || token.first == FOREIGN
        } else {
            token.len() > 1 && self.gazetteer.look_up(self.view.bytes(token)) & NEVER == 0
        }
    }

    fn is_inner(&self, token: Token) -> bool {
        INNER.iter().any(|word| self.view.bytes(token) == word.as_bytes())
    }

    /// `12 Long Acre Road`: the number stands before the name, the street's word behind it.
    fn street(&self, cue: &Cue) -> Option<Anchor> {
        let view = self.view;
        let at = view.token_from(cue.start as usize);
        let word = self.token(at)?;
        // Small letters after names with capitals: `12 Items on the way`.
        if view.cased && word.first == LOWER_CASE && word.len() < 4 {
            return None;
        }
        let mut first = at;
        let mut names = 0;
        while first > 0 && names <= MAX_NAME {
            let gap = view.gap(first - 1);
            let token = view.tokens[first - 1];
            if !matches!(gap, b" " | b". " | b"-" | b"'" | b", " | b"  ") {
                return None;
            }
            if self.is_house(token) && (names > 0 || view.byte(cue.start as usize).is_ascii_uppercase()) {
                let mut start = token.start();
                // `12-14`, `Flat 3, 12`, `23 8`: what stands right before belongs to it.
                let mut before = first - 1;
                for _ in 0..3 {
                    let Some(previous) = before.checked_sub(1).and_then(|place| self.token(place)) else {
                        break;
                    };
                    let gap = view.gap(before - 1);
                    let unit = view.cues_before(start, 8, UNIT).any(|unit| unit.start == previous.start);
                    if !matches!(gap, b" " | b"-" | b", " | b"/" | b" - ")
                        || !(self.is_house(previous) || unit)
                    {
                        break;
                    }
                    start = previous.start();
                    before -= 1;
                }
                let capital = word.first == UPPER || !view.cased;
                let base = if capital { 0.65 } else { 0.5 };
                return Some(Anchor { span: start..cue.end as usize, base, validator: Validator::Structure });
            }
            if !(self.is_name(token) || self.is_inner(token)) {
                return None;
            }
            names += 1;
            first -= 1;
        }
        None
    }

    /// `rue de la Paix 12`, `12, rue de la Paix`, `Via Roma, 3`.
    fn street_first(&self, cue: &Cue) -> Option<Anchor> {
        let view = self.view;
        let at = view.token_from(cue.start as usize);
        let house = |place: Option<usize>, gaps: &[&[u8]]| {
            let place = place?;
            let token = self.token(place).filter(|token| self.is_house(*token))?;
            gaps.contains(&view.gap(place)).then_some(token.start())
        };
        // `Am Markt 5`, but `10 am`.
        let small = ["am", "im", "zum", "zur", "an der", "auf der"].iter().any(|word| {
            view.text[cue.start as usize..cue.end as usize].eq_ignore_ascii_case(word.as_bytes())
        });
        let before = if small { None } else { house(at.checked_sub(1), &[b" ", b", "]) };
        let start = before.map(|start| house(at.checked_sub(2), &[b" ", b"-"]).unwrap_or(start));
        let mut names = 0;
        let mut end = cue.end as usize;
        let mut behind = false;
        for last in (view.token_from(cue.end as usize)..).take(MAX_NAME + 2) {
            let Some(token) = self.token(last) else { break };
            let gap = &view.text[end..token.start()];
            if !matches!(gap, b" " | b". " | b"'" | b"-" | b", ") {
                break;
            }
            // Five digits behind the name are the post code when the number stands before it.
            if names > 0 && before.is_none() && self.is_house(token) {
                end = token.end();
                behind = true;
                break;
            }
            if gap == b", " || !(self.is_name(token) || self.is_inner(token)) {
                break;
            }
            names += usize::from(self.is_name(token));
            end = token.end();
        }
        if names == 0 || !(behind || before.is_some()) {
            return None;
        }
        let span = start.unwrap_or(cue.start as usize)..end;
        Some(Anchor { span, base: 0.6, validator: Validator::Structure })
    }

    /// `Lindenstrasse 5`.
    fn compound(&self, at: usize) -> Option<Anchor> {
        let view = self.view;
        let token = self.token(at)?;
        if view.cased && token.first == LOWER_CASE {
            return None;
        }
        let mut small = [0u8; 40];
        let small = small.get_mut(..token.len())?;
        small.copy_from_slice(view.bytes(token));
        small.make_ascii_lowercase();
        let long = ENDINGS.iter().any(|ending| {
            small.ends_with(ending.as_bytes())
                && small.len() >= ending.len() + 3
                && (ending.len() > 3 || small.len() >= 7)
        });
        if !long {
            return None;
        }
        let short = small.ends_with(b"tie")
            || small.ends_with(b"str")
            || small.ends_with(b"gate")
            || small.ends_with(b"gata");
        let mut span = token.start()..token.end();
        let next = self
            .token(at + 1)
            .filter(|next| self.is_house(*next) && matches!(view.gap(at), b" " | b". " | b", "));
        let before = at.checked_sub(1).and_then(|place| self.token(place));
        let before = before.filter(|house| self.is_house(*house) && matches!(view.gap(at - 1), b" " | b", "));
        if let Some(next) = next {
            span.end = next.end();
        }
        if let Some(before) = before {
            span.start = before.start();
        }
        if next.is_none() && before.is_none() {
            return None;
        }
        Some(Anchor { span, base: if short { 0.4 } else { 0.65 }, validator: Validator::Structure })
    }

    fn box_number(&self, cue: &Cue) -> Option<Anchor> {
        let token = self.token(self.view.token_from(cue.end as usize))?;
        let gap = &self.view.text[cue.end as usize..token.start()];
        let near = gap.len() <= 4 && !gap.contains(&b'\n') && token.has_digit();
        near.then(|| Anchor {
            span: cue.start as usize..token.end(),
            base: 0.85,
            validator: Validator::Structure,
        })
    }

    /// `30 Stadion Apt. 974`: no word for the street, but a number before it and a flat behind.
    fn unit(&self, cue: &Cue) -> Option<Anchor> {
        let view = self.view;
        let at = view.token_from(cue.start as usize);
        let number = self.token(view.token_from(cue.end as usize))?;
        if number.start() > cue.end as usize + 2 || !number.has_digit() || number.len() > 5 {
            return None;
        }
        let mut first = at;
        for names in 0..MAX_NAME + 2 {
            let token = first.checked_sub(1).and_then(|place| self.token(place))?;
            let gap = view.gap(first - 1);
            if gap.len() > 6 || !gap.iter().all(|byte| b" ,.-\n".contains(byte)) {
                return None;
            }
            if names > 0 && self.is_house(token) && !gap.contains(&b'\n') {
                let words = view.tokens[first..at].iter().filter(|word| !word.has_digit()).count();
                let mut start = token.start();
                if let Some(more) = first
                    .checked_sub(2)
                    .and_then(|place| self.token(place))
                    .filter(|more| self.is_house(*more))
                    && view.gap(first - 2) == b" "
                {
                    start = more.start();
                }
                if words > 0 {
                    return Some(Anchor {
                        span: start..number.end(),
                        base: 0.6,
                        validator: Validator::Structure,
                    });
                }
            }
            if !(self.is_name(token) || self.is_inner(token) || self.is_house(token)) {
                return None;
            }
            first -= 1;
        }
        None
    }

    /// `my address is 42 Somewhere`, `ZIP: 12345`.
    fn labelled(&self, cue: &Cue) -> Option<Anchor> {
        let view = self.view;
        let word = &view.text[cue.start as usize..cue.end as usize];
        let (start, signed) = super::secrets::value_after(view, cue.end as usize)?;
        let at = view.token_from(start);
        let first = self.token(at).filter(|token| token.start() == start)?;
        let code = ["zip", "zip code", "zipcode", "postcode", "postal code", "post code", "plz"]
            .iter()
            .any(|label| word.eq_ignore_ascii_case(label.as_bytes()));
        if code {
            let digits = view.bytes(first).iter().filter(|byte| byte.is_ascii_digit()).count();
            let fits =
                (3..=10).contains(&first.len()) && digits >= 1 && (digits >= 3 || first.first == UPPER);
            let mut end = first.end();
            if let Some(second) = self.token(at + 1)
                && matches!(view.gap(at), b" " | b"-")
                && second.has_digit()
                && second.len() <= 4
            {
                end = second.end();
            }
            return fits.then_some(Anchor {
                span: first.start()..end,
                base: 0.4,
                validator: Validator::Context,
            });
        }
        // A number and a name, or a name and a number, without anything else between.
        let mut names = 0;
        let mut houses = usize::from(self.is_house(first));
        let mut end = first.end();
        if houses == 0 && !self.is_name(first) {
            return None;
        }
        names += usize::from(houses == 0);
        for place in at + 1..at + 8 {
            let Some(token) = self.token(place) else { break };
            let gap = view.gap(place - 1);
            if !matches!(gap, b" " | b"-" | b"." | b". " | b"'") {
                break;
            }
            if self.is_house(token) {
                houses += 1;
            } else if self.is_name(token) || self.is_inner(token) {
                names += 1;
            } else {
                break;
            }
            end = token.end();
        }
        (names > 0 && houses > 0).then_some(Anchor {
            span: first.start()..end,
            base: if signed { 0.3 } else { 0.25 },
            validator: Validator::Context,
        })
    }

    /// `06 Long Acre 17` that opens a line or follows a label: a house number and names with
    /// capitals, but no word for the street. Only a post code behind makes it an address.
    fn block(&self, at: usize) -> Option<Anchor> {
        let view = self.view;
        let house = self.token(at).filter(|token| self.is_house(*token) && token.first == DIGIT)?;
        let opens = at == 0
            || view.gap(at - 1).iter().any(|byte| b"\n:".contains(byte))
            || view.cues_before(house.start(), 24, ADDRESS).next_back().is_some_and(|cue| {
                // One small word may stand between: `the address with 12 …`.
                view.token_from(cue.end as usize) + 1 >= at
            });
        if !opens || !view.cased {
            return None;
        }
        let mut end = house.end();
        let mut names = 0;
        for place in at + 1..=at + MAX_NAME {
            let Some(token) = self.token(place) else { break };
            if !matches!(&view.text[end..token.start()], b" " | b". " | b"-" | b"'") {
                break;
            }
            if token.has & DIGIT == 0 && self.is_name(token) {
                names += 1;
            } else if !(self.is_inner(token) || self.is_house(token)) {
                break;
            }
            end = token.end();
        }
        let span = house.start()..end;
        (names > 0).then_some(Anchor { span, base: 0.6, validator: Validator::Structure })
    }

    /// Whether five digits or more stand in a stretch.
    fn has_code(&self, from: usize, to: usize) -> bool {
        self.view.tokens[self.view.token_from(from)..]
            .iter()
            .take_while(|token| token.end() <= to)
            .any(|token| token.is_digits() && token.len() >= 5)
    }

    /// `SW1A 1AA`: the forms that the Royal Mail gives out.
    fn uk_postcode(&self, at: usize) -> Option<Range<usize>> {
        let view = self.view;
        let outward = self.token(at)?;
        let inward = self.token(at + 1).filter(|_| view.gap(at) == b" ")?;
        let (out, inner) = (view.bytes(outward), view.bytes(inward));
        let letters = out.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let rest = &out[letters..];
        let out_fits = (1..=2).contains(&letters)
            && matches!(rest, [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] | [b'0'..=b'9', b'A'..=b'Z']);
        let in_fits = matches!(inner, [b'0'..=b'9', a, b] if [a, b].iter().all(|letter| letter.is_ascii_uppercase() && !b"CIKMOV".contains(letter)));
        (out_fits && in_fits).then_some(outward.start()..inward.end())
    }

    /// `Springfield, IL 62704`.
    fn state_and_zip(&self, at: usize) -> Option<Range<usize>> {
        let view = self.view;
        let zip = self.token(at)?;
        let state =
            at.checked_sub(1).and_then(|place| self.token(place)).filter(|_| view.gap(at - 1) == b" ")?;
        if state.has != UPPER || !is_state(view.bytes(state)) {
            return None;
        }
        let mut first = at - 1;
        while first > 0
            && at - first < 4
            && self.is_name(view.tokens[first - 1])
            && matches!(view.gap(first - 1), b" " | b", ")
        {
            first -= 1;
        }
        (first < at - 1).then(|| view.tokens[first].start()..zip.end())
    }

    fn push(&self, anchor: &Anchor, found: &mut Found) -> usize {
        let (end, more) = self.tail(anchor.span.end);
        let span = anchor.span.start..end;
        let base = (anchor.base + if more { 0.2 } else { 0.0 }).min(0.95);
        let weighed = self.view.weigh(&span, base, ADDRESS, 0);
        found.push(Kind::PostalAddress, span, anchor.validator, weighed);
        end
    }

    /// Where the address ends that has a street up to here, and whether a code, a state or a country
    /// was met.
    fn tail(&self, from: usize) -> (usize, bool) {
        let view = self.view;
        let mut end = from;
        let mut sure = false;
        let mut reached = from;
        let mut names = 0;
        let first = view.token_from(from);
        for at in first..first + TAIL {
            let Some(token) = self.token(at) else { break };
            // A country's name may have several words.
            if token.start() < reached {
                continue;
            }
            let gap = &view.text[reached..token.start()];
            let text_between = gap.len() > 12 || !gap.iter().all(|byte| b" ,.-\n\r\t#>()/?".contains(byte));
            // A point and a space end a sentence, unless what follows cannot begin one.
            let sentence =
                gap.starts_with(b". ") && token.first == UPPER && !self.is_cue(token, UNIT | COUNTRY);
            if text_between || sentence || gap.iter().filter(|byte| **byte == b'\n').count() > 2 {
                break;
            }
            if self.is_cue(token, UNIT)
                && self.token(at + 1).is_some_and(|next| next.has_digit() || next.len() == 1)
            {
                names = 0;
            } else if token.has_digit() {
                let code = token.is_digits() && (3..=6).contains(&token.len())
                    || token.has == DIGIT | UPPER && token.len() <= 4;
                let unit = at > 0 && self.is_cue(view.tokens[at - 1], UNIT);
                // `Dublin 4`, `Praha 1`.
                if names > 0 && gap == b" " && token.is_digits() && token.len() <= 2 {
                    reached = token.end();
                    continue;
                }
                if !(code || unit || (token.len() <= 5 && gap.contains(&b'#'))) {
                    break;
                }
                sure |= code && token.len() > 3;
                end = token.end();
                names = 0;
            } else if let Some(country) = self.country(token) {
                end = country;
                sure = true;
                reached = country;
                continue;
            } else if token.has == UPPER && token.len() <= 3 {
                if is_state(view.bytes(token)) {
                    end = token.end();
                    sure = true;
                }
            } else if (token.is_capital() || !view.cased && self.is_name(token))
                && names < 4
                && !self.is_cue(token, ADDRESS | TITLE)
            {
                names += 1;
                // A town right behind the street or the code, set off by a comma or following the code.
                let town = gap.contains(&b',') || end == reached && sure;
                if town
                    && view.cased
                    && end == reached
                    && self.gazetteer.look_up(view.bytes(token)) & NEVER == 0
                {
                    end = token.end();
                }
            } else if token.has == LOWER_CASE
                && !view.cased
                && names < 4
                && token.len() <= 3
                && gap.contains(&b'\n')
            {
                names += 1;
            } else {
                break;
            }
            reached = token.end();
        }
        (end, sure)
    }

    fn is_cue(&self, token: Token, sorts: u64) -> bool {
        let cues = &self.view.cues;
        let at = cues.partition_point(|cue| cue.start < token.start);
        cues.get(at).is_some_and(|cue| cue.start == token.start && cue.sorts & sorts != 0)
    }

    /// Where a country's name ends that starts here. In text with capitals it has one.
    fn country(&self, token: Token) -> Option<usize> {
        let cues = &self.view.cues;
        let at = cues.partition_point(|cue| cue.start < token.start);
        let cue = cues.get(at).filter(|cue| cue.start == token.start && cue.sorts & COUNTRY != 0)?;
        let capital = !self.view.cased || token.first == UPPER;
        let short = token.len() == 2 && token.has != UPPER;
        (capital && !short).then_some(cue.end as usize)
    }
}

fn is_state(word: &[u8]) -> bool {
    STATES.split(' ').any(|state| state.as_bytes() == word)
}
