//! A folded text cut into sentences, and what the model sees of each: its words and pieces of words as
//! hashes, and signs.

use std::{ops::Range, sync::LazyLock};

use rustc_hash::FxHashMap;

use super::{
    phrases::{COUNT, PHRASES},
    rules::{Match, Rules},
};
use crate::pii::fold::Folded;

/// Places of the hashes.
pub const BUCKETS: usize = 1 << 16;
/// Bytes of a sentence; what is longer is cut between two words.
const MAX_SENTENCE: usize = 360;
/// Words that a sentence of its own has.
const MIN_WORDS: usize = 3;
/// Longer ones are no words.
const MAX_WORD: usize = 24;

/// One sentence.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    /// In bytes of the folded text.
    pub span: Range<usize>,
    /// Places below [`BUCKETS`].
    pub hashes: Vec<u32>,
    /// A bit for each of [`signs`].
    pub signs: u128,
}

/// What a word can be. One word may be several.
#[derive(Clone, Copy)]
enum Class {
    Act,
    Override,
    Prior,
    Instruction,
    Data,
    Model,
    Reply,
    Turn,
    Put,
    Your,
    Task,
    Not,
    Subject,
}

const LEXICON: [(Class, &str); 13] = [
    (
        Class::Act,
        "send forward email mail post upload delete remove transfer pay buy purchase book reserve invite create visit open click download install call invoke run execute fetch get read search find list make share publish reset change update cancel refund approve grant issue order schedule add append write reply respond say tell print sende schicke leite losche uberweise envoie envoyez transmets supprime envia envie manda mande borra elimina reenvia invia inoltra cancella stuur verwijder apague encaminhe",
    ),
    (
        Class::Override,
        "ignore disregard forget override overwrite bypass neglect discard skip ignoriere ignorieren vergiss vergessen missachte oublie oubliez ignorez ignora ignorar olvida olvide dimentica negeer vergeet esqueca desconsidere",
    ),
    (
        Class::Prior,
        "previous previously prior above earlier preceding before former original initial vorherigen vorherige bisherigen obigen precedentes anteriores precedenti vorige eerdere voorgaande",
    ),
    (
        Class::Instruction,
        "instruction instructions prompt prompts directive directives guideline guidelines rules orders commands programming anweisung anweisungen vorgaben regeln instruktionen consignes instrucciones istruzioni instructies instrucoes regole regras reglas regles",
    ),
    (
        Class::Data,
        "password passwords passwort credential credentials key keys token tokens secret secrets credit passport conversation history contents content inbox emails files messages records database personal information data code ssn iban account invoice customer customers address addresses",
    ),
    (
        Class::Model,
        "ai assistant assistants model models chatbot bot chatgpt gpt llm openai agent agents dan ki assistent assistente asistente ia",
    ),
    (
        Class::Reply,
        "response responses reply replies answer answers output outputs message explanation elucidation headline summary",
    ),
    (
        Class::Turn,
        "encode translate reverse backward backwards scramble rearrange anagram anagrams misspell misspellings convert jumble replace substitute cipher base64 base32 base16 hex rot13 emoji emojis encoding alphanumeric spaces symbols typos letters vowels format remove group combine encrypt substitution binary morse ascii",
    ),
    (
        Class::Put,
        "include integrate incorporate insert embed append augment modify enhance mention suggest promote advertise add introduce recommend claim encourage highlight",
    ),
    (
        Class::Your,
        "your dein deine deinen ihre ihren votre ton ta tes tu tus su sus tuo tue jouw je seu sua suas yourself",
    ),
    (
        Class::Task,
        "task instead first following strictly adhere urgent important todo now immediately must only before stattdessen tarea tache compito taak tarefa",
    ),
    (
        Class::Not,
        "not never don't dont without secretly nicht niemals jamais nunca mai nooit nao ohne sans sin senza zonder sem",
    ),
    (Class::Subject, "i we they he she who it ich wir nous yo io ik wij eu"),
];

static CLASSES: LazyLock<FxHashMap<&'static [u8], u32>> = LazyLock::new(|| {
    let mut classes: FxHashMap<&'static [u8], u32> = FxHashMap::default();
    for (class, words) in LEXICON {
        for word in words.split(' ') {
            *classes.entry(word.as_bytes()).or_default() |= 1 << class as u32;
        }
    }
    classes
});

/// A sign: its name, for the report, and for a person what the text does.
type Sign = (&'static str, &'static str);

const OWN: [Sign; 22] = [
    ("overrides_prior", "speaks of dropping what was said before"),
    ("overrides_instructions", "speaks of dropping instructions"),
    ("prior_instructions", "speaks of earlier instructions"),
    ("your_instructions", "speaks of its reader's instructions"),
    ("orders_data", "orders something done with data"),
    ("orders_to_address", "orders something sent to an address"),
    ("orders_link", "orders a link followed or passed on"),
    ("data_to_address", "names data and an address for it"),
    ("turns_reply", "asks for an answer in another form"),
    ("puts_in_reply", "says what an answer should hold"),
    ("model_instructions", "speaks of a model's instructions"),
    ("model_not", "tells a model what it may not do"),
    ("model", "speaks of a model"),
    ("tag", "holds a tag in capitals"),
    ("capitals", "is written in capitals"),
    ("bangs", "calls for attention"),
    ("begins_with_order", "begins with an order"),
    ("task_order", "puts a task before others"),
    ("placeholder", "holds a place for data"),
    ("order_after_label", "is an order behind a label"),
    ("address", "holds an address"),
    ("link", "holds a link"),
];

/// All signs, in the order of their bits.
pub fn signs() -> impl Iterator<Item = Sign> {
    PHRASES.iter().map(|phrase| (phrase.name, phrase.why)).chain(OWN)
}

/// How many signs there are.
pub const SIGNS: usize = COUNT + OWN.len();

/// A text as the model reads it.
pub(super) struct Read<'t> {
    pub folded: Folded<'t>,
    pub passages: Vec<Passage>,
    pub matches: Vec<Match>,
}

pub(super) fn read<'t>(text: &'t str, rules: &Rules) -> Read<'t> {
    let folded = Folded::of(text);
    let matches = rules.find(&folded.text);
    let mut passages: Vec<Passage> = Vec::new();
    let mut reader = Reader::default();
    for span in sentences(&folded.text) {
        let mut passage = reader.passage(&folded.text, span);
        // A few words belong to what stands before them.
        match passages.last_mut() {
            Some(last) if reader.words < MIN_WORDS && passage.span.end - last.span.start <= MAX_SENTENCE => {
                last.span.end = passage.span.end;
                last.hashes.append(&mut passage.hashes);
                last.signs |= passage.signs;
            }
            _ => passages.push(passage),
        }
    }
    let mut next = 0;
    let mut in_order: Vec<&Match> = matches.iter().collect();
    in_order.sort_by_key(|one| one.span.start);
    for one in in_order {
        while next < passages.len() && passages[next].span.end <= one.span.start {
            next += 1;
        }
        if let Some(passage) = passages.get_mut(next) {
            passage.signs |= 1 << one.rule;
        }
    }
    Read { folded, passages, matches }
}

/// Cuts a text at its stops, line breaks, tags and the quotes that end values. All of the text is in
/// one sentence or the other.
fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let from = start;
        let mut last_gap = None;
        let mut at = start;
        while at < bytes.len() {
            let next = bytes.get(at + 1).copied().unwrap_or(b' ');
            let cut = match bytes[at] {
                b'\n' => Some(at + 1),
                b'.' | b'!' | b'?' | b';' if matches!(next, b' ' | b'\n' | b'"' | b'\'' | b'\\' | b'<') => {
                    Some(at + 1)
                }
                b'\\' if matches!(next, b'n' | b'r') => Some(at + 2),
                b'"' | b'\'' if matches!(next, b',' | b':' | b'}' | b']') => Some(at + 1),
                b'>' if at > from && at + 1 < bytes.len() && next != b' ' => Some(at + 1),
                b'<' if at > from && next.is_ascii_alphabetic() | (next == b'/') => Some(at),
                b' ' => {
                    last_gap = Some(at + 1);
                    None
                }
                _ => None,
            };
            if let Some(cut) = cut {
                start = cut.min(bytes.len());
                return Some(from..start);
            }
            at += 1;
            if at - from >= MAX_SENTENCE {
                start = last_gap.unwrap_or_else(|| text.ceil_char_boundary(at));
                return Some(from..start);
            }
        }
        start = bytes.len();
        Some(from..start)
    })
}

/// One word's hash. Written here, because the model's file depends on it.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn mixed(one: u32, other: u32) -> u32 {
    let mut mixed = one.rotate_left(11) ^ other.wrapping_mul(0x9E37_79B1);
    mixed ^= mixed >> 15;
    mixed = mixed.wrapping_mul(0x85EB_CA77);
    mixed ^ (mixed >> 13)
}

fn bucket(kind: u32, hash: u32) -> u32 {
    mixed(hash, kind) & (BUCKETS as u32 - 1)
}

/// Reads sentences one after the other, and keeps its buffers.
#[derive(Default)]
struct Reader {
    word: Vec<u8>,
    words: usize,
}

impl Reader {
    fn passage(&mut self, text: &str, span: Range<usize>) -> Passage {
        let bytes = &text.as_bytes()[span.clone()];
        let mut passage =
            Passage { span, hashes: Vec::with_capacity(bytes.len() + bytes.len() / 2), signs: 0 };
        let hashes = &mut passage.hashes;
        let (mut classes, mut first_classes) = (0u32, 0u32);
        let (mut before, mut before_that) = (hash(b"^"), 0u32);
        let (mut shouted, mut address, mut link, mut label) = (0, false, false, false);
        self.words = 0;
        let (mut since_start, mut since_subject) = (0, 2);
        let mut at = 0;
        while at < bytes.len() {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'\'';
            if !is_part(bytes[at]) {
                match bytes[at] {
                    b'@' => address = true,
                    b':' if bytes[at..].starts_with(b"://") => link = true,
                    // What stands behind a short label begins anew.
                    b':' | b'>' | b']' if self.words <= 3 => {
                        label = self.words > 0;
                        since_start = 0;
                        before = hash(b"^");
                    }
                    b'\\' if matches!(bytes.get(at + 1), Some(b'n' | b't' | b'r')) => at += 1,
                    b'%' if bytes
                        .get(at + 1..at + 3)
                        .is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) =>
                    {
                        at += 2
                    }
                    _ => {}
                }
                at += 1;
                continue;
            }
            let from = at;
            while at < bytes.len() && is_part(bytes[at]) {
                at += 1;
            }
            let word = bytes[from..at].trim_ascii();
            let word = trimmed(word);
            if word.is_empty() || word.len() > MAX_WORD {
                continue;
            }
            self.words += 1;
            if word.len() > 3 && word.iter().all(u8::is_ascii_uppercase) {
                shouted += 1;
            }
            self.word.clear();
            self.word.extend(word.iter().map(u8::to_ascii_lowercase));
            if self.word == b"www" {
                link = true;
            }
            // Numbers are all alike.
            if self.word.iter().all(u8::is_ascii_digit) {
                self.word.clear();
                self.word.push(b'0');
            }
            let mut class = CLASSES.get(self.word.as_slice()).copied().unwrap_or(0);
            // Whoever says what somebody does gives no order.
            if since_subject < 2 {
                class &= !(1 << Class::Override as u32 | 1 << Class::Act as u32);
            }
            since_subject = if class & (1 << Class::Subject as u32) != 0 { 0 } else { since_subject + 1 };
            classes |= class;
            if since_start < 3 {
                first_classes |= class;
            }
            let own = hash(&self.word);
            hashes.push(bucket(1, own));
            hashes.push(bucket(2, mixed(before, own)));
            if before_that != 0 {
                hashes.push(bucket(3, mixed(before_that, own)));
            }
            if since_start == 0 {
                hashes.push(bucket(4, own));
            }
            self.pieces(hashes);
            before_that = before;
            before = own;
            since_start += 1;
        }
        passage.signs = own_signs(bytes, classes, first_classes, shouted, self.words, address, link, label);
        passage
    }

    /// Four letters at a time of a word with its borders.
    fn pieces(&self, hashes: &mut Vec<u32>) {
        let word = &self.word;
        if word.len() < 4 {
            return;
        }
        let mut window = u32::from_le_bytes([b'^', word[0], word[1], word[2]]);
        hashes.push(bucket(5, window));
        for byte in &word[3..] {
            window = window >> 8 | u32::from(*byte) << 24;
            hashes.push(bucket(5, window));
        }
        hashes.push(bucket(5, window >> 8 | u32::from(b'$') << 24));
    }
}

fn trimmed(mut word: &[u8]) -> &[u8] {
    while let [b'\'', rest @ ..] | [rest @ .., b'\''] = word {
        word = rest;
    }
    word
}

#[expect(clippy::too_many_arguments, reason = "all that was seen of one sentence")]
fn own_signs(
    bytes: &[u8],
    classes: u32,
    first: u32,
    shouted: usize,
    words: usize,
    address: bool,
    link: bool,
    label: bool,
) -> u128 {
    let has = |class: Class| classes & (1 << class as u32) != 0;
    let begins = |class: Class| first & (1 << class as u32) != 0;
    let tag = bytes.windows(4).any(|window| {
        matches!(window[0], b'<' | b'[') && window[1..].iter().all(|b| b.is_ascii_uppercase() || *b == b'/')
    });
    let seen = [
        has(Class::Override) && has(Class::Prior),
        has(Class::Override) && has(Class::Instruction),
        has(Class::Prior) && has(Class::Instruction),
        has(Class::Your) && has(Class::Instruction),
        begins(Class::Act) && has(Class::Data),
        begins(Class::Act) && address,
        begins(Class::Act) && link,
        has(Class::Act) && has(Class::Data) && (address || link),
        has(Class::Turn) && has(Class::Reply) && has(Class::Your),
        has(Class::Put) && has(Class::Reply) && has(Class::Your),
        has(Class::Model) && has(Class::Instruction),
        has(Class::Model) && has(Class::Not),
        has(Class::Model),
        tag,
        shouted > 2 && shouted * 2 > words,
        bytes.windows(2).any(|window| window == b"!!"),
        begins(Class::Act) || begins(Class::Put) || begins(Class::Override),
        has(Class::Task) && begins(Class::Act),
        bytes.contains(&b'{') && bytes.windows(2).any(|w| w[0] == b'{' && w[1].is_ascii_alphabetic()),
        label && begins(Class::Act),
        address,
        link,
    ];
    let bits = seen.iter().enumerate().fold(0u128, |bits, (at, seen)| bits | u128::from(*seen) << at);
    bits << COUNT
}
