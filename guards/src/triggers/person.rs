//! Whether a customer asks for a person. A rule and not a judgement: nobody who wants a person has
//! to convince a model first. A false alarm costs a colleague a look, so the rule leans that way.

use std::ops::Range;

use super::{
    Kind::Person,
    wording::{Phrase, is_quoted, phrase},
};

#[rustfmt::skip]
const CONTACT: &[&str] = &[
    "speak", "speaking", "talk", "talking", "chat", "connect", "connected", "transfer", "transferred",
    "escalate", "forward", "put", "pass", "call", "contact", "reach",
];
const WISH: &[&str] =
    &["want", "wanna", "need", "prefer", "like", "get", "give", "have", "request", "demand", "please", "let"];
/// Only a person who works here can be meant.
#[rustfmt::skip]
const PERSON: &[&str] = &[
    "human", "humans", "agent", "representative", "rep", "operator", "supervisor", "manager", "employee",
    "advisor", "adviser", "colleague",
];
/// A person, but also anybody: they count after a word of contact, or when called real.
const ANYBODY: &[&str] = &["person", "someone", "somebody", "people", "staff", "team", "assistant"];
const REAL: &[&str] = &["real", "actual", "live", "human"];
/// What may follow a noun that means a person and does not belong to another noun.
#[rustfmt::skip]
const AFTER: &[&str] = &[
    "being", "agent", "person", "please", "to", "for", "who", "that", "instead", "not", "now", "here",
    "on", "and", "or", "about", "asap", "today", "from", "in", "at", "right", "because", "representative",
];
const NEGATION: &[&str] =
    &["not", "dont", "don't", "never", "no", "without", "cannot", "can't", "cant", "won't"];
/// May stand beside the noun in a message that says nothing but whom it wants.
const BESIDE: &[&str] =
    &["a", "an", "the", "please", "now", "hi", "hello", "support", "service", "customer", "being"];

/// Without one of these, nobody asks for a person in English.
#[rustfmt::skip]
pub(super) const NOUNS: &[&str] = &[
    "human", "agent", "rep", "operator", "supervisor", "manager", "employee", "advis", "colleague", "person",
    "someone", "somebody", "people", "staff", "team", "assistant",
];

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Person,
        "en",
        "please / bot / are you human / are you a human / is there a / anybody there / to talk to",
        r"(?:customer (?:service|support) please|are you (?:a |an )?(?:bot|human|robot)|stop this bot|not a bot|no bot|is there a (?:human|person|real)|is there anybody there)",
    ),
    phrase(
        Person,
        "de",
        "mensch / mitarbeiter / berater / vorgesetzt / person / jemand / bot / chef",
        r"(?:mit(?: \w+){0,2} (?:mensch\w*|mitarbeiter\w*|\w*berater\w*|vorgesetzt\w*|chef|person)(?: \w+){0,3} (?:sprechen|reden|verbunden|verbinden|telefonieren|chatten)|(?:sprechen|reden|verbinden|verbunden)(?: \w+){0,3} mit(?: \w+){0,2} (?:mensch\w*|mitarbeiter\w*|\w*berater\w*|person)|mit jemandem (?:sprechen|reden)|echte[nr]? (?:mensch\w*|mitarbeiter\w*|person)|(?:einen|ein) (?:mensch\w*|mitarbeiter\w*) bitte|mit einem menschen|(?:bist du|sind sie|bin ich hier mit) ein(?:em)? (?:bot|roboter|mensch))",
    ),
    phrase(
        Person,
        "fr",
        "humain / quelqu'un / conseill / agent / personne / responsable / operateur / robot",
        r"(?:(?:parler|discuter|echanger|joindre|en relation|transferer|passez.moi|passer)(?: \w+){0,4} (?:humain|conseill\w+|agent|personne|responsable|operateur\w*)|parler a quelqu'?.?un|un (?:vrai |etre )?humain|un conseiller (?:humain|svp|s'il)|etes.vous un (?:robot|bot|humain))",
    ),
    phrase(
        Person,
        "es",
        "persona / agente / humano / operador / representante / asesor / supervisor / encargad / alguien / robot",
        r"(?:(?:hablar|comunicar\w*|contactar|chatear|pasar\w*|pas[ae]me|pasenme|conectar\w*|conectame)(?: \w+){0,4} (?:persona|agente|humano|operador\w*|representante|asesor\w*|supervisor\w*|encargad\w*|alguien)|(?:quiero|necesito|prefiero) (?:una persona|un humano|un agente)|(?:eres|es usted) un (?:robot|bot|humano))",
    ),
    phrase(
        Person,
        "it",
        "persona / operator / uman / qualcuno / responsabile / consulente / addett / robot",
        r"(?:(?:parlare|chattare|contatto|passar\w*|passatemi|passami|collegar\w*)(?: \w+){0,4} (?:persona|operator\w*|umano|qualcuno|responsabile|consulente|addett\w+)|(?:voglio|vorrei|serve) (?:un operatore|una persona|un umano)|(?:sei|siete) un (?:robot|bot|umano))",
    ),
    phrase(
        Person,
        "pt",
        "pessoa / atendente / humano / alguem / operador / gerente / supervisor / responsavel / robo",
        r"(?:(?:falar|conversar|contactar|passar|passem|transferir|transfira)(?: \w+){0,4} (?:pessoa|atendente|humano|alguem|operador\w*|gerente|supervisor\w*|responsavel)|(?:quero|preciso de) (?:um atendente|uma pessoa|um humano)|(?:voce|es) (?:e )?um (?:robo|bot|humano))",
    ),
    phrase(
        Person,
        "nl",
        "mens / medewerker / persoon / iemand / leidinggevende / manager / doorverb / robot",
        r"(?:met(?: \w+){0,2} (?:mens|mensen|medewerker|persoon|iemand|leidinggevende|manager)(?: \w+){0,3} (?:spreken|praten|chatten|bellen|doorverb\w+|doorverbonden)|(?:spreken|praten|doorverb\w+)(?: \w+){0,2} met(?: \w+){0,2} (?:mens|medewerker|persoon|iemand)|een mens spreken|een (?:echt mens|echte medewerker|medewerker (?:spreken|graag|aub))|met iemand spreken|ben je een (?:robot|bot|mens))",
    ),
];

/// Where a folded text asks for a person in English.
pub(super) fn asked_for(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for (end, _) in text.match_indices(['.', '!', '?', ';', ',']).chain([(text.len(), "")]) {
        if let Some(span) = in_clause(text, start..end)
            && !is_quoted(text.as_bytes(), &span)
            && !is_for_later(text, &span)
        {
            return Some(span);
        }
        start = (end + 1).min(text.len());
    }
    None
}

/// `If you cannot help, get me a person`: whoever says so lets the desk try first, and who cannot help hands over.
fn is_for_later(text: &str, span: &Range<usize>) -> bool {
    /// Words of a condition at most.
    const MOST: usize = 14;
    /// Bytes around a wish in which one is looked for.
    const WITHIN: usize = 160;
    const ENDS: &[char] = &['.', '!', '?', ';', '\n'];
    let from = text.ceil_char_boundary(span.start.saturating_sub(WITHIN));
    let to = text.floor_char_boundary(span.end.saturating_add(WITHIN));
    let begin = text[from..span.start].rfind(ENDS).map_or(from, |at| from + at + 1);
    let end = text[span.end..to].find(ENDS).map_or(to, |at| span.end + at);
    let said = |part| words(text, part).map(|word| &text[word]).collect::<Vec<_>>();
    let is_if = |word: &&str| word.eq_ignore_ascii_case("if");
    let before = said(begin..span.start);
    let last = before.iter().rposition(is_if).filter(|at| before.len() - at <= MOST);
    if last.is_some_and(|at| is_unable(&before[at..])) {
        return true;
    }
    let after = said(span.end..end);
    after.first().is_some_and(is_if) && is_unable(&after[..after.len().min(MOST)])
}

fn is_unable(words: &[&str]) -> bool {
    const UNABLE: &[&str] = &["cannot", "can't", "cant", "couldn't", "unable", "impossible"];
    const PAIRS: &[[&str; 2]] = &[["can", "not"], ["not", "able"], ["not", "possible"]];
    let is = |word: &str, known: &str| word.eq_ignore_ascii_case(known);
    words.iter().any(|word| UNABLE.iter().any(|known| is(word, known)))
        || words.windows(2).any(|two| PAIRS.iter().any(|pair| is(two[0], pair[0]) && is(two[1], pair[1])))
}

/// Words of a clause that are looked at: who asks for a person does so in few.
const MOST_WORDS: usize = 400;

fn in_clause(text: &str, clause: Range<usize>) -> Option<Range<usize>> {
    let words: Vec<Range<usize>> = words(text, clause).take(MOST_WORDS).collect();
    let is = |list: &[&str], at: usize| {
        let word = words.get(at).map(|span| &text[span.clone()]);
        word.is_some_and(|word| list.iter().any(|known| known.eq_ignore_ascii_case(word)))
    };
    let real = |at: usize| at > 0 && is(REAL, at - 1);
    let named = |at: usize| is(PERSON, at) || is(ANYBODY, at);
    let from_to = |first: usize, last: usize| words[first].start..words[last].end;
    // `agent`, `a real person please`: nothing is said but whom.
    let bare = |at: usize| named(at) || is(REAL, at) || is(BESIDE, at);
    if (0..words.len()).any(named) && (0..words.len()).all(bare) {
        let meant = (0..words.len()).any(|at| is(PERSON, at) || (real(at) && is(ANYBODY, at)));
        return meant.then(|| from_to(0, words.len() - 1));
    }
    (0..words.len()).find_map(|verb| {
        let contact = is(CONTACT, verb);
        if !contact && !is(WISH, verb) {
            return None;
        }
        // `I do not want to talk to …`, `do I have to speak to …?`
        let averse = (verb.saturating_sub(3)..verb).any(|at| is(NEGATION, at))
            || (verb.saturating_sub(5)..verb).any(|at| is(&["do"], at) && is(&["i", "we"], at + 1));
        if averse {
            return None;
        }
        let reach = if contact { 7 } else { 5 };
        let meant = (verb + 1..(verb + 1 + reach).min(words.len())).find(|at| {
            let at = *at;
            if contact {
                // `speak to someone`, `put me through to a person`; not `contact the people who …`
                let towards = (verb + 1..at).any(|w| is(&["to", "with", "through", "me"], w));
                is(PERSON, at) || (is(ANYBODY, at) && (towards || real(at)))
            } else {
                // `I need a human`, `a live agent`; not `a human size chart`, `the manager app`
                let article = at > 0 && is(&["a", "an", "real", "actual", "live", "human"], at - 1);
                let ends = at + 1 == words.len() || is(AFTER, at + 1);
                (is(PERSON, at) && article && ends) || (is(ANYBODY, at) && real(at))
            }
        });
        meant.map(|noun| from_to(verb, noun))
    })
}

fn words(text: &str, clause: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'\'' || byte >= 0x80;
    let mut at = clause.start;
    std::iter::from_fn(move || {
        while at < clause.end && !is_part(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < clause.end && is_part(bytes[at]) {
            at += 1;
        }
        (at > start).then_some(start..at)
    })
}
