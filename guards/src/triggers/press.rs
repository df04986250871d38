//! Words of the press and of making a matter public.

use super::{
    Kind::Press,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Press,
        "en",
        "press / media / newspaper / journalist / reporter / news / tv station / twitter / facebook / instagram / tiktok / reddit / youtube / linkedin / trustpilot / viral / public",
        r"(?:(?:go|going|talk|speak|turn|contact|tell|writ|call|reach|tak|send|leak|forward)\w*(?: \w+){0,4} (?:the press|the media|(?:the |a |local )?newspapers?|(?:a |some )?journalists?|(?:a |some )?reporters?|news outlets?|the (?:local )?news|(?:a |the )?tv stations?|national press)\b|(?:i am|i'm|im|as) an?(?: \w+){0,2} (?:journalist|reporter)|(?:press|media) (?:inquiry|enquiry|request|office)|(?:i'?ll|i will|we'?ll|we will|going to|gonna|or i|will be|i'm|im|let me)(?: \w+){0,5} (?:post|expos|put|blast|publish|tell|shar)\w*(?: \w+){0,8} (?:social media|twitter|facebook|instagram|tiktok|reddit|youtube|linkedin|trustpilot)|expos\w* (?:you|this|your)(?: \w+){0,4} (?:social media|online|public\w*|twitter|facebook|instagram|tiktok|reddit)|(?:go|going) (?:viral|public) (?:with|about)|mak\w+ (?:this|it) (?:go viral|public)|go viral)",
    ),
    phrase(
        Press,
        "de",
        "presse / journalist / medien / zeitung / offentlich / facebook / twitter / instagram / tiktok / fernsehen",
        r"(?:(?:zur|an die|mit der|die) presse (?:geh\w+|wend\w+|sprech\w+|informier\w+|einschalt\w+)|(?:zur|an die|mit der) presse|journalist\w*|(?:an|in) die (?:offentlichkeit|medien|zeitung)|zur zeitung|(?:mach\w*|mache ich)(?: \w+){0,4} offentlich|offentlich (?:machen|mache)|(?:auf|in|uber)(?: \w+){0,2} (?:social media|sozialen medien|facebook|twitter|instagram|tiktok)(?: \w+){0,5} (?:post\w*|veroffentlich\w*|stell\w*|verbreit\w*)|(?:post\w*|veroffentlich\w*|verbreit\w*)(?: \w+){0,6} (?:social media|sozialen medien|facebook|twitter|instagram|tiktok)|ins fernsehen)",
    ),
    phrase(
        Press,
        "fr",
        "presse / journa / medias / reseaux sociaux / twitter / facebook",
        r"(?:(?:a|avec|contact\w+|alert\w+|prevenir|informer) (?:la |les |des |un )?(?:presse|journalistes?|journal|journaux|medias)|journalistes?|(?:publi|post|denonc|partag|balanc|racont|met)\w+(?: \w+){0,8} (?:reseaux sociaux|twitter|facebook))",
    ),
    phrase(
        Press,
        "es",
        "prensa / medios / periodista / redes / periodico / twitter / facebook",
        r"(?:(?:a|con|en) (?:la )?prensa|(?:a|con|en) (?:los )?medios(?: de comunicacion)|periodistas?|(?:al|a un) periodico|(?:public|sub|cont|denunci|difund|pong|pondr)\w+(?: \w+){0,8} (?:redes(?: sociales)?|twitter|facebook))",
    ),
    phrase(
        Press,
        "it",
        "stampa / giornal / social / facebook / televisione",
        r"(?:(?:rivolg|contatt|andr|parl|scriv|andar)\w+(?: \w+){0,3} (?:alla |la |con la )?(?:stampa|giornali)|giornalist[aie]|(?:pubblic|scriv|post|raccont|denunc)\w+(?: \w+){0,8} (?:sui social|social media|facebook))",
    ),
    phrase(
        Press,
        "pt",
        "imprensa / jornalista / jornais / redes sociais / reclame aqui / televisao",
        r"(?:(?:a|na|com a|para a) imprensa|jornalistas?|(?:aos|nos) jornais|(?:public|post|divulg|exp|denunci|coloc)\w+(?: \w+){0,8} redes sociais|reclame aqui)",
    ),
    phrase(
        Press,
        "nl",
        "pers / media / krant / journalist / facebook / twitter",
        r"(?:(?:naar|met|bij) de (?:pers|media|krant\w*)\b|journalist\w*|(?:plaats|zet|post|deel|gooi|del)\w*(?: \w+){0,8} (?:social media|sociale media|facebook|twitter))",
    ),
];
