//! Threats of violence against people of the house or others.

use super::{
    Kind::Threat,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Threat,
        "en",
        "kill / hurt / harm / shoot / stab / beat / punch / murder / strangle / smash / burn / bomb / blow / regret / watch your back / live / find you / for you / after you / dead / deserve to die / hope you / pay for this / pay for what",
        r"(?:(?:i'?ll|i will|i'?m|i am|we will|we'?ll|gonna|going to|i swear|want to|wanna|someone should|somebody should)(?: \w+){0,6} (?:kill|hurt|harm|shoot|stab|beat|punch|murder|strangle|smash) (?:you|u|your|all of you|every(?:one|body)|them all|him|her|somebody|someone|the (?:driver|courier|staff|manager))\b|(?:burn|blow|shoot|bomb)(?:ing)?(?: \w+){0,2} (?:your|the|this) (?:office|store|shop|building|warehouse|house|headquarters)|(?:burn|shoot|blow)(?:ing)? (?:you|your place|the place) (?:down|up)|there(?:'s| is| will be) a bomb|bomb threat|(?:i|we) know where (?:you|your (?:office|family|staff|people))(?: \w+)? (?:live|work|is|are|lives|sleep)|(?:i'?m|i am|i will|i'?ll|we will|we'?ll|we are)(?: \w+){0,2} (?:come|coming)(?: \w+)? (?:for|after) you\b|(?:i'?ll|i will|we'?ll|we will|going to|gonna) (?:find|hunt)(?: \w+)? (?:you|out where you live)|you(?:'ll| will| are going to|'re going to)(?: all)? (?:regret (?:this|it|that|ever|mess\w*)|pay for (?:this|it|that|what))|watch your back|you(?:'re| are)(?: all)? dead\b|you(?: all)? deserve to die|(?:hope|wish) you(?: all)? (?:die|burn))",
    ),
    phrase(
        Threat,
        "de",
        "bring / umbring / schlag / kalt / toten / erschiess / verprugel / verletzen / abstech / wohn / arbeite / bereuen / bombe / buro anzunden / niederbrennen",
        r"(?:(?:ich|wir) bringe?n? (?:dich|euch|sie|ihn)(?: \w+){0,2} um\b|(?:bring|bringe) (?:dich|euch) um\b|(?:ich|wir) (?:schlage?n?|mache?n?|steche?n?) (?:dich|euch|sie|ihn)(?: \w+){0,2} (?:zusammen|kalt|tot|ab)\b|(?:werde|werden|konnte|sollte man)(?: \w+)? (?:dich|euch|sie|ihn|jemanden)(?: \w+){0,3} (?:umbringen|toten|erschiessen|verprugeln|verletzen|abstechen)|(?:weiss|wissen),? wo (?:du|ihr|sie)(?: \w+)? (?:wohn\w+|arbeit\w+|sitzt|sitzen)|(?:du wirst|ihr werdet|sie werden|werdet ihr|werden sie|wirst du)(?: \w+){0,3} bereuen|bombendrohung|bombe (?:in|vor|bei|legen)|(?:buro|laden|bude|gebaude) (?:an(?:zunden|zunde)|niederbrennen|in die luft))",
    ),
    phrase(
        Threat,
        "fr",
        "tuer / frapper / buter / gueule / la peau / du mal / habit / travaill / regretter / payer / bombe / cramer / bruler / crever / retrouver",
        r"(?:(?:vais|va|viens|allons) (?:vous|te|le|la|les|lui) (?:\w+ )?(?:tuer|frapper|buter|casser la gueule|faire (?:la peau|du mal)|retrouver|cramer|bruler|crever)|(?:sais|savons) ou (?:tu|vous) (?:habit\w+|travaill\w+|viv\w+)|(?:tu vas|vous allez) (?:le regretter|me le payer|regretter|crever|mourir)|alerte a la bombe|une bombe|(?:bruler|cramer) (?:votre|vos|ton|le) (?:bureaux?|magasin|boutique|locaux))",
    ),
    phrase(
        Threat,
        "es",
        "matar / golpear / pegar / reventar / partir / dano / vive / vivi / trabaja / arrepentir / bomba / quemar",
        r"(?:(?:te|os|los|les|le) (?:voy|vamos) a (?:matar|golpear|pegar|reventar|partir|hacer dano|quemar|encontrar)|(?:voy|vamos) a (?:matar(?:te|los|os|le|la)|pegar(?:te|les|os)|golpear(?:te|los)|quemar (?:su|vuestra|tu|la))|(?:se|sabemos) donde (?:vive|vives|viven|vivis|trabaja\w*)|(?:te|se|os) (?:vas|van|vais|va) a arrepentir|amenaza de bomba|una bomba)",
    ),
    phrase(
        Threat,
        "it",
        "ammazz / uccid / picchi / spacc / abit / lavora / pentir / bomba / brucia / bruci",
        r"(?:(?:ti|vi|li|lo) (?:ammazz|uccid|picchi|spacc)\w+|(?:so|sappiamo) dove (?:abit\w+|lavor\w+|viv\w+)|(?:te ne|ve ne|se ne)(?: \w+)? pentir\w+|(?:una|allarme) bomba|(?:bruci|brucer|dar[eo] fuoco)\w*(?: \w+){0,2} (?:ufficio|negozio|sede))",
    ),
    phrase(
        Threat,
        "pt",
        "matar / bater / machucar / agredir / espancar / mora / moram / vive / trabalha / arrepender / bomba / quebrar a cara",
        r"(?:(?:vou|vamos) (?:te|vos|lhe|lhes) (?:matar|bater|machucar|agredir|espancar|encontrar|partir)|(?:vou|vamos) (?:matar|machucar|agredir|espancar|bater em|quebrar a cara de) (?:voce|voces|vcs|todos|alguem|o entregador)|(?:sei|sabemos) onde (?:voce|voces|vcs|tu)?\s?(?:mora\w*|vive\w*|trabalha\w*)|(?:vao|vai|vais) se arrepender|ameaca de bomba|uma bomba)",
    ),
    phrase(
        Threat,
        "nl",
        "maak / sla / steek / schiet / vermoord / woon / woont / wonen / werkt / werken / spijt / bom / brand",
        r"(?:(?:ik|we) (?:maak|maken|sla|slaan|steek|schiet)(?: \w+)? (?:je|jullie|u|hem|haar)(?: \w+){0,2} (?:af|dood|kapot|neer|in elkaar|overhoop)\b|(?:ik|we) (?:vermoord|ga)(?: \w+)? (?:je|jullie|u)(?: (?:vermoorden|afmaken|neersteken|wat aandoen))|ik vermoord (?:je|jullie|u)|(?:weet|weten) waar (?:je|jullie|u)(?: \w+)? (?:woont|wonen|woon|werkt|werken|zit|zitten)|(?:ga|gaat|gaan|zal|zullen|krijgen)(?: \w+)? (?:je|jullie|u)(?: \w+){0,2} spijt|(?:jullie|je|u) (?:gaan|zullen|zult|gaat)(?: \w+){0,3} spijt|bommelding|(?:kantoor|winkel|tent|pand) in brand)",
    ),
];
