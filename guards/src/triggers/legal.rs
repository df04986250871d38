//! Words of the law: lawyers, courts, complaints to authorities.

use super::{
    Kind::Legal,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Legal,
        "en",
        "lawyer / attorney / solicitor / barrister / legal / sue / suing / court / lawsuit / litigation / class action / small claims / cease and",
        r"(?:(?:my|our)(?: family| personal| company)? (?:lawyers?|attorneys?|solicitors?|barristers?|legal (?:team|counsel|advis[eo]rs?|department|representatives?))|(?:contact|call|consult|see|hire|get|involve|instruct|engag|retain)(?:e|ed|ing|ting)?(?: \w+)? (?:a|an|my|our|the) (?:lawyers?|attorneys?|solicitors?)|(?:speak|talk|hear|spoke|talk)(?:ing)? (?:to|with|from)(?: an?| my| our| the)? (?:lawyers?|attorneys?|solicitors?)|(?:tak|pursu|seek|start|consider|threaten|initiat|begin|mak)\w*(?: \w+){0,2} legal (?:action|steps|proceedings|advice|remed\w+|recourse|claim)|legal (?:action|proceedings|notice)|(?:sue|suing) (?:you|u|them|your|everyone)\b|(?:going|want|have|ready|prepared|will|i'?ll|we'?ll) (?:to )?sue\b|(?:see|meet|tak|drag|go|bring)\w*(?: \w+){0,4} (?:to|in) (?:small claims )?court|small claims|(?:fil|open|bring|start)\w*(?: \w+){0,3} (?:lawsuit|class action|court case)|lawsuit against|class action|litigation|cease and desist|letter before action)",
    ),
    phrase(
        Legal,
        "en",
        "gdpr / data protection / ombudsman / regulator / trading standards / consumer / better business / bbb / ftc / cfpb / fca / ico / attorney general / information commissioner / authorities / police",
        r"(?:ombudsman|(?:gdpr|data protection|ccpa)(?: \w+){0,3} (?:complaint|violation|breach|infringement|authority|commissioner)s?|(?:violat|breach|infring|complain)\w*(?: \w+){0,4} (?:gdpr|data protection)|(?:report|complain|complaint|go|going|contact|escalat|writ|tak|refer|fil)\w*(?: \w+){0,6} (?:regulators?|trading standards|consumer (?:protection|rights|affairs)(?: \w+)?|better business bureau|bbb|ftc|fca|cfpb|ico|attorney general|information commissioner|the authorities|the police))",
    ),
    phrase(
        Legal,
        "de",
        "anwal / klage / verklag / gericht / rechtlich / rechtsweg / juristisch / dsgvo / datenschutz / verbraucher / schlichtungsstelle / aufsichtsbehorde / abmahn / anzeige / strafanzeige",
        r"(?:(?:mein\w*|unser\w*|zum|beim|einen|einem|vom|den|dem) (?:rechts)?anwal\w+|verklag\w+|(?:reich\w*|erheb\w*|einreichen)(?: \w+){0,3} klage|klage (?:ein\w*|erheb\w*|gegen)|vor gericht|(?:rechtliche\w*|juristische\w*) (?:schritt\w*|konsequenz\w*|mittel\w*)|rechtsweg|dsgvo\W{1,3}(?:beschwerde|verstoss)\w*|(?:verstoss\w*|verletz\w*|beschwer\w*)(?: \w+){0,4} (?:dsgvo|datenschutz\w*)|datenschutz(?:behorde|beauftragt)\w*|verbraucher(?:schutz|zentrale)\w*|schlichtungsstelle|aufsichtsbehorde|abmahnung|strafanzeige|(?:erstatte|erstatten)(?: \w+){0,2} anzeige|anzeige (?:erstatt\w+|bei der polizei))",
    ),
    phrase(
        Legal,
        "fr",
        "avocat / tribunal / justice / plainte / poursui / cnil / rgpd / dgccrf / mediateur / mise en demeure / que choisir / judiciaire / juridique / repression des fraudes",
        r"(?:(?:mon|notre|mes|nos) avocats?|(?:contact\w+|prendre|par|consult\w+|voir|saisir) un avocat|(?:au|devant le|saisir\w* le) tribunal|(?:en|devant la) justice|(?:port|depos)\w+(?: une)? plainte|poursuites? (?:judiciaires?|legales?|en justice)|(?:actions?|demarches?|procedures?) (?:en justice|judiciaires?|juridiques?)|(?:a|aupres de|saisir\w*|contact\w*|signal\w*)(?: \w+){0,3} (?:cnil|dgccrf|mediateur|repression des fraudes|que choisir)|(?:violation|plainte|reclamation|non.respect)(?: \w+){0,3} rgpd|mise en demeure)",
    ),
    phrase(
        Legal,
        "es",
        "abogad / demand / denunci / juicio / tribunales / juzgado / acciones legales / acciones judiciales / proteccion de datos / aepd / defensor / reclamacion / consum / rgpd",
        r"(?:(?:mi|mis|nuestr[oa]s?|un|al) abogad[oa]s?|(?:los|les|os|te|voy a|vamos a) demand(?:o|are|ar|aremos|amos)\w*|demandarl[oe]s|(?:poner|pondre|presentar|presentare|interponer|interpondre|pongo)(?: una)? (?:demanda|denuncia)|denunciar(?:l[oe]s|e|os)|acciones (?:legales|judiciales)|(?:a|ante|en) (?:juicio|los tribunales|el juzgado|la justicia)|hojas? de reclamacion(?:es)?|(?:agencia|autoridad)(?: \w+){0,2} proteccion de datos|aepd|defensor del (?:consumidor|pueblo|cliente)|(?:oficina|organizacion|asociacion)(?: \w+){0,3} consum\w+|(?:violacion|incumplimiento|reclamacion)(?: \w+){0,3} rgpd)",
    ),
    phrase(
        Legal,
        "it",
        "avvocat / legal / denunci / causa / tribunale / garante / consumatori / querel",
        r"(?:(?:mio|nostro|un|al|dal|il) avvocat[oi]|(?:vie|azion[ei]) legal[ei]|(?:vi|ti) denunci\w+|denunciarvi|(?:fare|faro|faccio|farvi|faremo)(?: \w+)? causa|(?:in|al|davanti al) tribunale|garante(?: \w+){0,2} (?:privacy|protezione)|(?:associazion[ei]|difesa)(?: \w+){0,3} consumatori|querel\w+)",
    ),
    phrase(
        Legal,
        "pt",
        "advogad / processar / processo / tribunal / justica / judicia / legais / procon / reclamacoes / anpd / cnpd / asae",
        r"(?:(?:meu|minha|nosso|um|com) advogad[oa]|(?:vou|vamos)(?: \w+)? processar|processar (?:voces|vcs|vos|a empresa)|(?:entrar|abrir|mover|avancar)(?: \w+){0,3} (?:processo|acao) (?:judicial|contra|na justica)|(?:acao|acoes|medidas|meios) (?:judicia(?:l|is)|lega(?:l|is))|(?:no|ao|em|para) tribunal|(?:na|a) justica|(?:no|ao) procon|procon|livro de reclamacoes|anpd|cnpd|asae)",
    ),
    phrase(
        Legal,
        "nl",
        "advocaat / jurist / rechter / juridisch / aanklag / rechtszaak / avg / persoonsgegevens / consumentenbond / geschillencommissie / rechtsbijstand / kifid / aangifte",
        r"(?:(?:mijn|onze|een) (?:advocaat|jurist)|(?:naar|voor) de rechter|juridische (?:stappen|actie)|(?:jullie|u) (?:aanklagen|voor de rechter)|rechtszaak|(?:avg|gdpr)\W{1,3}(?:klacht|overtreding|schending)\w*|autoriteit persoonsgegevens|consumentenbond|geschillencommissie|rechtsbijstand\w*|kifid|aangifte (?:doen|bij)|(?:doe|ga|zal)(?: \w+){0,3} aangifte)",
    ),
];
