//! Words of somebody who may harm themselves. Rather one too many than one too few: a person looks.

use super::{
    Kind::SelfHarm,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        SelfHarm,
        "en",
        "myself / my self / suicid / my life / my own life / it all / live anymore / want to live / wanna live / alive / exist / to live / living / want to die / wanna die / wish i / dead / without me / self harm / self-harm / selfharm / overdos / wake up / kms",
        r"(?:(?:kill|killing|hang|hanging|drown) my\s?self|(?:want|going|need|urge|plan\w*|thinking (?:of|about)|thoughts? (?:of|about)|feel like|gonna|wanna|about|might|could|will|i'?ll)(?: to)?(?: \w+)? (?:hurt|harm|cut|cutt|shoot|stab)(?:ing)? my\s?self|(?:been|keep|started|am|i'm) (?:hurting|harming|cutting) my\s?self|self.?harm\w*|suicidal|commit\w* suicide|(?:my|about|of|consider\w*|attempt\w*|contemplat\w*|by) suicide|suicide (?:thoughts|attempt|note|is the only)|end(?:ing)? my (?:own )?life|(?:want|going|ready|time|just|to) (?:to )?end it all|tak(?:e|ing) my (?:own )?life|(?:don'?t|do not|no longer|can'?t|cannot) (?:want to |wanna )(?:live|be alive|exist|go on living|wake up)(?: any\s?more| any longer|[.!,?]|\s*\z)|(?:can'?t|cannot) (?:go on living|live like this)|no (?:reason|point|will)(?: \w+){0,2} (?:to live|living|in living)|(?:want|wanna)(?: to)? (?:die|be dead)\b|wish i (?:was|were|could be) dead|better off (?:dead|without me)|(?:going to|gonna|want to) overdose|\bkms\b)",
    ),
    phrase(
        SelfHarm,
        "de",
        "umbring / umzubring / toten / erhang / leben / selbstmord / suizid / selbstverletz / ritze / sterben / tot sein / nicht mehr da sein",
        r"(?:mich(?: \w+){0,3} (?:umbring\w*|umzubring\w*|zu toten|toten|erhang\w*)|(?:bringe|bring) mich(?: \w+){0,2} um\b|(?:mir )?(?:das|mein) leben (?:zu )?nehm\w+|nehme? mir(?: \w+){0,2} leben|selbstmord\w*|suizid\w*|selbst(?: zu )?verletz\w*|ritze mich|mich ritze|nicht (?:mehr|langer|weiter)(?: \w+){0,2} (?:zu )?leben|(?:will|mochte|wurde am liebsten|wunschte)(?: \w+){0,3} (?:sterben|tot sein|tot ware)|(?:meinem|dem) leben ein ende|keinen (?:sinn|grund)(?: \w+){0,3} (?:zu )?leben)",
    ),
    phrase(
        SelfHarm,
        "fr",
        "suicid / me tuer / me pendre / en finir / mes jours / mourir / vivre / automutil / scarifi / du mal",
        r"(?:me suicider?|suicidaires?|pens\w+(?: \w+){0,2} suicide|(?:vais|veux|envie de|voudrais|vouloir|pense a) me (?:tuer|pendre|faire du mal)|en finir avec (?:la|ma) vie|(?:veux|envie d'?)\s?en finir|mettre fin a mes jours|(?:envie de|veux|voudrais) mourir|(?:plus|pas) (?:envie de|la force de) vivre|(?:veux|peux) plus vivre|automutil\w*|me scarifi\w*)",
    ),
    phrase(
        SelfHarm,
        "es",
        "suicid / morir / matarme / quitarme la vida / mi vida / vivir / viviendo / autolesi / hacerme dano",
        r"(?:suicid(?:arme|io|arse)|(?:quiero|voy a|ganas de|pienso en|pensando en|quisiera|pienso) (?:morir\w*|matarme|quitarme la vida|hacerme dano|desaparecer para siempre)|quitarme la vida|acabar con mi vida|no (?:quiero|puedo) (?:seguir )?(?:viviendo|vivir (?:mas|asi))|ganas de vivir|autolesi\w*|hacerme dano)",
    ),
    phrase(
        SelfHarm,
        "it",
        "suicid / morire / uccidermi / ammazzarmi / farla finita / togliermi la vita / vivere / autolesion / farmi del male",
        r"(?:suicid(?:armi|io|arsi)|(?:voglio|vorrei|voglia di|penso di) (?:morire|uccidermi|ammazzarmi|farmi del male)|uccidermi|ammazzarmi|farla finita|togliermi la vita|(?:non|piu) (?:ho )?(?:voglia di|voglio)(?: piu)? vivere|non voglio piu vivere|autolesion\w*|farmi del male)",
    ),
    phrase(
        SelfHarm,
        "pt",
        "suicid / morrer / me matar / matar-me / minha vida / minha propria vida / viver / automutil / acabar com tudo",
        r"(?:suicid(?:ar|io|arme)|(?:quero|vou|vontade de|queria|penso em|pensando em|so quero) (?:morrer|me matar|matar.me|acabar com tudo)|me matar\b|matar.me\b|(?:tirar|acabar com|por fim) (?:a\s)?minha (?:propria )?vida|nao (?:quero|aguento) (?:mais )?viver(?: mais)?|vontade de viver|automutil\w*)",
    ),
    phrase(
        SelfHarm,
        "nl",
        "zelfmoord / zelfdoding / suicid / mezelf / mijzelf / me zelf / dood / sterven / leven / zelfbeschadig",
        r"(?:zelfmoord\w*|zelfdoding|suicid(?:aal|e plegen)|(?:mezelf|me zelf|mijzelf)(?: \w+){0,3} (?:van kant|ombreng\w*|verhang\w*|doden|pijn doen|snijden|iets aandoen|wat aandoen)|(?:wil|wilde|zou willen) (?:\w+ )?(?:dood|sterven)\b|(?:wil|kan) niet (?:meer|langer)(?: \w+){0,2} leven|niet meer (?:te )?leven|eind(?:e)? aan mijn leven|uit het leven stappen|zelfbeschadig\w*)",
    ),
];
