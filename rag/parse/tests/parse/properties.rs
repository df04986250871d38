//! Whatever the bytes are: an answer, and what every answer promises.

use parse::{Input, Kind, Limits, ParseError, Parsed};
use proptest::{collection::vec, prelude::*};

use super::files;

const NAMES: [&str; 8] = ["x.md", "x.html", "x.txt", "x.pdf", "x.docx", "x.csv", "x.eml", "x"];

fn small() -> Limits {
    Limits { nesting: 60, output_bytes: 100_000, rows: 50, pages: 10, ..Limits::default() }
}

fn check(name: &str, bytes: &[u8]) -> Result<Vec<Parsed>, ParseError> {
    let limits = small();
    let answer = parse::parse(Input { bytes, file_name: Some(name), media_type: None }, &limits);
    match &answer {
        Ok(documents) => {
            assert!(!documents.is_empty() && documents.len() <= limits.rows);
            assert!(documents.iter().map(|one| one.markdown.len()).sum::<usize>() <= limits.output_bytes);
            for one in documents {
                assert!(!one.markdown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
                assert!(one.kind == Kind::Markdown || !one.markdown.starts_with("---"));
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 4000 && !message.contains('\n'), "{message}");
        }
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..600)) {
        for name in NAMES {
            check(name, &bytes).ok();
        }
    }

    #[test]
    fn any_text_is_answered(text in "(?s).{0,400}") {
        for name in NAMES {
            check(name, text.as_bytes()).ok();
        }
    }

    #[test]
    fn any_soup_of_tags_is_answered(
        parts in vec("<|>|</|p|b|a href=|table|tr|td|th|ul|li|pre|code|main|form|template|h1|svg|!--|-->|&|;|x| |\n|\"", 0..120)
    ) {
        check("x.html", parts.concat().as_bytes()).ok();
    }

    #[test]
    fn any_table_is_answered(rows in vec(vec("[a\",;\n\t|]{0,6}", 0..5), 0..40)) {
        let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        check("x.csv", format!("question,answer\n{}", rows.join("\n")).as_bytes()).ok();
    }

    #[test]
    fn any_body_of_a_word_document_is_answered(
        parts in vec("<w:p>|</w:p>|<w:r>|</w:r>|<w:t>|</w:t>|<w:tbl>|</w:tbl>|<w:tr>|<w:tc>|</w:tc>|<w:del>|</w:del>|<w:numId w:val=\"1\"/>|<w:ilvl w:val=\"9\"/>|<w:hyperlink r:id=\"rId5\">|</w:hyperlink>|text|&amp;|&lol;", 0..60)
    ) {
        check("x.docx", &files::docx(&parts.concat())).ok();
    }

    #[test]
    fn any_drawing_of_a_pdf_is_answered(
        operators in vec("BT|ET|q|Q|/F1 12 Tf|1 0 0 1 7 7 Tm|(text) Tj|\\[(a) -300 (b)\\] TJ|0 -14 Td|T\\*|9e99 0 0 0 0 0 cm|1 0 0 1 1 1 cm|/X Do|3 Tr|<41> Tj", 0..60)
    ) {
        let marker = files::pdf(&[&[(12, 72, 700, "MARKER")]]);
        let text = String::from_utf8(marker).unwrap();
        let drawn = text.replace("BT /F1 12 Tf 1 0 0 1 72 700 Tm (MARKER) Tj ET", &operators.join("\n"));
        check("x.pdf", drawn.as_bytes()).ok();
    }
}
