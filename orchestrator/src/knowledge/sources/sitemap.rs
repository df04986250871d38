//! Sitemaps as sitemaps.org describes them: lists of pages, and lists of such lists.

use quick_xml::{Reader, events::Event};

/// How deep elements may stand in each other.
const MAX_NESTING: usize = 32;
/// Addresses may have fewer characters than this; longer ones are left out.
const MAX_ADDRESS_CHARS: usize = 2_048;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sitemap {
    Pages(Vec<String>),
    /// Addresses of further sitemaps.
    Index(Vec<String>),
}

/// Reads a sitemap. Entities of its own are not known, and so expand to nothing. The error says what
/// is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Sitemap, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut path: Vec<String> = Vec::new();
    let mut index = None;
    let (mut found, mut address) = (Vec::new(), String::new());
    loop {
        let event = reader.read_event().map_err(|error| format!("its XML is damaged ({error})"))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.is_empty() && index.is_none() {
                    index = Some(is_index(&name)?);
                }
                path.push(name);
                if path.len() > MAX_NESTING {
                    return Err(format!("its XML is nested deeper than {MAX_NESTING}"));
                }
                address.clear();
            }
            Event::Empty(start) if path.is_empty() && index.is_none() => {
                index = Some(is_index(start.local_name().as_ref())?);
            }
            Event::End(_) => {
                if is_address(&path) && !address.trim().is_empty() && address.len() < MAX_ADDRESS_CHARS {
                    found.push(address.trim().to_owned());
                }
                path.pop();
            }
            Event::Text(text) if is_address(&path) => address.push_str(&text.xml10_content()),
            Event::CData(text) if is_address(&path) => address.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if is_address(&path) => {
                if let Ok(Some(letter)) = reference.resolve_char_ref() {
                    address.push(letter);
                } else if let Some(text) =
                    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
                {
                    address.push_str(text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match (index, path.is_empty()) {
        (Some(true), true) => Ok(Sitemap::Index(found)),
        (Some(false), true) => Ok(Sitemap::Pages(found)),
        (Some(_), false) => Err("its XML ends in the middle".to_owned()),
        (None, _) => Err("it holds no XML".to_owned()),
    }
}

fn is_index(root: &str) -> Result<bool, String> {
    match root {
        "urlset" => Ok(false),
        "sitemapindex" => Ok(true),
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(format!("it opens with `{shown}`, not with `urlset` or `sitemapindex`"))
        }
    }
}

/// Whether this is where a page's or a sitemap's own address stands; images and videos have theirs.
fn is_address(path: &[String]) -> bool {
    matches!(path, [_, entry, loc] if matches!(entry.as_str(), "url" | "sitemap") && loc == "loc")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_and_sitemaps_are_told_apart_and_pictures_are_no_pages() {
        let pages = "\u{feff}<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
            xmlns:image=\"i\"><url><loc> https://a.example/x?a=1&amp;b=2 </loc><lastmod>2026-01-01</lastmod>\
            <image:image><image:loc>https://a.example/x.png</image:loc></image:image></url>\
            <url><loc><![CDATA[https://a.example/y]]></loc></url><url><loc/></url></urlset>";
        let expected = ["https://a.example/x?a=1&b=2", "https://a.example/y"].map(str::to_owned).to_vec();
        assert_eq!(read(pages.as_bytes()), Ok(Sitemap::Pages(expected)));
        let index = "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>";
        assert_eq!(read(index.as_bytes()), Ok(Sitemap::Index(vec!["https://a.example/1.xml".to_owned()])));
        assert_eq!(read(b"<urlset/>"), Ok(Sitemap::Pages(Vec::new())));
    }

    #[test]
    fn what_is_no_sitemap_is_refused_with_the_reason() {
        for (text, why) in [
            ("<html><body>Not found</body></html>", "opens with `html`"),
            ("<urlset><url><loc>https://a.example/</loc>", "ends in the middle"),
            ("<urlset><url></urlset>", "damaged"),
            ("", "holds no XML"),
            ("just words", "holds no XML"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(read(b"\xff\xfe<\0").is_err());
        assert!(read("<urlset>".repeat(100).as_bytes()).is_err());
    }

    #[test]
    fn entities_of_its_own_expand_to_nothing() {
        let text = "<!DOCTYPE urlset [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
            <urlset><url><loc>https://a.example/&b;</loc></url></urlset>";
        assert_eq!(read(text.as_bytes()), Ok(Sitemap::Pages(vec!["https://a.example/".to_owned()])));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "[<>/a-z&;! ]{0,200}") {
            let outcomes = [read(&bytes), read(format!("<urlset>{text}").as_bytes())];
            for error in outcomes.into_iter().filter_map(Result::err) {
                prop_assert!(!error.is_empty());
            }
        }
    }
}
