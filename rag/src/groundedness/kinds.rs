//! What a sentence of a reply is: a claim, a deed of the house, a question or a courtesy.

use domain::grounding::SentenceKind;

use crate::lexical::fold;

/// Beginnings of sentences that claim nothing, folded.
#[rustfmt::skip]
const COURTESIES: &[&str] = &[
    // English
    "hi", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "thanks", "thank you",
    "many thanks", "you're welcome", "you are welcome", "welcome", "best regards", "kind regards", "regards", "sincerely",
    "yours", "best wishes", "have a good", "have a nice", "have a great", "sorry", "i'm sorry", "i am sorry",
    "we are sorry", "we're sorry", "apologies", "i apologise", "i apologize", "we apologise", "i understand",
    "i hope this", "i hope that", "hope this helps", "let me know", "please let me know", "please let us know",
    "feel free", "if you have any", "if there is anything", "if you need", "just let", "happy to help", "i'm happy to",
    "i am happy to", "we're happy to", "we are happy to", "i'd be happy", "i would be happy", "i can help", "we can help",
    "i'll be happy", "all right", "of course", "certainly", "sure", "great question", "good question", "no problem",
    "my pleasure", "glad to", "great", "here is", "here are", "here's", "to help you", "to help with", "just to be sure",
    "i could not find", "i couldn't find", "we could not find",
    // German
    "hallo", "guten tag", "guten morgen", "guten abend", "liebe", "lieber", "sehr geehrte", "danke", "vielen dank",
    "gerne", "gern geschehen", "bitte melden sie sich", "melden sie sich", "mit freundlichen", "freundliche grusse",
    "viele grusse", "es tut mir leid", "entschuldigung", "wenn sie fragen", "falls sie fragen", "ich helfe", "kein problem",
    "einen schonen", "ich hoffe", "selbstverstandlich",
    // French, Spanish, Italian, Dutch
    "bonjour", "bonsoir", "merci", "cordialement", "bien a vous", "je vous en prie", "n'hesitez pas", "desole",
    "je suis desole", "bonne journee", "avec plaisir", "hola", "buenos dias", "buenas tardes", "gracias", "de nada",
    "un saludo", "saludos", "lo siento", "no dude en", "con mucho gusto", "buongiorno", "buonasera", "grazie", "prego",
    "cordiali saluti", "mi dispiace", "non esiti", "goedemorgen", "goedemiddag", "beste", "bedankt", "dank u",
    "graag gedaan", "met vriendelijke", "het spijt",
];

/// Beginnings that tell what the house did.
#[rustfmt::skip]
const DEEDS: &[&str] = &[
    "i have", "i've", "we have now", "we've", "i cancelled", "i canceled", "i refunded", "i changed", "i updated",
    "i sent", "i added", "i created", "we cancelled", "we canceled", "we refunded", "we changed", "we updated", "we sent",
    "your order has been", "your order was", "the refund has been", "the refund of", "your refund", "your address has been",
    "done", "ich habe", "wir haben ihre", "wir haben den", "j'ai", "nous avons", "he cancelado", "he enviado", "hemos",
    "ho annullato", "abbiamo",
];

/// Words in which a courtesy may be clothed; a longer sentence says more than the courtesy.
const MAX_COURTESY_WORDS: usize = 16;
/// Words that say something, below which a sentence says nothing that could be looked up.
const LEAST_WORDS: usize = 2;

/// `telling`: how many words of it are no function words; `valued`: it holds a value or a name.
pub(super) fn kind(sentence: &str, telling: usize, valued: bool) -> SentenceKind {
    let bare = sentence
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '”' | '’' | ')' | '*' | '_'));
    let bare = without_marks(bare);
    if bare.ends_with(['?', '？', '؟']) {
        return SentenceKind::Question;
    }
    let folded = fold(bare.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let opens = |openings: &[&str]| openings.iter().any(|opening| opens_with(&folded, opening));
    if valued {
        return if opens(DEEDS) { SentenceKind::Deed } else { SentenceKind::Claim };
    }
    let words = folded.split_whitespace().count();
    if telling < LEAST_WORDS
        || (bare.ends_with(':') && words <= MAX_COURTESY_WORDS)
        || (words <= MAX_COURTESY_WORDS && opens(COURTESIES))
    {
        return SentenceKind::Courtesy;
    }
    if opens(DEEDS) { SentenceKind::Deed } else { SentenceKind::Claim }
}

fn opens_with(text: &str, opening: &str) -> bool {
    text.strip_prefix(opening).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Without the marks of citations at its end.
fn without_marks(mut text: &str) -> &str {
    while let Some(rest) = text.strip_suffix(']')
        && let Some(at) = rest.rfind('[')
        && rest[at + 1..].chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' '))
    {
        text = rest[..at].trim_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_apart_by_what_they_need() {
        use SentenceKind::*;
        for (sentence, telling, valued, wanted) in [
            ("Hi Ada,", 1, false, Courtesy),
            ("Thank you for your patience.", 2, false, Courtesy),
            ("Which order is it about? [1]", 2, false, Question),
            ("Here is what I found:", 2, false, Courtesy),
            ("Let me know if there is anything else.", 2, false, Courtesy),
            ("I have cancelled your order.", 2, false, Deed),
            ("Returns are accepted if the item is unused. [1]", 4, false, Claim),
            ("Thank you, we refund 50 EUR.", 3, true, Claim),
            ("Gerne geschehen!", 1, false, Courtesy),
        ] {
            assert_eq!(kind(sentence, telling, valued), wanted, "{sentence}");
        }
    }
}
