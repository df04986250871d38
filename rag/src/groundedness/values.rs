//! Values in a text: numbers with their units, sums, days, times, codes and addresses; and which of
//! them the sources carry.
//!
//! Every value becomes keys. A source gives some, a value of the reply needs one of its own: `30
//! days` gives and needs `q:30:day`, and is also `s:2592000`, which `720 hours` is too.

use std::{collections::HashSet, sync::LazyLock};

use domain::grounding::{FindingKind, Span};
use regex::Regex;

use super::{
    calendar,
    numbers::{BETWEEN, Base, Unit, in_units, in_words, readings, unit},
};

/// A value of a text that is checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub kind: FindingKind,
    pub span: Span,
    /// It is carried when a source gives one of these.
    needs: Vec<String>,
}

/// The values that texts give.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    keys: HashSet<String>,
    phones: Vec<String>,
}

/// Telephone numbers of sources that are compared; more would make a comparison long.
const MAX_PHONES: usize = 1_000;

impl Given {
    /// Adds what a source gives. `record`: it is made by machines, which keep sums in cents.
    pub fn add(&mut self, text: &str, record: bool) {
        let mut found = Reader::new(true, record);
        found.read(text);
        self.keys.extend(found.gives);
        let free = MAX_PHONES.saturating_sub(self.phones.len());
        self.phones.extend(found.phones.into_iter().take(free));
    }

    pub fn carries(&self, value: &Value) -> bool {
        value.needs.iter().any(|key| match key.strip_prefix("p:") {
            Some(phone) => self.phones.iter().any(|known| same_phone(known, phone)),
            None => self.keys.contains(key),
        })
    }
}

/// The values of a text that is checked, in their order.
pub(super) fn values(text: &str) -> Vec<Value> {
    let mut reader = Reader::new(false, false);
    reader.read(text);
    reader.values.sort_by_key(|value| value.span.start);
    reader.values
}

/// Puts blanks in the place of what has been read. Offsets stay.
pub(super) fn blank(text: &mut String, spans: &[Span]) {
    if spans.is_empty() {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.push_str(&text[at..span.start]);
        out.extend(std::iter::repeat_n(' ', span.end - span.start));
        at = span.end;
    }
    out.push_str(&text[at..]);
    *text = out;
}

/// Compiles a pattern that is written in this room. Digits and word boundaries are those of ASCII:
/// nothing else is read as a number, and Unicode's make the search many times slower.
#[expect(
    clippy::expect_used,
    reason = "every pattern is made of literals of this room and compiled by its tests"
)]
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(&text.replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)")).expect("a literal pattern")
}

/// Marks of citations and the numbering of lists are no values of the text.
static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\[\d{1,2}(?:\s*,\s*\d{1,2})*\]|(?m:^[\s>]*(?:[-*]\s*)?\d{1,2}[.)]\s)|\b24/7\b")
});
static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static URL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i)\b(?:https?://|www\.)[^\s<>()\[\]"'“”]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^\s<>()\[\]"'“”]*"#)
});
static PHONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\+|\b00?|\(0)[\d][\d ()/\u{a0}-]{5,22}\d\b"));
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}]+(?:[-_/.][\p{L}\p{N}]+)*"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\d+(?:['’\u{a0}\u{202f}]\d{3})*(?:[.,]\d+)*|(?i:\b\p{L}{2,12}(?:-(?:one|two|three|four|five|six|seven|eight|nine))?\b|\ba\b)",
    )
});

struct Reader {
    generous: bool,
    record: bool,
    values: Vec<Value>,
    gives: Vec<String>,
    phones: Vec<String>,
}

impl Reader {
    fn new(generous: bool, record: bool) -> Self {
        Self { generous, record, values: Vec::new(), gives: Vec::new(), phones: Vec::new() }
    }

    fn read(&mut self, text: &str) {
        let mut text = text.to_owned();
        let spans = |pattern: &Regex, text: &str| -> Vec<Span> {
            pattern.find_iter(text).map(|found| Span { start: found.start(), end: found.end() }).collect()
        };
        let marks = spans(&MARKS, &text);
        blank(&mut text, &marks);
        let emails = spans(&EMAIL, &text);
        for span in &emails {
            let key = format!("e:{}", span.of(&text).trim_end_matches('.').to_lowercase());
            self.put(FindingKind::Identifier, *span, vec![key.clone()], vec![key]);
        }
        blank(&mut text, &emails);
        let urls = spans(&URL, &text);
        for span in &urls {
            let address = address(span.of(&text));
            // Who knows a page knows the site it is on.
            let site = address.split('/').next().unwrap_or_default();
            let gives = vec![format!("u:{address}"), format!("u:{site}")];
            self.put(FindingKind::Identifier, *span, gives, vec![format!("u:{address}")]);
        }
        blank(&mut text, &urls);
        calendar::each(&mut text, |written| {
            let kind = if written.is_time { FindingKind::Time } else { FindingKind::Date };
            self.put(kind, written.span, written.gives, written.needs);
        });
        self.phones(&mut text);
        self.codes(&mut text);
        self.numbers(&text);
    }

    fn put(&mut self, kind: FindingKind, span: Span, gives: Vec<String>, needs: Vec<String>) {
        if self.generous {
            self.gives.extend(gives);
        } else {
            self.values.push(Value { kind, span, needs });
        }
    }

    fn phones(&mut self, text: &mut String) {
        let mut spans = Vec::new();
        for found in PHONE.find_iter(text) {
            let digits: String = found.as_str().chars().filter(char::is_ascii_digit).collect();
            if !(7..=15).contains(&digits.len()) {
                continue;
            }
            let span = Span { start: found.start(), end: found.end() };
            spans.push(span);
            if self.generous {
                self.phones.push(digits);
            } else {
                let kind = FindingKind::Identifier;
                self.values.push(Value { kind, span, needs: vec![format!("p:{digits}")] });
            }
        }
        blank(text, &spans);
    }

    /// Runs of letters and digits that are neither a number with its unit nor an ordinal.
    fn codes(&mut self, text: &mut String) {
        let mut spans = Vec::new();
        for found in CODE.find_iter(text) {
            let run = found.as_str();
            let digit = run.bytes().any(|byte| byte.is_ascii_digit());
            let letter = run.chars().any(char::is_alphabetic);
            if !digit || !letter || is_measured(run) || run.len() > 80 {
                continue;
            }
            let span = Span { start: found.start(), end: found.end() };
            let key = |run: &str| -> String {
                let plain: String =
                    run.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
                format!("i:{plain}")
            };
            let mut gives = vec![key(run)];
            if self.generous {
                // The number of an order is known by who knows the order.
                let parts = run.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
                gives.extend(parts.flat_map(readings).map(|reading| format!("n:{reading}")));
                gives.extend(run.split(['/', '_']).filter(|part| *part != run).map(key));
            }
            spans.push(span);
            self.put(FindingKind::Identifier, span, gives, vec![key(run)]);
        }
        blank(text, &spans);
    }

    fn numbers(&mut self, text: &str) {
        let tokens: Vec<(Span, Vec<String>, bool)> = NUMBER
            .find_iter(text)
            .filter_map(|found| {
                let span = Span { start: found.start(), end: found.end() };
                let digits = found.as_str().starts_with(|c: char| c.is_ascii_digit());
                let readings = if digits {
                    readings(found.as_str())
                } else {
                    vec![in_words(found.as_str(), self.generous)?.to_string()]
                };
                Some((span, readings, digits))
            })
            .collect();
        // From the end, because in `5-7 days` the first number has the unit of the second.
        let mut next: Option<(usize, Option<Unit>)> = None;
        for (span, readings, digits) in tokens.into_iter().rev() {
            let after = &text[span.end..];
            let (own, end) = own_unit(&text[..span.start], after, span.end);
            let joined = next.filter(|(start, _)| joins(&text[span.end..*start])).and_then(|(_, unit)| unit);
            let measured = own.or(joined);
            next = Some((span.start, measured));
            // In words, a number without a unit is seldom one: `one of them`.
            let counted = digits || measured.is_some() || (self.generous && readings != ["1"]);
            if !counted {
                continue;
            }
            let whole = Span { start: span.start, end: end.max(span.end) };
            self.number(&readings, measured, own.is_none() && joined.is_some(), after, whole);
        }
    }

    fn number(&mut self, readings: &[String], unit: Option<Unit>, joined: bool, after: &str, span: Span) {
        let counts = after.trim_start_matches([' ', '\u{a0}']).starts_with(char::is_alphabetic);
        let mut gives = Vec::new();
        let mut needs = Vec::new();
        for reading in readings {
            gives.push(format!("n:{reading}"));
            match unit {
                Some(unit) => {
                    let mut keys = vec![format!("q:{reading}:{}", unit.name)];
                    keys.extend(in_base(reading, unit));
                    needs.extend(keys.iter().cloned());
                    gives.extend(keys);
                    if unit.name == "USD" {
                        gives.push(format!("q:{reading}:dollar"));
                    }
                    if unit.name == "dollar" {
                        gives.push(format!("q:{reading}:USD"));
                    }
                    // A table or a record may hold the number without its unit.
                    needs.push(format!("q:{reading}:"));
                    if joined {
                        needs.push(format!("n:{reading}"));
                    }
                }
                None => {
                    needs.push(format!("n:{reading}"));
                    if !counts {
                        gives.push(format!("q:{reading}:"));
                    }
                    if self.record
                        && let Some(amount) = in_units(reading)
                    {
                        gives.push(format!("q:{amount}:"));
                        gives.push(format!("n:{amount}"));
                    }
                }
            }
        }
        let kind = match unit.map(|unit| unit.base) {
            Some(Base::Money) => FindingKind::Amount,
            Some(Base::Seconds | Base::Months) => FindingKind::Duration,
            Some(Base::Clock) => FindingKind::Time,
            _ => FindingKind::Number,
        };
        self.put(kind, span, gives, needs);
    }
}

/// The unit that stands at a number, and where it ends.
fn own_unit(before: &str, after: &str, end: usize) -> (Option<Unit>, usize) {
    let spaces = [' ', '\u{a0}', '\u{202f}'];
    let mut rest = after.trim_start_matches(spaces);
    rest = rest.strip_prefix('-').filter(|_| rest.len() == after.len()).unwrap_or(rest);
    for _ in 0..2 {
        let word = leading_word(rest);
        if let Some(unit) = unit(word).filter(|_| !word.is_empty()) {
            return (Some(unit), end + (after.len() - rest.len()) + word.len());
        }
        if !BETWEEN.contains(&word.to_lowercase().as_str()) || word.is_empty() {
            break;
        }
        rest = rest[word.len()..].trim_start_matches(spaces);
    }
    let before = before.trim_end_matches(spaces);
    let sign = before.char_indices().rev().take_while(|(_, c)| matches!(c, '$' | '€' | '£' | '¥')).last();
    let word = match sign {
        Some((at, _)) => &before[at..],
        None => {
            let letters =
                before.char_indices().rev().take(4).take_while(|(_, c)| c.is_ascii_uppercase()).last();
            letters.map_or("", |(at, _)| &before[at..])
        }
    };
    let sum = unit(word).filter(|unit| unit.base == Base::Money);
    (sum, end)
}

/// A word or sign at the beginning of a text.
fn leading_word(text: &str) -> &str {
    let sign = text.chars().next().filter(|c| matches!(c, '%' | '€' | '$' | '£' | '¥' | '°'));
    let start = sign.map_or(0, char::len_utf8);
    let letters =
        text[start..].chars().take(16).take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum::<usize>();
    let degrees = sign == Some('°') && matches!(&text[start..start + letters], "C" | "F" | "c" | "f");
    match sign {
        Some(_) if !degrees => &text[..start],
        _ => &text[..start + letters],
    }
}

/// Whether what stands between two numbers makes a span of them.
fn joins(between: &str) -> bool {
    let between = between.trim().trim_end_matches(['$', '€', '£']).trim_end();
    matches!(
        between.to_lowercase().as_str(),
        "-" | "–"
            | "—"
            | "to"
            | "or"
            | "and"
            | "bis"
            | "oder"
            | "und"
            | "à"
            | "ou"
            | "et"
            | "a"
            | "o"
            | "y"
            | "tot"
    )
}

fn in_base(reading: &str, unit: Unit) -> Option<String> {
    let base = match unit.base {
        Base::Seconds => "s",
        Base::Months => "mo",
        Base::Grams => "g",
        Base::Millimetres => "mm",
        Base::Millilitres => "ml",
        Base::Clock => "t",
        Base::Money | Base::Other => return None,
    };
    let count: f64 = reading.parse::<f64>().ok()? * unit.holds;
    (count.is_finite() && count < 1e15).then(|| format!("{base}:{count}"))
}

/// `30days`, `2-year`, `5kg`, `1st`, `3x`: a number with what it counts.
fn is_measured(run: &str) -> bool {
    let digits = run.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let mut rest = &run[digits..];
    // `1.5h`, `10-15min`.
    while let Some(more) = rest.strip_prefix(['.', '-']) {
        let digits = more.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        rest = &more[digits..];
    }
    let word = rest.strip_prefix('-').unwrap_or(rest);
    let word = word.split(['-', '.', '/']).next().unwrap_or_default();
    matches!(word, "st" | "nd" | "rd" | "th" | "x" | "er" | "e" | "s" | "h" | "min")
        || unit(word).is_some()
        || BETWEEN.contains(&word.to_lowercase().as_str())
}

fn address(written: &str) -> String {
    let lower = written.to_lowercase();
    let bare = lower.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    bare.trim_end_matches(['.', ',', ';', ':', '!', '?', '/', ')']).to_owned()
}

/// With or without the country's number.
fn same_phone(a: &str, b: &str) -> bool {
    let local = |digits: &str| digits.trim_start_matches('0').to_owned();
    let (a, b) = (local(a), local(b));
    a.len().min(b.len()) >= 6 && (a.ends_with(&b) || b.ends_with(&a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strays<'t>(reply: &'t str, source: &str) -> Vec<&'t str> {
        let mut given = Given::default();
        given.add(source, false);
        values(reply).iter().filter(|value| !given.carries(value)).map(|value| value.span.of(reply)).collect()
    }

    #[test]
    fn the_same_value_is_the_same_in_another_spelling() {
        for (reply, source) in [
            ("It costs $1,200.00.", "the price is 1200 USD"),
            ("within thirty days", "within 30 days"),
            ("within 30 days", "innerhalb von dreißig Tagen"),
            ("Es kostet 1.200,00 €", "1200 EUR"),
            ("after 24 hours", "after one day"),
            ("after 2 weeks", "after 14 days"),
            ("for 12 months", "for a year"),
            ("a 2-year guarantee", "guarantee of 2 years"),
            ("10 percent off", "10 % off"),
            ("5 to 7 business days", "5-7 business days"),
            ("Wash at 30 °C", "Wash it at 30°C."),
            ("Price 4.95 EUR", "| Standard | 4.95 |"),
            ("call +43 512 123456", "phone: 0043 (512) 12 34 56"),
            ("see https://shop.example/returns/", "www.shop.example/returns"),
            ("write to Help@Shop.example.", "help@shop.example"),
            ("code ED-2541", "batches ED-2541, ED-2542"),
            ("1.5 kg", "1500 g"),
        ] {
            assert_eq!(strays(reply, source), Vec::<&str>::new(), "{reply} / {source}");
        }
    }

    #[test]
    fn another_number_unit_or_code_is_a_stray() {
        for (reply, source, stray) in [
            ("It costs $1,300.00.", "the price is 1200 USD", "1,300.00"),
            ("within 60 days", "within 30 days or 60 minutes", "60 days"),
            ("It costs 30 EUR", "within 30 days", "30 EUR"),
            ("It costs £30", "It costs 30 EUR", "30"),
            ("order NF-10483", "order NF-10482", "NF-10483"),
            ("write to help@shop.example", "sales@shop.example", "help@shop.example"),
            ("call +43 512 123457", "phone: 0043 (512) 12 34 56", "+43 512 123457"),
            ("see shop.example/refunds", "www.shop.example/returns", "shop.example/refunds"),
            ("twenty days", "thirty days", "twenty days"),
        ] {
            assert_eq!(strays(reply, source), [stray], "{reply} / {source}");
        }
    }

    #[test]
    fn marks_numbering_and_articles_are_no_values() {
        let text = "1. Open it. [1][2, 3]\n2) It takes a day or one of us helps, 24/7.";
        assert_eq!(values(text), Vec::new());
    }

    #[test]
    fn records_keep_sums_in_cents() {
        let mut given = Given::default();
        given.add(r#"{"amount_cents":34900,"number":"NF-10482"}"#, true);
        let carried = |text: &str| values(text).iter().all(|value| given.carries(value));
        assert!(carried("We refunded 349.00 EUR for order NF-10482."));
        assert!(carried("order 10482"));
        assert!(!carried("We refunded 439.00 EUR."));
    }
}
