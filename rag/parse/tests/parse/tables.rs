//! Tables of questions and answers, plain text and Markdown.

use domain::ticket::Visibility;
use parse::{Kind, ParseError};

use super::{all, one, refused};

#[test]
fn each_pair_becomes_a_document() {
    let csv = "\u{feff}Question,Answer,Category,Tags,Visibility,Language\r\n\
               \"How do I\nreturn?\",\"Print the label.\n\nThen \"\"send\"\" it, please.\",returns,\"a; b,c\",internal,de\r\n\
               Why?,Because.,,,,\r\n";
    let all = all("faq.csv", csv.as_bytes()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].title.as_deref(), Some("How do I return?"));
    assert_eq!(all[0].markdown, "# How do I return?\n\nPrint the label.\n\nThen \"send\" it, please.");
    assert_eq!(all[0].front.category.as_deref(), Some("returns"));
    assert_eq!(all[0].front.tags, ["a", "b", "c"]);
    assert_eq!(all[0].front.visibility, Some(Visibility::Internal));
    assert_eq!(all[0].front.locale.as_deref(), Some("de"));
    assert_eq!(all[1].markdown, "# Why?\n\nBecause.");
    assert_eq!(all[1].front, parse::Front::default());
    assert!(all.iter().all(|one| one.kind == Kind::Faq && one.warnings.is_empty()));
}

#[test]
fn separators_and_encodings_of_spreadsheets_are_understood() {
    for (separator, name) in [(';', "x.csv"), ('\t', "x.tsv"), ('|', "x.csv")] {
        let csv = format!(
            "nr{separator}FRAGE{separator}Antwort\n1{separator}Wozu?{separator}\"Weil, {separator} ja\"\n"
        );
        assert_eq!(one(name, csv).markdown, format!("# Wozu?\n\nWeil, {separator} ja"));
    }
    let latin = one("x.csv", b"question;answer\nF\xfcr wen\xdf?;F\xfcr alle gro\xdfen und kleinen G\xe4ste.");
    assert_eq!(latin.markdown, "# Für wenß?\n\nFür alle großen und kleinen Gäste.");
    assert!(latin.warnings[0].contains("windows-1252"), "{:?}", latin.warnings);
    let wide: Vec<u8> = "question\tanswer\nÄ?\tö".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xff\xfe".as_slice(), &wide].concat();
    assert_eq!(one("x.csv", marked).markdown, "# Ä?\n\nö");
}

#[test]
fn rows_without_a_pair_are_left_out_and_told() {
    let all = all("x.csv", b"question,answer\nWhy?,\n,\nHow?,So.\n,Lost.\n").unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0].warnings[0].contains("line 2, 5"), "{:?}", all[0].warnings);
    assert_eq!(refused("x.csv", "question,answer\n,\n"), ParseError::Empty);
}

#[test]
fn tables_that_cannot_be_understood_say_what_is_missing() {
    let error = refused("x.csv", "name;price\na;1").to_string();
    assert!(error.contains("`question`") && error.contains("name, price"), "{error}");
    let error = refused("x.csv", "question,answer,visibility\na,b,secrte").to_string();
    assert!(error.contains("row 2") && error.contains("secrte"), "{error}");
    let many = format!("question,answer\n{}", "a,b\n".repeat(5_001));
    assert_eq!(refused("x.csv", many), ParseError::TooManyRows { limit: 5_000 });
}

#[test]
fn markdown_passes_as_it_is() {
    let text = "---\ntitle: Refunds\nvisibility: internal\n---\n\n# Refunds\n\n| a | b |\n|---|---|\n";
    let parsed = one("refunds.md", text.replace('\n', "\r\n"));
    assert_eq!(parsed.markdown, text);
    assert_eq!(parsed.title, None);
}

#[test]
fn text_keeps_its_paragraphs_and_never_becomes_front_matter() {
    let parsed = one("x.txt", "One  \r\nline.\r\n\r\n\r\n\u{1}Two.\r");
    assert_eq!(parsed.markdown, "One\nline.\n\nTwo.");
    let sly = one("x.txt", "---\nvisibility: public\n---\nSecret.");
    assert_eq!(sly.markdown, "\\---\nvisibility: public\n---\nSecret.");
}

#[test]
fn text_in_other_encodings_is_read() {
    let wide: Vec<u8> = "Grüße aus Köln, ganz ohne Marke".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(one("x.txt", &wide).markdown, "Grüße aus Köln, ganz ohne Marke");
    let marked = [b"\xfe\xff".as_slice(), &wide].concat();
    assert_eq!(one("x.txt", marked).markdown, "Grüße aus Köln, ganz ohne Marke");
    let latin = one("x.txt", b"\x93Gr\xfc\xdfe\x94 \x96 10 \x80");
    assert_eq!(latin.markdown, "“Grüße” – 10 €");
    let greek = encoding_rs::WINDOWS_1253
        .encode("Επιστροφή χρημάτων εντός τριάντα ημερών από την αγορά")
        .0
        .into_owned();
    assert!(one("x.txt", greek).markdown.contains("χρημάτων"));
}
