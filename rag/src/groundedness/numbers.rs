//! Written numbers and units, whatever the country writes them like.

/// What a written number may stand for, in one spelling: no leading or trailing zeros, a dot before
/// decimals. `1.200` may be twelve hundred or one and a fifth, and stays both.
pub(super) fn readings(written: &str) -> Vec<String> {
    let digits: String =
        written.chars().filter(|c| !matches!(c, '\'' | '’' | '\u{a0}' | '\u{202f}')).collect();
    let separators: Vec<(usize, char)> =
        digits.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let Some((last, mark)) = separators.last().copied() else { return vec![normal(&digits, "")] };
    let joined = |text: &str| text.replace(['.', ','], "");
    let (whole, fraction) = (joined(&digits[..last]), &digits[last + 1..]);
    let mixed = separators.iter().any(|(_, other)| *other != mark);
    if mixed {
        return vec![normal(&whole, fraction)];
    }
    if separators.len() > 1 {
        let grouped = digits.split(mark).skip(1).all(|group| group.len() == 3);
        // `2.3.1` is no number; it is compared as it stands.
        return vec![if grouped { normal(&joined(&digits), "") } else { digits }];
    }
    let decimal = normal(&whole, fraction);
    if fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') {
        vec![normal(&joined(&digits), ""), decimal]
    } else {
        vec![decimal]
    }
}

fn normal(whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// An amount that a record keeps in cents, in units.
pub(super) fn in_units(cents: &str) -> Option<String> {
    let cents: u64 = cents.parse().ok()?;
    Some(normal(&(cents / 100).to_string(), &format!("{:02}", cents % 100)))
}

/// What a unit measures. Those of one base are compared in it: a day is 24 hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Base {
    Seconds,
    Months,
    Grams,
    Millimetres,
    Millilitres,
    Money,
    Clock,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    /// Its one name.
    pub name: &'static str,
    pub base: Base,
    /// How many of the base it holds.
    pub holds: f64,
}

/// The unit a word or sign names, in the languages customers write.
pub(super) fn unit(word: &str) -> Option<Unit> {
    use Base::*;
    #[rustfmt::skip]
    const UNITS: &[(&str, Base, f64, &[&str])] = &[
        ("second", Seconds, 1.0, &["second", "seconds", "sec", "secs", "sekunde", "sekunden", "seconde", "secondes", "segundo", "segundos", "secondo", "secondi", "seconden"]),
        ("minute", Seconds, 60.0, &["minute", "minutes", "min", "mins", "minuten", "minuto", "minutos", "minuti", "minuut"]),
        ("hour", Seconds, 3_600.0, &["hour", "hours", "hr", "hrs", "stunde", "stunden", "std", "h", "heure", "heures", "hora", "horas", "ora", "ore", "uur"]),
        ("day", Seconds, 86_400.0, &["day", "days", "tag", "tage", "tagen", "werktag", "werktage", "werktagen", "arbeitstage", "arbeitstagen", "jour", "jours", "día", "días", "dia", "dias", "giorno", "giorni", "dag", "dagen"]),
        ("week", Seconds, 604_800.0, &["week", "weeks", "woche", "wochen", "semaine", "semaines", "semana", "semanas", "settimana", "settimane", "weken"]),
        ("month", Months, 1.0, &["month", "months", "monat", "monate", "monaten", "mois", "mes", "meses", "mese", "mesi", "maand", "maanden"]),
        ("year", Months, 12.0, &["year", "years", "yr", "yrs", "jahr", "jahre", "jahren", "ans", "année", "années", "año", "años", "anno", "anni", "jaar"]),
        ("gram", Grams, 1.0, &["g", "gram", "grams", "gramm", "gramme", "grammes"]),
        ("kilogram", Grams, 1_000.0, &["kg", "kilo", "kilos", "kilogram", "kilograms", "kilogramm"]),
        ("millimetre", Millimetres, 1.0, &["mm"]),
        ("centimetre", Millimetres, 10.0, &["cm"]),
        ("metre", Millimetres, 1_000.0, &["m", "metre", "metres", "meter", "meters"]),
        ("kilometre", Millimetres, 1_000_000.0, &["km", "kilometre", "kilometres", "kilometer", "kilometers"]),
        ("millilitre", Millilitres, 1.0, &["ml"]),
        ("litre", Millilitres, 1_000.0, &["l", "litre", "litres", "liter", "liters"]),
        ("pound-mass", Other, 1.0, &["lb", "lbs"]),
        ("inch", Other, 1.0, &["inch", "inches", "zoll"]),
        ("celsius", Other, 1.0, &["°c", "celsius"]),
        ("fahrenheit", Other, 1.0, &["°f", "fahrenheit"]),
        ("degree", Other, 1.0, &["°", "degree", "degrees", "grad"]),
        ("kilobyte", Other, 1.0, &["kb"]),
        ("megabyte", Other, 1.0, &["mb", "mib"]),
        ("gigabyte", Other, 1.0, &["gb", "gib"]),
        ("percent", Other, 1.0, &["%", "percent", "pct", "prozent", "procent"]),
        ("EUR", Money, 1.0, &["€", "eur", "euro", "euros"]),
        ("dollar", Money, 1.0, &["$"]),
        ("USD", Money, 1.0, &["us$", "usd", "dollar", "dollars"]),
        ("CAD", Money, 1.0, &["ca$", "cad"]),
        ("AUD", Money, 1.0, &["a$", "aud"]),
        ("GBP", Money, 1.0, &["£", "gbp", "pound", "pounds"]),
        ("CHF", Money, 1.0, &["chf", "franken", "francs"]),
        ("JPY", Money, 1.0, &["¥", "jpy", "yen"]),
        ("cent", Money, 1.0, &["cent", "cents", "ct"]),
        ("clock", Clock, 60.0, &["uhr", "o'clock"]),
    ];
    let word = word.to_lowercase();
    UNITS
        .iter()
        .find(|(_, _, _, spellings)| spellings.contains(&word.as_str()))
        .map(|(name, base, holds, _)| Unit { name, base: *base, holds: *holds })
}

/// Words between a number and its unit that leave the unit as it is.
pub(super) const BETWEEN: &[&str] =
    &["business", "working", "calendar", "full", "consecutive", "more", "per", "weitere", "volle", "ganze"];

/// A number in words; those that are also articles count only where `generous` says so.
pub(super) fn in_words(word: &str, generous: bool) -> Option<u32> {
    #[rustfmt::skip]
    const WORDS: &[(u32, &[&str])] = &[
        (1, &["one", "eins"]),
        (2, &["two", "zwei", "deux", "dos", "due", "twee"]),
        (3, &["three", "drei", "trois", "tres", "tre", "drie"]),
        (4, &["four", "vier", "quatre", "cuatro", "quattro"]),
        (5, &["five", "fünf", "cinq", "cinco", "cinque", "vijf"]),
        (6, &["six", "sechs", "seis", "sei", "zes"]),
        (7, &["seven", "sieben", "sept", "siete", "sette", "zeven"]),
        (8, &["eight", "acht", "huit", "ocho", "otto"]),
        (9, &["nine", "neun", "neuf", "nueve", "nove", "negen"]),
        (10, &["ten", "zehn", "dix", "diez", "dieci", "tien"]),
        (11, &["eleven", "elf", "onze", "once", "undici"]),
        (12, &["twelve", "zwölf", "douze", "doce", "dodici", "twaalf"]),
        (13, &["thirteen", "dreizehn", "treize", "trece"]),
        (14, &["fourteen", "vierzehn", "quatorze", "catorce", "quattordici", "veertien"]),
        (15, &["fifteen", "fünfzehn", "quinze", "quince", "quindici"]),
        (16, &["sixteen", "sechzehn", "seize"]),
        (17, &["seventeen", "siebzehn"]),
        (18, &["eighteen", "achtzehn"]),
        (19, &["nineteen", "neunzehn"]),
        (20, &["twenty", "zwanzig", "vingt", "veinte", "venti", "twintig"]),
        (21, &["einundzwanzig"]),
        (24, &["vierundzwanzig"]),
        (30, &["thirty", "dreißig", "dreissig", "trente", "treinta", "trenta", "dertig"]),
        (40, &["forty", "vierzig", "quarante", "cuarenta", "quaranta"]),
        (45, &["fünfundvierzig"]),
        (50, &["fifty", "fünfzig", "cinquante", "cincuenta", "cinquanta"]),
        (60, &["sixty", "sechzig", "soixante", "sesenta", "sessanta"]),
        (70, &["seventy", "siebzig"]),
        (80, &["eighty", "achtzig"]),
        (90, &["ninety", "neunzig"]),
        (100, &["hundred", "hundert", "cent", "cien", "cento"]),
    ];
    const ARTICLES: &[&str] =
        &["a", "an", "ein", "eine", "einen", "einem", "einer", "un", "une", "una", "een"];
    let word = word.to_lowercase();
    if let Some((tens, ones)) = word.split_once('-') {
        let (tens, ones) = (in_words(tens, false)?, in_words(ones, false)?);
        return (tens >= 20 && tens % 10 == 0 && ones < 10).then_some(tens + ones);
    }
    let found = WORDS.iter().find(|(_, spellings)| spellings.contains(&word.as_str())).map(|(n, _)| *n);
    found.or_else(|| (generous && ARTICLES.contains(&word.as_str())).then_some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_has_one_spelling_wherever_it_was_written() {
        for written in ["1,200.00", "1200", "1.200,00", "1'200.00", "01200"] {
            assert_eq!(readings(written), ["1200"], "{written}");
        }
        assert_eq!(readings("4,95"), ["4.95"]);
        assert_eq!(readings("12.90"), ["12.9"]);
        assert_eq!(readings("1.200"), ["1200", "1.2"]);
        assert_eq!(readings("0.250"), ["0.25"]);
        assert_eq!(readings("2.3.1"), ["2.3.1"]);
        assert_eq!(in_units("34900").as_deref(), Some("349"));
        assert_eq!(in_units("495").as_deref(), Some("4.95"));
    }

    #[test]
    fn numbers_in_words_are_numbers() {
        assert_eq!(in_words("thirty", false), Some(30));
        assert_eq!(in_words("twenty-four", false), Some(24));
        assert_eq!(in_words("Vierzehn", false), Some(14));
        assert_eq!(in_words("a", false), None);
        assert_eq!(in_words("a", true), Some(1));
        assert_eq!(in_words("zero-day", true), None);
    }
}
