//! `[chat]`: the sites whose pages may hold the chat widget, of workspaces that do not say so themselves.

use serde::{Deserialize, Serialize};

const MAX_SITES: usize = 1_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatConfig {
    /// Origins, spelled as browsers send them.
    pub sites: Vec<String>,
}

impl ChatConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        check_sites("chat.sites", &self.sites)
    }
}

/// Whether each of these is an origin, by the name of the list that they stand in.
pub fn check_sites(list: &str, sites: &[String]) -> Result<(), String> {
    if sites.len() > MAX_SITES {
        return Err(format!("{list} has {} entries and may have {MAX_SITES}", sites.len()));
    }
    for site in sites {
        let origin = url::Url::parse(site)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|url| url.origin().ascii_serialization());
        match origin {
            Some(origin) if origin == *site => {}
            Some(origin) => return Err(format!("{list}: `{site}` is more than an origin; write `{origin}`")),
            None => {
                return Err(format!(
                    "{list}: `{site}` is no origin; write one such as `https://www.example.com`, each site by itself"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_nothing_more_and_the_error_says_which() {
        let check = |site: &str| ChatConfig { sites: vec![site.to_owned()] }.check();
        for good in ["https://www.example.com", "http://localhost:5173", "https://xn--mnchen-3ya.example"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for more in ["https://www.example.com/", "https://www.example.com:443", "https://WWW.example.com"] {
            assert!(check(more).unwrap_err().contains("`https://www.example.com`"), "{more}");
        }
        for bad in ["*", "", "www.example.com", "null", "file:///x", "https://*.example.com/x y"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
