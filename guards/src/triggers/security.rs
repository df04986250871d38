//! Signs of a security incident: somebody else in an account, payments nobody made, data that got out,
//! messages in the house's name.

use super::{
    Kind::Security,
    wording::{Phrase, phrase},
};

pub(super) const PHRASES: &[Phrase] = &[
    phrase(
        Security,
        "en",
        "hacked / hacker / compromised / hijacked / breached / taken over / broken into / unauthori / fraudulent / identity / phishing / data breach / data leak / leaked / vulnerability / impersonat / pretend / claiming to be / ransomware / malware / sql injection / xss / someone else / somebody else / another customer / other customers",
        r"(?:(?:my|our|the|this|an)(?: \w+){0,2} (?:account|email|profile|login|password|card details?|data)(?: \w+){0,4} (?:hacked|compromised|hijacked|breached|taken over|broken into|leaked|exposed)|(?:been|got|was|were|i'm) hacked|hacked (?:into|my|our)|(?:a|some|the) hackers?(?: \w+){0,4} (?:access|account|card|my)|unauthori[sz]ed(?: \w+)? (?:access|payment|transaction|charge|purchase|login|log.in|transfer|order|withdrawal|use|activity|debit|person)s?|fraudulent(?: \w+)? (?:charge|payment|transaction|order|activity|purchase|email|e-mail|message|website|site|call)s?|identity (?:theft|(?:was |has been |got )?stolen)|stolen identity|phishing|data (?:breach|leak)|(?:customer|personal|my|our) data(?: \w+){0,3} (?:leaked|exposed|stolen|breached)|(?:security|found an?|discovered an?|report an?)(?: \w+){0,2} vulnerability|(?:see|seeing|saw|shows?|showing|access|received|got|view)(?: \w+){0,3} (?:someone else|somebody else|another (?:customer|person|user)|other (?:customer|people|user)s?)'?s?(?: \w+)? (?:data|account|orders?|details|information|address|invoice)|impersonat\w+|(?:pretend\w+|claiming) to be (?:you|from you|your)\b|ransomware|malware|sql injection|\bxss\b)",
    ),
    phrase(
        Security,
        "en",
        "someone / somebody / stranger / n't make / not make / n't made / not made /  never made / n't authori / never authori / n't place / not place / never placed / not authori / nt make / nt authori / fake / scam / suspicious / without my",
        r"(?:(?:someone|somebody|a stranger|strangers)(?: \w+){0,4} (?:hacked|access\w*|logged in(?:to)?|logging in(?:to)?|got into|broke into|stole|took over|is using|has been using|using|has access|used|changed)(?: \w+){0,4} (?:account|password|card|identity|profile|phone|login|email|details)|(?:payment|transaction|purchase|order|charge|withdrawal|transfer|debit)s?(?: \w+){0,5} (?:i|we) (?:did\s?n'?t|did not|never|have\s?n'?t|have not) (?:mak|made|authori[sz]|plac|order)\w*|(?:did\s?n'?t|did not|never|have\s?n'?t|have not) (?:authori[sz]e\w*|make|made|place|placed) (?:this|that|these|those|any|such|the)(?: \w+){0,2} (?:payment|transaction|purchase|order|transfer|charge|withdrawal)s?|(?:fake|scam|suspicious|strange)(?: \w+){0,2} (?:e-?mails?|texts?|sms|calls?|messages?|website|site|invoice)(?: \w+){0,6} (?:you\b|your|to be you)|(?:password|email address|address|phone number)(?: \w+){0,4} changed without (?:my|our))",
    ),
    phrase(
        Security,
        "de",
        "gehackt / hacker / kompromittiert / geknackt / missbrauch / unbefugt / unautorisiert / autorisiert / unberechtigt / datenleck / datenpanne / datendiebstahl / phishing / jemand / betrug / identitatsdiebstahl / sicherheitsluck / gefalscht",
        r"(?:gehackt\w*|(?:konto|account|passwort)(?: \w+){0,4} (?:kompromittiert|ubernommen|geknackt|missbraucht)|(?:unbefugt\w*|unautorisiert\w*|nicht autorisiert\w*|unberechtigt\w*|nicht von mir)(?: \w+){0,3} (?:zugriff\w*|zugang\w*|abbuchung\w*|zahlung\w*|bestellung\w*|uberweisung\w*|belastung\w*|buchung\w*|transaktion\w*|anmeldung\w*)|(?:unbefugte|fremde)(?: \w+){0,3} (?:auf|in) mein\w*|daten(?:leck|panne|diebstahl|schutzverletzung)\w*|phishing\w*|jemand(?: \w+){0,6} (?:zugriff auf|in mein\w*|mein\w* (?:konto|karte|passwort|account|daten))|betrugs?(?:mail|versuch|sms|verdacht)\w*|betrugerische\w*|identitatsdiebstahl|sicherheitsluck\w*|gefalschte\w* (?:mail|e.mail|sms|nachricht|webs\w+|rechnung)\w*)",
    ),
    phrase(
        Security,
        "fr",
        "pirat / hacke / compromis / usurp / non autoris / fuite / vol de / violation de / phishing / hameconnage / fraudul / faux mail / faux sms / quelqu'un",
        r"(?:(?:compte|boite mail|mot de passe|carte)(?: \w+){0,4} (?:pirat|hack|compromis|usurp)\w*|(?:suis|ai|a) (?:ete )?(?:pirat|hack)e\w*|piratage|(?:acces|paiement|prelevement|transaction|achat|virement|connexion|debit)s? non autoris\w*|(?:fuite|vol|violation) (?:de|des|de mes) donnees|phishing|hameconnage|usurpation d'?.?identite|frauduleu\w+(?: \w+)?|faux (?:mail|e.mail|courriel|sms|site|message|appel)s?|quelqu'?.?un(?: \w+){0,5} (?:acces|connect\w+|utilis\w+)(?: \w+){0,4} (?:compte|carte|mot de passe))",
    ),
    phrase(
        Security,
        "es",
        "hacke / jaque / pirate / comprometid / no autoriz / no reconoc / no reconozc / filtracion / fuga de / robo de / phishing / suplant / alguien / fraudulent / correo falso",
        r"(?:(?:cuenta|correo|contrasena)(?: \w+){0,4} (?:hacke|jaque|pirate|comprometid|robad)\w*|(?:hacke|jaque|pirate)\w+(?: \w+)? (?:mi|la) cuenta|me (?:han )?(?:hacke|jaque)\w+|(?:acceso|pago|cargo|cobro|compra|transaccion|movimiento|transferencia)(?:es|s)?(?: \w+){0,2} no (?:autoriz|reconoc|reconozc)\w*|(?:filtracion|fuga|robo) de (?:mis )?(?:datos|identidad)|phishing|suplant\w+|alguien(?: \w+){0,5} (?:accedi|acceso|entr|us)\w*(?: \w+){0,4} (?:cuenta|tarjeta|contrasena)|(?:correo|mensaje|sms|web) fals[oa]|(?:correo|cargo|compra|pago) fraudulent[oa])",
    ),
    phrase(
        Security,
        "it",
        "hackerat / violat / compromess / rubat / non autorizzat / violazione / furto / fuga di / phishing / qualcuno / falsa mail / falsa email / finta / fraudolent",
        r"(?:(?:account|conto|profilo|password)(?: \w+){0,4} (?:hackerat|violat|compromess|rubat)\w*|hackerat\w*|(?:accesso|pagamento|addebito|transazione|acquisto|prelievo|bonifico|accessi|pagamenti|addebiti)(?: \w+){0,2} non autorizzat\w*|(?:violazione|furto|fuga) (?:dei|di|dei miei) dati|phishing|furto d'?.?identita|qualcuno(?: \w+){0,5} (?:acced|access|entrat|usat|usa|usando)\w*(?: \w+){0,4} (?:account|conto|carta|password)|(?:falsa|finta) (?:mail|e.mail|email)|fraudolent\w*)",
    ),
    phrase(
        Security,
        "pt",
        "hacke / invadid / comprometid / pirate / roubad / clonad / nao autoriza / sem autoriza / vazamento / fuga de dados / violacao de dados / phishing / alguem / roubo de identidade / falso / falsa / fraudulent",
        r"(?:(?:conta|email|e.mail|senha|cartao)(?: \w+){0,4} (?:hacke|invadid|comprometid|pirate|roubad|clonad)\w*|(?:fui|foi|me) hackead\w*|(?:acesso|pagamento|cobranca|compra|transacao|debito|transferencia)s?(?: \w+){0,2} (?:nao|sem) (?:minha )?autoriza\w+|(?:vazamento|fuga|violacao) (?:de|dos|dos meus) dados|phishing|alguem(?: \w+){0,5} (?:acess|entr|us)\w*(?: \w+){0,4} (?:conta|cartao|senha)|roubo de identidade|(?:email|e.mail|mensagem|site|sms) fals[oa]|fraudulent\w*)",
    ),
    phrase(
        Security,
        "nl",
        "gehackt / gekaapt / overgenomen / onbevoegd / ongeautoriseerd / onrechtmatig / datalek / phishing / iemand / identiteitsfraude / valse / nepmail / nep-mail / frauduleu",
        r"(?:gehackt\w*|account(?: \w+){0,4} (?:gekaapt|overgenomen|gecompromitteerd)|(?:onbevoegd\w*|ongeautoriseerd\w*|onrechtmatig\w*)(?: \w+){0,3} (?:toegang|betaling\w*|transactie\w*|afschrijving\w*|bestelling\w*)|datalek\w*|phishing\w*|iemand(?: \w+){0,6} (?:ingelogd|toegang|gebruikt)(?: \w+){0,5} (?:account|rekening|pas|wachtwoord)|iemand(?: \w+){0,6} (?:account|rekening|pas|wachtwoord)(?: \w+){0,3} (?:ingelogd|gebruikt|gekomen)|identiteitsfraude|valse (?:mail|e.mail|sms|website|factuur)|nep.?mail\w*|frauduleu\w+)",
    ),
];
