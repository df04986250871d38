//! English of customer support: words that say nothing, and words and phrases that mean the same.
//!
//! Kept small and general. A shop's own vocabulary needs no entry: it occurs in its articles.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::analysis::Token;

/// Words without a subject of their own, conversation fillers included.
const STOP: &str = "a about above actually again all almost already also although always am an and another any \
anybody anyone anything anyway anyways are around as asap ask asking at away back based be because been before being below \
best better between both bit but by bye came can case cheers come comes coming could currently dear did do does doing done \
during each either else end ends especially etc even ever every everybody everyone everything exactly far few find fine first \
for from get gets getting give gives go goes going gone good got greetings guy guys had happen happens has have having he \
hello help hence her here hey hi him his hiya hope how however i if in instead interested into is it its itself just kind \
kindly know let like likely little long look looking lot made make makes making many may maybe me mean might mine moment \
morning most much must my myself need needed needs never nice no nope normally not nothing now of off ok okay on once one \
only onto or other our out over own per perhaps please pls plz possible possibly probably put question questions quick quickly quite \
rather really regard regards right said same say saying see seem seems shall she should since sir so some somebody somehow \
someone something sometimes somewhere soon sorry still such sure take takes taking team tell than thank thanks that the \
their them then there these they thing things think this those though through thx till to today together told too towards \
true try trying two under understand until up upon us use used using usual usually various very via want wanted wanting \
wants was way we well went were what whatever when where whether which while who whole whom whose why will wish with \
within without wonder wondering wont would yeah yep yes yet you your yours yourself afternoon evening day ago able \
ain bought buy buying happy hear info information interest keep later learn living live lives lately loads love lovely madam mate \
matter nearly northfold ordered outdoor people person personally place please possibly recently regarding relevant \
respective simply somewhat specific specifically stuff suppose supposed talk talking technically thought typical \
typically unfortunately useful usual visit works work working would wrote idea explain describe detail details clarify policy policies part often fast handle rule rules mention say says";

/// Each line is one concept: its name first, then stems and words that stand for it.
const SAME: &str = "\
founder founded founding
refund reimburs reimbursement repay repaid refunded moneyback
deliver deliveri ship shipment postag
parcel packag packet consign
cost price pricey cheap expens fee tariff
eur euro
contact reach
item product articl good
damag broken broke crush dent smash tore torn ruin
faulti fault defect defectiv malfunct
store shop boutiqu branch
cancel cancell call_off revoc
chang modifi alter amend edit updat switch
address adress
signin login logon signon
password passcod pw passwort
guarante warranti
disc discount reduct rebat
invoic bill receipt
exchang swap
track trace whereabout
size sizing
repair fix mend
collect pickup
open hour
phone_line telephon hotlin telephone
refus declin reject
aircraft plane airplan flight
press journalist media
animal dog pet
email mail emails mailbox
secur safe safeti
delet eras remov
account profil
code coupon voucher promo
point reward
rent rental hire
wash clean launder
waterproof proof impregn reproof
late delay overdu
lost lose missing vanish
weight heavi weigh
student pupil univers apprentic
job career vacanc hire_me employ
newslett subscript
data privaci gdpr
border_tax customs duti toll
busi compani b2b corpor
club scout
pay payment paid charg
accept allow permit
valid expir expiri
sold_out unavail out_of_stock
restock stock avail availabl
pack backpack rucksack
boot shoe footwear
uk britain england scotland wale british
switzerland swiss
germani german
austria austrian
netherland dutch holland
unus unworn
limit maximum max";

/// Member states: a text about the EU speaks of each of them.
const EU: &str = "austria belgium bulgaria croatia cyprus czechia denmark estonia finland france germany greece hungary \
ireland italy latvia lithuania luxembourg malta netherlands poland portugal romania slovakia slovenia spain sweden";

/// Things that are sold: a text about items speaks of each of them.
const GOODS: &str = "tent boot boots jacket jackets pack backpack stove shoe shoes bag mat shirt trousers fleece tarp duffel \
daypack gloves socks hat lamp clothes clothing gear equipment";

/// Two words with a gap of at most so many words between them, and the concept they make.
const PHRASES: &[(&[&str], &[&str], usize, &str)] = &[
    (&["money"], &["back", "returned"], 2, "refund"),
    (&["pay", "paid"], &["back"], 2, "refund"),
    (
        &["send", "sent", "give", "bring", "take", "sending", "giving", "bringing", "post", "ship"],
        &["back"],
        5,
        "return",
    ),
    (&["log", "logging", "sign", "signing", "logged", "signed"], &["in", "on", "into"], 0, "signin"),
    (&["sign", "opt"], &["up"], 0, "subscrib"),
    (&["sign", "opt"], &["out"], 0, "unsubscrib"),
    (&["take"], &["off"], 2, "unsubscrib"),
    (&["two", "2"], &["factor"], 0, "2fa"),
    (&["turn", "turned", "switch"], &["off"], 3, "off"),
    (&["turn", "switch"], &["on"], 3, "on"),
    (&["pick"], &["up"], 3, "collect"),
    (&["e"], &["mail", "mails"], 0, "email"),
    (&["old"], &["one"], 0, "old"),
    (&["close", "closing"], &["account"], 2, "delet"),
    (&["no"], &["longer"], 0, "not"),
    (&["come", "came"], &["apart", "loose"], 1, "faulti"),
    (&["not"], &["unused"], 0, "used"),
    (&["phone", "telephone", "mobile"], &["number", "line"], 0, "phone_line"),
    (&["opening", "business", "open", "store", "shop"], &["hours", "times"], 0, "open"),
    (&["get"], &["touch"], 1, "contact"),
    (&["sold"], &["out"], 0, "sold_out"),
    (&["out"], &["stock"], 1, "sold_out"),
    (&["human", "real"], &["being", "person"], 0, "human"),
];

static STOP_WORDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| STOP.split_whitespace().collect());
static CONCEPTS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    SAME.lines()
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            words.chain([name]).map(move |word| (word, name))
        })
        .collect()
});
static BROADER: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English);
    [(EU, "eu"), (GOODS, "item")]
        .into_iter()
        .flat_map(|(words, wider)| words.split_whitespace().map(move |word| (word, wider)))
        .map(|(word, wider)| {
            let stem = stemmer.stem(word).into_owned();
            (concept(word, &stem).map_or(stem, str::to_owned), wider)
        })
        .collect()
});

pub fn is_stop(word: &str) -> bool {
    STOP_WORDS.contains(word) || (word.chars().count() == 1 && !word.chars().all(|c| c.is_ascii_digit()))
}

/// The concept a word or its stem stands for, where it is not the stem itself.
pub fn concept(word: &str, stem: &str) -> Option<&'static str> {
    CONCEPTS.get(word).or_else(|| CONCEPTS.get(stem)).copied()
}

/// What a text about `concept` may say instead, more generally.
pub fn broader(concept: &str) -> Option<&'static str> {
    BROADER.get(concept).copied()
}

/// Makes one concept of phrases such as "money back" and "log in". Their second word stays in the
/// list as a stop word, so that offsets keep their meaning. Earlier phrases of the list come first.
pub fn fold_phrases(tokens: &mut [Token]) {
    let mut used = vec![false; tokens.len()];
    for (heads, tails, gap, name) in PHRASES {
        for first in 0..tokens.len() {
            if used[first] || !heads.contains(&tokens[first].word.as_str()) {
                continue;
            }
            let last = (first + 1 + gap).min(tokens.len().saturating_sub(1));
            let Some(tail) =
                (first + 1..=last).find(|at| !used[*at] && tails.contains(&tokens[*at].word.as_str()))
            else {
                continue;
            };
            tokens[first].concept = (*name).to_owned();
            tokens[first].stop = false;
            tokens[tail].stop = true;
            used[first] = true;
            used[tail] = true;
        }
    }
}
