//! The words by which mail programs introduce quotes, forwards and signatures.

use std::sync::LazyLock;

use regex::Regex;

/// Compiles a pattern of this file; the tests compile them all.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each of them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// `Original message` and its translations, between dashes.
pub(super) fn original_line(plain: &str) -> bool {
    if !plain.starts_with(['-', '_', '=', '*']) {
        return false;
    }
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix)^ \*? [-_=]{2,} \s* (?:
                original\ (?:message|mail|e-?mail|appointment) | reply\ message | reply\ above\ this\ line
              | urspr(?:ü|ue)ngliche\ (?:nachricht|mail|e-?mail) | original-?nachricht
              | message\ (?:d['’]origine|original|initial) | courriel\ d['’]origine
              | mensaje\ original | correo\ original | mensagem\ original
              | messaggio\ originale | oorspronkelijk\ bericht | origineel\ bericht
              | oprindelig\ (?:besked|meddelelse) | opprinnelig\ (?:melding|e-?post)
              | ursprungligt\ meddelande | originalmeddelande | alkuper(?:ä|ae)inen\ viesti
              | (?:wiadomość\ oryginalna|oryginalna\ wiadomość) | původní\ zpráva | pôvodná\ správa
              | eredeti\ üzenet | mesaj\ original | orijinal\ (?:ileti|mesaj) | özgün\ ileti
              | исходное\ сообщение | оригинальное\ сообщение | первоначальное\ сообщение
              | 原始邮件 | 原始郵件 | 元のメッセージ | 원본\ 메시지
            ) \s* [-_=]{2,} \*? $",
        )
    });
    LINE.is_match(plain)
}

/// `Forwarded message` and its translations.
pub(super) fn forward_line(plain: &str) -> bool {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix)^ (?: [-_=]{2,} \s* (?:
                (?:begin\ )? forwarded\ (?:message|mail|e-?mail) (?:\ from\ .{1,80})?
              | (?:weitergeleitete|weitergel\.) \ (?:nachricht|mail|e-?mail)
              | message\ (?:transféré|transmis) | message\ transfere
              | mensaje\ reenviado | mensagem\ (?:encaminhada|reencaminhada)
              | messaggio\ inoltrato | doorgestuurd\ bericht
              | videresendt\ (?:besked|meddelelse|melding) | vidarebefordrat\ meddelande | välitetty\ viesti
              | (?:wiadomość\ przekazana|przekazana\ wiadomość|wiadomość\ przesłana\ dalej)
              | přeposlaná\ zpráva | továbbított\ üzenet | iletilen\ (?:ileti|mesaj)
              | пересылаемое\ сообщение | пересланное\ сообщение | 转发邮件 | 轉寄郵件 | 転送メッセージ
              ) \s* [-_=]{2,}
            | begin\ forwarded\ message: | anfang\ der\ weitergeleiteten\ nachricht:
            | début\ du\ message\ (?:transféré|réexpédié)\ ?: | inicio\ del\ mensaje\ reenviado:
            | inizio\ messaggio\ inoltrato: | begin\ doorgestuurd\ bericht:
            ) $",
        )
    });
    LINE.is_match(plain)
}

/// A line of one repeated sign.
pub(super) fn is_rule(plain: &str) -> bool {
    static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:-{4,}|_{4,}|={4,}|\*{4,}|[-—–]{4,})$"));
    LINE.is_match(plain)
}

/// A field of a quoted mail's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    From,
    Date,
    To,
    Subject,
}

/// Which field a line such as `*Sent:* Thursday` gives.
pub(super) fn field_of(plain: &str) -> Option<Field> {
    static FIELDS: LazyLock<[(Field, Regex); 4]> = LazyLock::new(|| {
        let field = |words: &str| pattern(&format!(r"(?i)^[*_]{{0,2}}(?:{words})[*_]{{0,2}}\s{{0,3}}[:：]"));
        [
            (
                Field::From,
                field(
                    "from|von|de|da|van|fra|från|od|lähettäjä|от|от кого|feladó|kimden|gönderen|expéditeur|remitente|mittente|afzender|absender|avsändare|odesílatel|差出人|发件人|寄件者|보낸 사람",
                ),
            ),
            (
                Field::Date,
                field(
                    "sent|date|sent at|gesendet|gesendet am|datum|envoyé|envoyé le|message du|enviado|enviado el|enviada em|enviada|fecha|data|inviato|inviato il|verzonden|verzonden op|sendt|dato|skickat|lähetetty|päivämäärä|wysłano|wysłane|отправлено|дата|küldve|dátum|gönderildi|tarih|odesláno|日時|送信日時|日期|发送时间|寄件日期|보낸 날짜",
                ),
            ),
            (
                Field::To,
                field(
                    "to|an|à|a|para|aan|til|till|do|komu|vastaanottaja|кому|címzett|kime|destinataire|destinatario|cc|kopie|copie à|kopia|宛先|收件人|收件者|받는 사람",
                ),
            ),
            (
                Field::Subject,
                field(
                    "subject|re|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|тема|tárgy|konu|předmět|件名|主题|主旨|제목",
                ),
            ),
        ]
    });
    if !plain.contains([':', '：']) {
        return None;
    }
    FIELDS.iter().find(|(_, words)| words.is_match(plain)).map(|(field, _)| *field)
}

/// Whether a line can be the last of what introduces a quote.
pub(super) fn attribution_end(plain: &str) -> bool {
    let plain = plain.trim_end_matches(['-', '*', '_', ' ']);
    plain.ends_with([':', '：']) || reply_verb_last(plain)
}

/// Whether a line can be the first of what introduces a quote: `On …`, a weekday, a date.
pub(super) fn attribution_start(plain: &str) -> bool {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?ix)^ [-*_\ ]{0,6} (?:
                (?: on | at | am | le | el | il | em | op | den | på | w\ dniu | dnia | in\ data | data | il\ giorno
                  | em | a | az | dne | dňa | vào | pada | tarihinde | ngày | в | у ) \b .{0,40} \d
              | (?: (?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6} | (?:mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo|ti|ke|to|pe|la|su)
                  | (?:lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|gio|sab|seg|ter|qua|qui|sex)[\p{L}]{0,6}
                  | (?:tir|ons|tor|fre|lør|søn|tis|lör|sön)[\p{L}]{0,5}
                  | (?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)
                ) [.,]? \s* .{0,20} \d
              | (?: \d{1,2}:\d{2} | \d{1,4}[-./年]\ ?\d{1,2}[-./月] | \d{1,2}\.?\ \p{L}{3,12}\.?,?\ \d{2,4} )
            )"#,
        )
    });
    START.is_match(plain)
}

/// Something that says when.
pub(super) fn dated(text: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix) \b\d{1,2}[:.h]\d{2}\b | \b(?:19|20)\d{2}\b | \b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}
              | \b\d{1,2}(?:st|nd|rd|th|\.)?\ \p{L}{3,12} | \p{L}{3,12}\.?\ \d{1,2}\b | \d年",
        )
    });
    DATE.is_match(text)
}

const VERBS: &str = r"wrote|writes|a\ écrit|écrit|a\ ecrit|schrieb|geschrieben|escribió|escribio|escreveu|ha\ scritto|scrisse|schreef|heeft\ geschreven|skrev|skrev\ följande|napisał|napisała|napisał\(a\)|pisze|kirjoitti|написал|написала|написал\(а\)|пишет|írta|írt|napsal|napsala|napsal\(a\)|napísal|napísala|a\ scris|yazdı|şunları\ yazdı|έγραψε|viết|menulis|写道|寫道|のメッセージ|작성";

/// A verb of writing as a word of the introduction. Whoever says `I wrote` tells a story.
pub(super) fn reply_verb(text: &str) -> bool {
    static OWN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix)\b(?: (?:i|we|ich|wir|ik|wij|jeg|jag|io|yo|eu|я|мы)\ (?:\p{L}+\ )? (?:wrote|schrieb|schreef|skrev|scrisse|написал|написала)
              | schrieb\ ich | schrieb\ wir | schreef\ ik | j['’]ai\ écrit | nous\ avons\ écrit | ho\ scritto )\b",
        )
    });
    if OWN.is_match(text) {
        return false;
    }
    static VERB: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!(r"(?ix)(?:^|[\s>,)])(?:{VERBS})(?:\s|[:：,]|$)|(?:写道|寫道)")));
    VERB.is_match(text)
}

/// What stands behind the `>` of an address that was broken over lines: `:` or `wrote:`.
pub(super) fn ends_broken_address(rest: &str) -> bool {
    let Some(words) = rest.strip_suffix(':').filter(|words| words.len() <= 30) else { return false };
    words.trim().is_empty() || reply_verb_last(words.trim()) && words.split_whitespace().count() <= 2
}

fn reply_verb_last(plain: &str) -> bool {
    static VERB: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?ix)(?:^|[\s>,)])(?:{VERBS})$")));
    VERB.is_match(plain)
}

/// An address in angle brackets at the end: `Ada <ada@example.com>:`.
pub(super) fn angle_address(text: &str) -> bool {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:<|&lt;)\s?[^<>\s]{1,200}@[^<>\s]{1,200}\s?(?:<[^<>]{0,200}>)?(?:>|&gt;)")
    });
    ADDRESS.is_match(text)
}

/// `Sent from my iPhone`: few words and no sentence.
pub(super) fn device_line(plain: &str) -> bool {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix)^ [-—\ ]{0,4} (?:
                sent\ (?:from|via|using|with) | get | von\ mein\p{L}*\ .{1,30}\ gesendet | gesendet\ (?:von|mit|über)
              | diese\ nachricht\ wurde\ von\ mein\p{L}*\ .{1,40}\ gesendet
              | envoyé\ (?:de(?:puis)?|à\ partir|avec) | obtenez | télécharge[rz]
              | enviado\ (?:desde|do|a\ partir|de|com) | enviada\ do | obtener | obter
              | inviato\ (?:da|dal|con) | scarica | ottieni
              | verzonden\ (?:vanaf|met|via|vanuit) | verstuurd\ vanaf | download
              | sendt\ (?:fra|med) | skickat\ (?:från|med) | hämta | hent | lähetetty
              | wysłan[eo]\ z | pobierz | отправлено\ (?:с|из) | elküldve\ .{1,30} | odesláno\ z
              | iphone(?:['’]?umdan|dan)\ gönderildi | .{1,30}\ gönderildi
              | 从我的.{1,20}发送 | 发自我的.{1,20} | .{0,20}iphoneから送信
            ) (?: \ [^.!?,;]{1,50} )? (?: <[^<>]{1,200}> )? \ ?$",
        )
    });
    // `Get`, `Download`, `Sent via` and the like also begin sentences; there a program must be named.
    static PROGRAM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)outlook|yahoo|gmail|proton|bluemail|spark|android|ios|iphone|ipad|mail")
    });
    static AMBIGUOUS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?ix)^[-—\ ]{0,4}(?: (?:get|download|obtenez|télécharge[rz]|obtener|obter|scarica|ottieni|hämta|hent|pobierz)\b
              | \p{L}+\ (?:via|using|with|mit|über|avec|com|con|met|med)\b )",
        )
    });
    if plain.len() > 300 || plain.split_whitespace().count() > 10 || !LINE.is_match(plain) {
        return false;
    }
    !AMBIGUOUS.is_match(plain) || PROGRAM.is_match(plain)
}
