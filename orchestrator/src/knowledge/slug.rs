//! Names for documents from names of files and from questions.

use domain::canonical::Digest;
use url::Url;

/// What a file's stem may have in a slug, and what a question may; with the `/` between them and
/// a number behind, a slug has at most 200 characters.
const MAX_STEM_CHARS: usize = 90;
const MAX_QUESTION_CHARS: usize = 90;
const MAX_HOST_CHARS: usize = 40;

/// The slug of a file: its stem in lower case, with `-` for whatever a slug may not have. A
/// Markdown file whose stem can be a slug as it is keeps it. `None` when nothing is left.
pub(super) fn of_file(name: &str, markdown: bool) -> Option<String> {
    let name = base(name);
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    if markdown && rag::is_slug(stem) {
        return Some(stem.to_owned());
    }
    made(stem, MAX_STEM_CHARS)
}

/// The slug of a page of the web: its host and its path, with `/` where the path has it.
pub(super) fn of_url(url: &Url) -> Option<String> {
    let host = made(url.host_str()?, MAX_HOST_CHARS)?;
    let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    let mut parts: Vec<String> = path.split('/').filter_map(|part| made(part, MAX_STEM_CHARS)).collect();
    parts.extend(url.query().and_then(|query| made(query, MAX_STEM_CHARS)));
    let path = parts.join("/");
    if path.is_empty() {
        return Some(host);
    }
    if host.chars().count() + path.chars().count() < MAX_STEM_CHARS {
        return Some(format!("{host}/{path}"));
    }
    // Long addresses that begin alike stay apart.
    let digest = digest_of(&path);
    let room = MAX_STEM_CHARS.saturating_sub(host.chars().count() + digest.len() + 2);
    let short: String = path.chars().take(room).collect();
    Some(format!("{host}/{}-{digest}", short.trim_end_matches(['-', '.', '/'])))
}

/// The last part of a name that may be a path, as some programs send it.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The slug of a pair in a table. The place of the pair does not matter, so that pairs may move.
pub(super) fn of_question(table: &str, question: &str) -> String {
    let question = made(question, MAX_QUESTION_CHARS).unwrap_or_else(|| digest_of(question));
    format!("{table}/{question}")
}

fn made(text: &str, max: usize) -> Option<String> {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || matches!(c, '_' | '.') {
            slug.push(c);
        } else if !is_accent(c) && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let ends = |c: char| matches!(c, '-' | '.');
    let slug = slug.trim_matches(ends);
    if slug.is_empty() {
        return None;
    }
    if slug.chars().count() <= max {
        return Some(slug.to_owned());
    }
    // Long texts that begin alike stay apart.
    let digest = digest_of(text);
    let short: String = slug.chars().take(max - digest.len() - 1).collect();
    Some(format!("{}-{digest}", short.trim_end_matches(ends)))
}

/// Whether it only changes the letter before it, as some systems write accents in file names.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn digest_of(text: &str) -> String {
    Digest::of_bytes(text.as_bytes()).short().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slug_is_the_stem_with_what_a_slug_may_have() {
        for (name, slug) in [
            ("Returns & Refunds (2026).pdf", "returns-refunds-2026"),
            ("C:\\docs\\Rückgabe.DOCX", "rückgabe"),
            ("Ru\u{308}ckgabe.docx", "ruckgabe"),
            ("v1.2 notes.txt", "v1.2-notes"),
            ("two_factor.html", "two_factor"),
            (".pdf", "pdf"),
        ] {
            assert_eq!(of_file(name, false).as_deref(), Some(slug), "{name}");
        }
        assert_eq!(of_file("???.pdf", false), None);
        assert_eq!(of_file("Two_Factor.md", true).as_deref(), Some("Two_Factor"));
        assert_eq!(of_file("Two Factor.md", true).as_deref(), Some("two-factor"));
    }

    #[test]
    fn a_page_is_named_by_its_host_and_path() {
        for (url, slug) in [
            ("https://Help.Example.com/", "help.example.com"),
            ("https://help.example.com/en/returns/", "help.example.com/en/returns"),
            ("https://help.example.com/en/returns.html?page=2", "help.example.com/en/returns.html/page-2"),
            ("http://127.0.0.1:8080/R%C3%BCckgabe", "127.0.0.1/rückgabe"),
        ] {
            assert_eq!(of_url(&url.parse().unwrap()).as_deref(), Some(slug), "{url}");
        }
        let long =
            |end: &str| of_url(&format!("https://a.example/{}{end}", "x/".repeat(200)).parse().unwrap());
        assert_ne!(long("1"), long("2"));
    }

    #[test]
    fn long_names_that_begin_alike_stay_apart() {
        let long = "a".repeat(300);
        let one = of_file(&format!("{long}x.pdf"), false).unwrap();
        assert_ne!(one, of_file(&format!("{long}y.pdf"), false).unwrap());
    }

    proptest! {
        #[test]
        fn every_slug_that_is_made_can_name_a_document(name in "\\PC{0,300}", question in "\\PC{0,300}") {
            for markdown in [false, true] {
                if let Ok(url) = Url::parse("https://help.example.com").and_then(|base| base.join(&name))
                    && let Some(slug) = of_url(&url)
                {
                    prop_assert!(rag::is_slug(&format!("{}-5000", of_question(&slug, &question))), "{slug}");
                }
                let Some(slug) = of_file(&name, markdown) else { continue };
                prop_assert!(rag::is_slug(&slug), "{slug}");
                if !markdown {
                    let pair = format!("{}-5000", of_question(&slug, &question));
                    prop_assert!(rag::is_slug(&pair), "{pair}");
                }
            }
        }
    }
}
