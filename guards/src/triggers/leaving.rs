//! Threats to take the money back or to go to somebody else. Who merely asks how to dispute a charge or
//! to close an account threatens nothing.

use super::{
    Kind::Leaving,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Leaving,
        "en",
        "chargeback / charge back / dispute / disputing / competitor / elsewhere / business / as a customer / a customer",
        r"(?:(?:i'?ll|i will|we'?ll|we will|i am|i'm|im|going to|gonna|or i|or else|otherwise|forced to|have to)(?: \w+){0,4} (?:charge\s?back|disput(?:e|ing)(?: \w+){0,4} (?:with|through) my (?:bank|card|credit))|(?:switch|switching|move|moving|going|go|leave|leaving|left)(?: \w+){0,3} (?:to|for) (?:a|your|another|one of your|the)(?: \w+)? competitors?|(?:tak|mov|bring)(?:e|ing) (?:my|our) (?:business|money|custom) (?:elsewhere|somewhere|to)|(?:you(?:'ve| have)? )?(?:lost|losing|lose)(?: me| us)?(?: as)? a(?: \w+){0,2} customer)",
    ),
    phrase(
        Leaving,
        "de",
        "konkurrenz / zuruckbuchen / ruckbuchung / anbieter",
        r"(?:zur konkurrenz|(?:wechs\w+|gehe|gehen)(?: \w+){0,3} (?:konkurrenz|anderen anbieter)|(?:lasse|werde|lass ich)(?: \w+){0,6} (?:zuruckbuchen|zuruckholen)|(?:oder|sonst)(?: \w+){0,6} (?:zuruckbuchen|ruckbuchung))",
    ),
    phrase(
        Leaving,
        "fr",
        "concurren / banque",
        r"(?:(?:pass\w+|all\w+|irai|irons|vais|partir\w*)(?: \w+){0,4} concurren\w+|(?:je vais|je ferai|je fais|nous allons)(?: \w+){0,5} (?:opposition|contester)(?: \w+){0,5} banque)",
    ),
    phrase(
        Leaving,
        "es",
        "competencia / contracargo / contracargos",
        r"(?:(?:me (?:voy|ire|paso)|irme|nos vamos|cambiarme|pasarme)(?: \w+){0,3} competencia|(?:voy a|hare|pondre|solicitare)(?: \w+){0,4} contracargo)",
    ),
    phrase(
        Leaving,
        "it",
        "concorrenza / chargeback",
        r"(?:(?:pass\w+|andr\w+|vado|andiamo)(?: \w+){0,3} concorrenza|(?:faro|faccio|chiedero)(?: \w+){0,3} chargeback)",
    ),
    phrase(
        Leaving,
        "pt",
        "concorrencia / concorrente / chargeback",
        r"(?:(?:vou|vamos|mud\w+|passo|passar)(?: \w+){0,4} (?:concorrencia|concorrente)|(?:vou|farei)(?: \w+){0,4} chargeback)",
    ),
    phrase(
        Leaving,
        "nl",
        "concurrent / chargeback / storneren",
        r"(?:(?:stap|stappen|ga|gaan|overstap\w*)(?: \w+){0,4} concurrent\w*|(?:laat|ga|zal|dan)(?: \w+){0,5} (?:storneren|chargeback))",
    ),
];
