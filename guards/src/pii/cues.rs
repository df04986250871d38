//! Words that say what stands beside them, found in one pass: labels (`SSN`, `card number`), words
//! that name other numbers (`order`), street words, titles, greetings, and the beginnings of keys.
//!
//! Words are in the folded form (no accents, `ss` for `ß`) and match without regard to case. A new
//! word is one more entry in a line.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashMap;

use super::{keys, view::is_word};
use crate::Error;

macro_rules! sorts {
    ($($name:ident),* $(,)?) => { sorts!(@ 0u32; $($name)*); };
    (@ $n:expr; $name:ident $($rest:ident)*) => {
        pub(crate) const $name: u64 = 1 << ($n);
        sorts!(@ $n + 1; $($rest)*);
    };
    (@ $n:expr;) => {};
}

sorts!(
    CARD,
    BANK,
    SSN,
    ITIN,
    NINO,
    NHS,
    STEUER,
    NIR,
    DNI,
    FISCALE,
    AADHAAR,
    PAN,
    TFN,
    MEDICARE,
    PASSPORT,
    LICENCE,
    BIRTH,
    PHONE,
    ADDRESS,
    NAME,
    MRN,
    PASSWORD,
    SECRET,
    GEO,
    IP,
    MAC,
    COIN,
    OTHER,
    STREET,
    STREET_FIRST,
    UNIT,
    TITLE,
    GREETING,
    SIGN_OFF,
    PO_BOX,
    COUNTRY,
    COMPANY,
    KEY,
    BEARER,
    PEM,
    AT,
    DOT,
    VERSION,
);

/// A word that says something, with the sorts it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cue {
    pub start: u32,
    pub end: u32,
    pub sorts: u64,
    /// For a [`KEY`]: its place in the table of keys.
    pub key: u16,
}

/// Sorts, and the words of them. A word may stand in several lines.
const WORDS: &[(u64, &str)] = &[
    (
        CARD,
        "card|card number|card no|credit card|debit card|creditcard|cc|ccn|visa|mastercard|amex|american express|maestro|diners|discover|jcb|kreditkarte|kartennummer|carte bancaire|carte|tarjeta|carta di credito|cartao|payment method|pan number",
    ),
    (
        BANK,
        "iban|bank account|account number|bankverbindung|konto|kontonummer|compte|cuenta|conto|bic|swift|wire|transfer|sepa|direct debit|payout|refund to",
    ),
    (
        SSN,
        "ssn|ssns|s.s.n|social security|social security number|social security no|social security #|social insurance|social|soc sec|last four of my social",
    ),
    (
        ITIN,
        "itin|individual taxpayer|taxpayer id|taxpayer identification|taxpayer identification number|tax id|tin",
    ),
    (NINO, "national insurance|national insurance number|ni number|nino|ni no|insurance number"),
    (NHS, "nhs|nhs number|nhs no|health service number|patient"),
    (
        STEUER,
        "steuer-id|steuerid|steuer id|steueridentifikationsnummer|steuer-identifikationsnummer|steuernummer|steuerliche identifikationsnummer|idnr|tax id|tax identification number|german tax id|tin",
    ),
    (
        NIR,
        "nir|numero de securite sociale|securite sociale|secu|insee|carte vitale|french social security|social security number",
    ),
    (
        DNI,
        "dni|nif|nie|documento nacional|documento nacional de identidad|documento|identidad|spanish id|numero de identidad",
    ),
    (FISCALE, "codice fiscale|cod. fiscale|c.f.|cf|fiscal code|italian tax code"),
    (AADHAAR, "aadhaar|aadhar|adhaar|uidai|uid"),
    (PAN, "pan|pan card|pan number|pan no|permanent account number|income tax"),
    (TFN, "tfn|tax file number|tax file no|tax file"),
    (MEDICARE, "medicare|medicare number|medicare card|medicare no"),
    (
        PASSPORT,
        "passport|passport number|passport no|passport #|passport id|travel document|reisepass|reisepassnummer|passnummer|passeport|numero de passeport|pasaporte|numero de pasaporte|passaporto|paspoort|passaporte",
    ),
    (
        LICENCE,
        "driving licence|driver's licence|driver's license|drivers license|drivers licence|driver license|driver licence|driving license|licence number|license number|licence no|license no|dl number|dl no|dl #|dl|fuhrerschein|fuhrerscheinnummer|permis de conduire|carnet de conducir|permiso de conducir|patente di guida|patente|rijbewijs",
    ),
    (
        BIRTH,
        "date of birth|birth date|birthdate|birthday|d.o.b|d.o.b.|dob|born|born on|born in|geburtsdatum|geboren|geboren am|geb.|date de naissance|ne le|nee le|fecha de nacimiento|nacido|nacida|data di nascita|nato il|nata il|geboortedatum|data de nascimento",
    ),
    (
        PHONE,
        "phone|phone number|phone no|telephone|tel|tel.|mobile|mobile number|cell|cell phone|cellphone|call|call me|calling|called|call us|call back|callback|ring me|reach me|reach me at|reach|contact number|contact me|number is|my number|text me|sms|whatsapp|signal|dial|fax|hotline|landline|handy|telefon|telefonnummer|handynummer|rufnummer|mobil|anrufen|telefone|telefono|movil|celular|portable|numero de telephone|appelez|appeler|joindre|cellulare|llamar|llamame|gsm|voicemail|phone numbers|office|desk|switchboard|direct line|helpline|after hours",
    ),
    (
        ADDRESS,
        "address|addresses|billing address|shipping address|delivery address|mailing address|home address|postal address|street address|my address|address is|lives at|live at|living at|lived at|reside at|resides at|residing at|located at|ship to|ship it to|send it to|sent it to|deliver to|delivered to|deliver it to|moved to|move to|moving to|relocated to|zip|zip code|zipcode|postcode|postal code|post code|anschrift|adresse|lieferadresse|rechnungsadresse|wohnhaft|wohne in|plz|direccion|domicilio|indirizzo|residente|adres|endereco|j'habite|habite au|vivo en|residence|our office|office at|headquarters|visit us at",
    ),
    (
        NAME,
        "name|name is|full name|first name|last name|surname|my name is|names|i am|i'm|im|this is|called|cardholder|card holder|account holder|accountholder|holder|customer|customer name|client|patient|employee|contact|contact person|attn|attention|signed|signed by|on behalf of|spoke to|spoke with|speak to|speak with|speaking with|talked to|talked with|met with|met|ask for|asked for|named|mein name ist|ich heisse|ich bin|je m'appelle|je suis|me llamo|mi nombre es|soy|mi chiamo|sono|ik ben|mijn naam is|from|wife|husband|son|daughter|brother|sister|mother|father|colleague|manager|boss|agent|assigned to|sent by|written by|author|by|beneficiary|recipient|payee|passenger|guest|tenant|member",
    ),
    (
        MRN,
        "mrn|medical record|medical record number|medical record no|medical records number|patient id|patient number|patient no|hospital number|chart number|chart no|health record|health record number|record number",
    ),
    (
        PASSWORD,
        "password|passwords|passwd|pwd|passcode|pass code|passphrase|pass phrase|pw|pin|pin code|pin number|passwort|kennwort|mot de passe|contrasena|senha|clave|parola|wachtwoord|haslo|one-time code|otp|temporary password|new password",
    ),
    (
        SECRET,
        "api key|api-key|api_key|apikey|api token|access key|access_key|accesskey|secret key|secret_key|secretkey|secret|client secret|client_secret|clientsecret|access token|access_token|accesstoken|auth token|auth_token|refresh token|refresh_token|token|private key|private_key|webhook secret|signing secret|signing key|encryption key|x-api-key|authorization|credentials|connection string|accountkey|sharedaccesskey",
    ),
    (
        GEO,
        "latitude|longitude|lat|lng|lon|long|coordinates|coordinate|coords|gps|location|geo|located|position|koordinaten",
    ),
    (
        IP,
        "ip|ip address|ipv4|ipv6|host|server|client ip|address|login from|logged in from|subnet|gateway|dns",
    ),
    (MAC, "mac|mac address|hardware address|ethernet|device id|wifi|bluetooth|router"),
    (
        COIN,
        "bitcoin|btc|wallet|wallet address|ethereum|eth|crypto|cryptocurrency|satoshi|deposit address|payout address|usdt|erc20|erc-20",
    ),
    (
        OTHER,
        "order|orders|order number|order no|order id|order #|invoice|invoice number|invoice no|invoice #|ticket|ticket number|ticket no|ticket id|ticket #|case number|case no|case id|case #|case|tracking|tracking number|tracking no|shipment|parcel|consignment|reference|reference number|ref|ref.|ref no|ref #|sku|serial|serial number|serial no|s/n|part number|part no|model|model number|item|item number|article|product|product id|product code|booking|booking number|reservation|confirmation|confirmation number|confirmation code|transaction|transaction id|transaction number|receipt|bestellung|bestellnummer|rechnung|rechnungsnummer|auftragsnummer|sendungsnummer|commande|facture|pedido|factura|ordine|fattura|version|build|error code|error|amount|total|price|quantity|qty|isbn|ean|upc|gtin|imei|timestamp|job|batch|po number|purchase order|vin|coupon|voucher|gift card|license key|commit|hash|sha|checksum|digest|md5|sha256",
    ),
    (VERSION, "version|ver|v|release|build|firmware|section|chapter|oid|driver"),
    (
        STREET,
        "street|st|str|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|pl|square|sq|terrace|ter|close|crescent|cres|parkway|pkwy|highway|hwy|circle|cir|trail|trl|row|walk|grove|gardens|gdns|hill|mews|quay|alley|loop|plaza|expressway|turnpike|tpke|esplanade|parade|point|ridge|run|view|vista|heights|green|wharf|bypass|causeway|junction|manor|cove|crossing|path|pike|pass|utca|utja|ut|ulice|ulica|sokak|caddesi|mahallesi|tie|gade|gata|gatan|vej|vei|vagen|straat|laan|weg|strasse|platz|allee|gasse|ring|damm|ufer|katu|marg|nagar",
    ),
    (
        STREET_FIRST,
        "rue|avenue|boulevard|bd|chemin|allee|impasse|quai|route|cours|place|calle|c/|avenida|avda|av|paseo|plaza|carrer|camino|carretera|ronda|via|viale|piazza|corso|vicolo|largo|strada|rua|travessa|praca|estrada|rodovia|ulica|ul|ul.|aleja|al.|nam|jalan|jl|jl.|lorong|kampung|ulitsa|prospekt|bulevardul|str|am|an der|auf der|zum|zur|im",
    ),
    (
        UNIT,
        "apt|apt.|apartment|suite|ste|unit|floor|fl|flat|room|rm|building|bldg|#|etage|stock|appartement|piso|puerta|interno|scala",
    ),
    (
        PO_BOX,
        "po box|p.o. box|p.o.box|p o box|post office box|postfach|postbus|boite postale|apartado|casella postale|pmb",
    ),
    (
        COUNTRY,
        "usa|u.s.a.|us|united states|united states of america|uk|united kingdom|great britain|england|scotland|wales|ireland|northern ireland|germany|deutschland|france|spain|espana|italy|italia|portugal|netherlands|nederland|the netherlands|belgium|belgique|switzerland|schweiz|suisse|austria|osterreich|denmark|danmark|sweden|sverige|norway|norge|finland|suomi|iceland|poland|polska|czech republic|czechia|slovakia|hungary|romania|bulgaria|greece|turkey|turkiye|ukraine|russia|estonia|latvia|lithuania|croatia|serbia|slovenia|canada|mexico|brazil|brasil|argentina|chile|colombia|peru|uruguay|venezuela|ecuador|bolivia|paraguay|costa rica|panama|cuba|australia|new zealand|india|pakistan|bangladesh|sri lanka|nepal|china|japan|south korea|korea|taiwan|hong kong|singapore|malaysia|indonesia|thailand|vietnam|philippines|israel|egypt|morocco|algeria|tunisia|libya|nigeria|ghana|kenya|uganda|tanzania|ethiopia|south africa|zimbabwe|zambia|mozambique|angola|saudi arabia|united arab emirates|uae|qatar|kuwait|iran|iraq|jordan|lebanon|syria|luxembourg|malta|cyprus|albania|belarus|moldova|georgia|armenia|azerbaijan|kazakhstan|uzbekistan",
    ),
    (
        TITLE,
        "mr|mrs|ms|miss|mister|mx|dr|doctor|prof|professor|sir|madam|herr|herrn|frau|monsieur|madame|mademoiselle|mme|mlle|senor|senora|senorita|sr|sra|srta|signor|signora|sig|dott|dottor|dottoressa|don|dona|mevrouw|meneer|dhr|mevr|rev|reverend|capt|captain|judge|officer|nurse|mgr|ing|lord|lady",
    ),
    (
        GREETING,
        "dear|hi|hello|hey|hallo|liebe|lieber|bonjour|cher|chere|hola|estimado|estimada|ciao|gentile|caro|cara|beste|good morning|good afternoon|good evening|thanks|thank you|thx|guten tag|guten morgen|morning|welcome|ola|greetings",
    ),
    (
        SIGN_OFF,
        "regards|best regards|kind regards|warm regards|best wishes|sincerely|yours sincerely|yours faithfully|yours truly|cheers|thanks|many thanks|thank you|best|respectfully|cordially|mit freundlichen grussen|mfg|viele grusse|liebe grusse|beste grusse|cordialement|bien a vous|saludos|un saludo|atentamente|saluti|cordiali saluti|distinti saluti|groeten|met vriendelijke groet|vriendelijke groet|atenciosamente|signed|yours|love|thx",
    ),
    (
        COMPANY,
        "inc|inc.|llc|ltd|ltd.|limited|gmbh|ag|kg|corp|corp.|corporation|company|co|plc|group|holdings|partners|bank|university|college|school|hospital|institute|foundation|association|software|systems|technologies|technology|solutions|services|service|software|airport|station|museum|stadium|hotel|restaurant|cafe|bar|club|park|river|lake|mountain|island|county|city|township|district|bridge|tower|church|cathedral|day|prize|award|awards|theorem|show|team|weekly|times|post|journal|magazine|records|studios|studio|pictures|entertainment|productions|support|department|s.a.|s.r.l.|srl|spa|s.p.a.|bv|b.v.|oy|ab|sa|sarl|pty",
    ),
    (BEARER, "bearer"),
    (PEM, "-----begin "),
    (AT, "(at)|[at]|{at}|<at>|(a)|[@]|(@)| at "),
    (DOT, "(dot)|[dot]|{dot}|<dot>|[.]|(.)| dot | punkt | point "),
];

/// Sorts whose words need no border of a word around them.
const ANYWHERE: u64 = KEY | PEM | AT | DOT;

pub(crate) struct Cues {
    search: AhoCorasick,
    /// For each pattern: its sorts, its place among the keys, whether it starts and ends as a word.
    meaning: Vec<(u64, u16)>,
}

impl Cues {
    pub fn new() -> Result<Self, Error> {
        let mut meaning: FxHashMap<&str, (u64, u16)> = FxHashMap::default();
        for (sorts, words) in WORDS {
            for word in words.split('|') {
                meaning.entry(word).or_default().0 |= sorts;
            }
        }
        for (place, key) in keys::KEYS.iter().enumerate() {
            let entry = meaning.entry(key.prefix).or_default();
            *entry = (entry.0 | KEY, place as u16);
        }
        let mut words: Vec<_> = meaning.into_iter().collect();
        words.sort_unstable();
        let search = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words.iter().map(|(word, _)| *word))
            .map_err(|source| Error::Search { name: "cues".into(), source: Box::new(source) })?;
        Ok(Self { search, meaning: words.into_iter().map(|(_, meaning)| meaning).collect() })
    }

    /// The cues of a text, by their place.
    pub fn find(&self, text: &[u8]) -> Vec<Cue> {
        let mut found = Vec::with_capacity(text.len() / 16);
        for at in self.search.find_iter(text) {
            let (sorts, key) = self.meaning[at.pattern().as_usize()];
            if sorts & ANYWHERE == 0 {
                let open = at.start() == 0 || !is_word(text[at.start() - 1]) || !is_word(text[at.start()]);
                let closed =
                    at.end() == text.len() || !is_word(text[at.end()]) || !is_word(text[at.end() - 1]);
                if !open || !closed {
                    continue;
                }
            }
            found.push(Cue { start: at.start() as u32, end: at.end() as u32, sorts, key });
        }
        found
    }
}
