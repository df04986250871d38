//! Anger: words that add up, and the ways to shout.

use super::{
    Kind,
    wording::{Match, Phrase},
};

const fn sign(weight: f32, language: &'static str, anchors: &'static str, pattern: &'static str) -> Phrase {
    Phrase { kind: Kind::Anger, language, weight, anchors, pattern }
}

/// Abuse of whoever reads, or plain words for one's own anger.
const RAGE: f32 = 0.75;
/// Strong language.
const STRONG: f32 = 0.55;
/// What a complaint may say as well.
const HARSH: f32 = 0.4;

pub(super) const PHRASES: &[Phrase] = &[
    sign(
        RAGE,
        "en",
        "fuck / hell / idiots / morons / assholes / bastards / scammers / thieves / crooks / liars / furious / outraged / livid / angry / pissed / sick of / sick and / incompetent / piece of",
        r"(?:fuck(?:ing)? (?:you|off|this company|your|liars|thieves|idiots)|go to hell|you (?:are |'re |re )?(?:all |a bunch of |bunch of |fucking |bloody |complete |total )*(?:idiots|morons|assholes|bastards|scammers|thieves|crooks|liars|incompetent)|(?:i am|i'm|im|we are|we're)(?: \w+){0,2} (?:furious|outraged|livid|angry|pissed off|fuming)|makes? me(?: so| very| really)? (?:furious|angry)|sick (?:and tired )?of (?:this|your|you|being|waiting|these)|piece of shit)",
    ),
    sign(
        STRONG,
        "en",
        "fuck / shit / bullshit / wtf / damn / bloody / worst / scam / rip / fed up / disgust / disgrace / appalling / outrageous",
        r"(?:\w*fuck\w*|bullshit|\bshit(?:ty|show)?\b|wtf|god\s?damn|damn you|bloody (?:joke|ridiculous|useless|hell)|(?:the )?worst(?: \w+){0,2} (?:ever|company|service|experience|support|shop|bank|store)|(?:a|total|complete|such a|pure) (?:scam|rip.?off|disgrace)|rip.?off|fed up|disgust(?:ed|ing)|disgraceful|appalling|outrageous)",
    ),
    sign(
        HARSH,
        "en",
        "unacceptable / ridiculous / useless / pathetic / joke / incompeten / shame / terrible / horrible / awful / never again / never buy / never order / never use / had enough / waste of",
        r"(?:(?:totally |completely |absolutely |simply )?unacceptable|ridiculous|useless|pathetic|what a joke|(?:is|are) a joke|incompeten(?:t|ce)|shame on you|shameful|(?:terrible|horrible|awful) (?:service|company|experience|support|customer)|never again|never (?:buy|order|use|shop)(?: \w+){0,3} again|i(?:'ve| have)? had enough|waste of (?:time|money))",
    ),
    sign(
        RAGE,
        "de",
        "wutend / sauer / idioten / arschl / betruger / verarsch / kotzen / kotzt / fick / drecksladen / saftladen",
        r"(?:(?:bin|sind|macht mich|werde)(?: \w+){0,3} (?:wutend|stinksauer|stinkwutend|(?:so|sehr|echt|richtig|extrem) sauer)|stinksauer|ihr (?:seid )?(?:\w+ ){0,2}(?:idioten|arschlocher|betruger)|arschl\w+|verarsch\w*|zum kotzen|kotzt mich an|fick\w*|dreckslad\w*|saftladen)",
    ),
    sign(
        STRONG,
        "de",
        "scheiss / unverschamt / frechheit / skandal / abzock / katastroph / die schnauze / die nase / schlechteste / zumutung",
        r"(?:scheiss\w*|unverschamt\w*|frechheit|skandalos\w*|ein skandal|abzock\w*|katastrophal\w*|(?:die )?(?:schnauze|nase) voll|schlechteste\w*(?: \w+){0,2} (?:service|laden|firma|kundendienst|support)|zumutung)",
    ),
    sign(
        HARSH,
        "de",
        "inakzeptabel / unfassbar / lacherlich / unmoglich / peinlich / nie wieder / armutszeugnis",
        r"(?:inakzeptabel\w*|unfassbar|lacherlich|absolut unmoglich|peinlich|nie wieder|armutszeugnis)",
    ),
    sign(
        RAGE,
        "fr",
        "colere / furieu / connard / enfoire / voleurs / escrocs / arnaqueurs / fous de ma / foutez / encul / gueule",
        r"(?:(?:suis|sommes)(?: \w+){0,2} (?:en colere|furieu\w+)|connards?|enfoires?|(?:bande de |vous etes (?:des )?)(?:voleurs|escrocs|arnaqueurs|incapables)|vous (?:vous )?(?:fou\w+|moqu\w+) de (?:ma|moi|nous|la)|enculs?|encule\w*|foutage de gueule)",
    ),
    sign(
        STRONG,
        "fr",
        "merde / putain / scandal / honte / arnaque / ras le / marre / inadmissible / pire service",
        r"(?:merd(?:e|ique)|putain|scandaleu\w+|un scandale|honteu\w+|une honte|arnaque|ras.le.bol|(?:en ai|y en a) marre|(?:totalement )?inadmissible|(?:le )?pire (?:service|entreprise|experience))",
    ),
    sign(
        HARSH,
        "fr",
        "inacceptable / lamentable / ridicule / incompeten / plus jamais / incapables",
        r"(?:inacceptable|lamentable|ridicule|incompeten(?:t|ts|ce)|plus jamais|incapables)",
    ),
    sign(
        RAGE,
        "es",
        "furios / enojad / enfadad / indignad / ladrones / estafadores / hijos / gilipollas / cabron / hart / idiotas",
        r"(?:(?:estoy|estamos)(?: \w+){0,2} (?:furios\w+|enojad\w+|enfadad\w+|cabread\w+|indignad\w+|hart[oa]s?)|(?:son|sois)(?: \w+){0,2} (?:ladrones|estafadores|idiotas)|hijos de puta|gilipollas|cabrones|hart[oa]s? de)",
    ),
    sign(
        STRONG,
        "es",
        "mierda / joder / verguenza / vergonzos / indignante / estafa / peor / asco / porqueria",
        r"(?:mierda|joder|(?:una|que) verguenza|vergonzos\w+|indignante|(?:una|es) estafa|(?:el |la )?peor (?:servicio|empresa|experiencia|atencion)|(?:un|que|da) asco|porqueria)",
    ),
    sign(
        HARSH,
        "es",
        "inaceptable / ridicul / incompetent / inutil / nunca mas / lamentable / burla",
        r"(?:inaceptable|ridicul[oa]|incompetentes?|inutiles|nunca mas|lamentable|una burla)",
    ),
    sign(
        RAGE,
        "it",
        "furios / arrabbiat / incazzat / ladri / truffatori / stronz / vaffanculo / stufo / stufa / idioti",
        r"(?:(?:sono|siamo)(?: \w+){0,2} (?:furios\w+|arrabbiat\w+|incazzat\w+|stuf[oa])|(?:siete|sono)(?: \w+){0,2} (?:ladri|truffatori|idioti)|stronz\w+|vaffanculo)",
    ),
    sign(
        STRONG,
        "it",
        "merda / cazzo / vergogn / scandal / truffa / schifo / peggior / indecente",
        r"(?:merda|cazzo|vergogn\w+|scandalos\w+|uno scandalo|(?:una|e) truffa|(?:uno|che|fa|fate) schifo|schifos\w+|peggior\w* (?:servizio|azienda|esperienza|assistenza)|indecente)",
    ),
    sign(
        HARSH,
        "it",
        "inaccettabile / ridicol / incompetent / mai piu / pessim / assurdo",
        r"(?:inaccettabile|ridicol[oa]|incompetenti|mai piu|pessim[oa]|assurdo)",
    ),
    sign(
        RAGE,
        "pt",
        "furios / irritad / revoltad / indignad / ladroes / golpistas / filhos / bandidos / palhacos",
        r"(?:(?:estou|estamos)(?: \w+){0,2} (?:furios\w+|irritad\w+|revoltad\w+|indignad\w+|put[oa])|(?:voces |vcs )?(?:sao|seus|bando de)(?: \w+){0,2} (?:ladroes|golpistas|bandidos|palhacos)|filhos da puta)",
    ),
    sign(
        STRONG,
        "pt",
        "merda / porra / vergonha / palhacada / golpe / pior / absurdo / lixo / caralho",
        r"(?:merda|porra|caralho|(?:uma|que|pouca) vergonha|palhacada|(?:um|e) golpe|(?:o |a )?pior (?:servico|empresa|experiencia|atendimento)|(?:um|que) absurdo|(?:um|de) lixo)",
    ),
    sign(
        HARSH,
        "pt",
        "inaceitavel / ridicul / incompetent / nunca mais / pessim / inadmissivel",
        r"(?:inaceitavel|ridicul[oa]|incompetentes|nunca mais|pessim[oa]|inadmissivel)",
    ),
    sign(
        RAGE,
        "nl",
        "woedend / boos / razend / oplichters / klootzak / pisnijdig / kotsbeu / spuugzat / dieven",
        r"(?:(?:ben|zijn|maakt me)(?: \w+){0,2} (?:woedend|razend|pisnijdig|(?:zo|heel|erg|echt) boos|(?:het )?(?:kotsbeu|spuugzat))|(?:stelletje|jullie zijn)(?: \w+){0,2} (?:oplichters|dieven|klootzakken)|klootzak\w*)",
    ),
    sign(
        STRONG,
        "nl",
        "schandalig / schande / belachelijk / kut / klote / godverdomme / slechtste / oplicht / waardeloos",
        r"(?:schandalig\w*|een schande|belachelijk|kut\w*|klote\w*|godverdomme|(?:de |het )?slechtste(?: \w+){0,2} (?:service|bedrijf|winkel|klantenservice)|oplichterij|waardeloos|waardeloze)",
    ),
    sign(
        HARSH,
        "nl",
        "onacceptabel / onaanvaardbaar / nooit meer / incompetent / bagger",
        r"(?:onacceptabel|onaanvaardbaar|nooit meer|incompetent\w*|bagger)",
    ),
];

/// What shouting adds to angry words; by itself it is a habit.
const EXCLAIMS: f32 = 0.25;
const SHOUTS: f32 = 0.35;
/// Words in capitals of the length of a word that is no abbreviation.
const SHOUTED_WORDS: usize = 4;
const SHOUTED_LETTERS: usize = 4;

/// How angry a folded text sounds, with what was found in it.
pub(super) fn sum(text: &str, matches: &[Match]) -> f32 {
    let mut said: Vec<(String, f32)> = Vec::new();
    for one in matches.iter().filter(|one| one.phrase.kind == Kind::Anger) {
        let words = text[one.span.clone()].to_ascii_lowercase();
        // Who says a thing twice is no angrier for it, and one sentence may fit two phrases.
        match said.iter_mut().find(|(known, _)| known.contains(&words) || words.contains(known.as_str())) {
            Some((_, weight)) => *weight = weight.max(one.phrase.weight),
            None => said.push((words, one.phrase.weight)),
        }
    }
    if said.is_empty() {
        return 0.0;
    }
    let words: f32 = said.iter().map(|(_, weight)| weight).sum();
    let exclaims = if text.contains("!!") { EXCLAIMS } else { 0.0 };
    let shouts = if is_shouted(text) { SHOUTS } else { 0.0 };
    (words + exclaims + shouts).min(1.0)
}

/// Whether a good part of it is in capitals.
fn is_shouted(text: &str) -> bool {
    let words = || text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() >= SHOUTED_LETTERS);
    let shouted = words().filter(|word| word.bytes().all(|byte| byte.is_ascii_uppercase())).count();
    shouted >= SHOUTED_WORDS && shouted * 3 >= words().count()
}
