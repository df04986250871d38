//! Where sentences begin and end, in any language: Unicode's rules (UAX #29), with what they leave to
//! the reader: abbreviations, initials, numbered lists and lines.

use domain::grounding::Span;
use unicode_segmentation::UnicodeSegmentation;

/// Bytes in which a boundary is looked for. The rules look ahead as far as they are let, so a text
/// without stops would cost its square.
const WINDOW: usize = 1_000;

/// Words that a full stop follows without ending a sentence, folded. Those that often do end one,
/// such as `etc.`, are left out.
const ABBREVIATIONS: &[&str] = &[
    // English
    "e.g", "i.e", "eg", "ie", "approx", "no", "nos", "mr", "mrs", "ms", "dr", "prof", "st", "vs", "incl",
    "excl", "min", "max", "fig", "cf", "ca", "dept", "ext", "tel", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec", // German
    "z.b", "d.h", "u.a", "bzw", "zzgl", "inkl", "exkl", "nr", "str", "hr", "fr", "evtl", "ggf", "vgl",
    "mind", "abs", "art", "tel", "mio", // French
    "m", "mme", "mlle", "p.ex", "env", "n", // Spanish, Italian, Dutch
    "sr", "sra", "ud", "uds", "num", "pag", "sig", "dott", "bijv", "d.w.z", "blz",
];

/// The sentences of a text. Their spans cover it without gap or overlap; white space belongs to the
/// sentence before it.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Option<usize> = None;
    for line in windows(text) {
        let mut at = line.start;
        for piece in line.of(text).split_sentence_bounds() {
            let start = open.take().unwrap_or(at);
            at += piece.len();
            let so_far = &text[start..at];
            if goes_on(so_far) && at < line.end {
                open = Some(start);
            } else {
                spans.push(Span { start, end: at });
            }
        }
        if let Some(start) = open.take() {
            spans.push(Span { start, end: line.end });
        }
    }
    spans
}

/// Lines with their breaks, long ones cut.
fn windows(text: &str) -> Vec<Span> {
    let mut windows = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        while end - start > WINDOW {
            let mut cut = start + WINDOW;
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            if let Some(space) = text[start..cut].rfind(' ').filter(|space| *space > 0) {
                cut = start + space + 1;
            }
            windows.push(Span { start, end: cut });
            start = cut;
        }
        if end > start {
            windows.push(Span { start, end });
        }
        start = end;
    }
    windows
}

/// Whether a piece that a stop ended goes on with the next one.
fn goes_on(piece: &str) -> bool {
    let trimmed = piece.trim();
    // Only marks such as `-` or `>`: they belong to what follows.
    if !trimmed.is_empty() && trimmed.chars().all(|c| matches!(c, '-' | '*' | '>' | '•' | '·')) {
        return true;
    }
    let Some(before) = trimmed.strip_suffix('.') else {
        return trimmed.strip_suffix(')').is_some_and(is_numbering);
    };
    if is_numbering(before) {
        return true;
    }
    let last = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&last.to_lowercase().as_str())
}

fn is_numbering(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '-' | '*'));
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        sentences(text).iter().map(|span| span.of(text).trim()).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn abbreviations_decimals_and_numbering_end_no_sentence() {
        assert_eq!(
            texts("Bring proof, e.g. A card. It costs 4.95 EUR. Ask Dr. Weber!\n1. Open Orders. Then wait."),
            [
                "Bring proof, e.g. A card.",
                "It costs 4.95 EUR.",
                "Ask Dr. Weber!",
                "1. Open Orders.",
                "Then wait."
            ]
        );
        assert_eq!(
            texts("Das geht, z.B. Mit Karte. Die Frist beträgt 14 Tage. C'est gratuit. ¿Cuánto cuesta?"),
            ["Das geht, z.B. Mit Karte.", "Die Frist beträgt 14 Tage.", "C'est gratuit.", "¿Cuánto cuesta?"]
        );
        assert_eq!(texts("返品は30日以内です。ご注文番号は？"), ["返品は30日以内です。", "ご注文番号は？"]);
    }

    #[test]
    fn lines_and_items_of_lists_stand_alone() {
        assert_eq!(
            texts("Prices:\n- EU 4.95\n- UK 9.90\n\nBye"),
            ["Prices:", "- EU 4.95", "- UK 9.90", "Bye"]
        );
    }

    #[test]
    fn a_text_without_stops_is_cut_and_stays_whole() {
        let text = "wörter ".repeat(2_000);
        let spans = sentences(&text);
        assert!(spans.len() > 10);
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(spans.last().map(|span| span.end), Some(text.len()));
    }
}
