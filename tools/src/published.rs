//! The limits that well-known services publish, for integrations that declare none.
//!
//! Of several plans the lowest that is common; whoever has more declares it (`rate` and `burst`). Services
//! that are not here have no limit but what they answer (429).

use domain::rate::RateLimit;
use url::{Host, Url};

struct Published {
    /// The host itself, and all below it.
    domain: &'static str,
    rate: &'static str,
    burst: Option<u32>,
    /// Where it is written.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads or checks the table"))]
    source: &'static str,
}

const PUBLISHED: [Published; 5] = [
    Published {
        domain: "myshopify.com",
        rate: "2/second",
        burst: Some(40),
        source: "https://www.shopify.dev/docs/api/admin-rest/usage/rate-limits",
    },
    // Team plans.
    Published {
        domain: "zendesk.com",
        rate: "200/minute",
        burst: None,
        source: "https://developer.zendesk.com/api-reference/introduction/rate-limits",
    },
    // Of posting messages; methods that only read take more.
    Published {
        domain: "slack.com",
        rate: "1/second",
        burst: None,
        source: "https://api.slack.com/apis/rate-limits",
    },
    Published {
        domain: "api.hubapi.com",
        rate: "100/10s",
        burst: None,
        source: "https://developers.hubspot.com/apisbytier",
    },
    Published {
        domain: "api.stripe.com",
        rate: "100/second",
        burst: None,
        source: "https://docs.stripe.com/rate-limits",
    },
];

/// What the service at this address is known to take.
pub(crate) fn rate_of(url: &Url) -> Option<RateLimit> {
    let Some(Host::Domain(host)) = url.host() else { return None };
    let known = PUBLISHED.iter().find(|known| {
        host.strip_suffix(known.domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })?;
    RateLimit::parse(known.rate, known.burst).ok()
}

/// What was declared, else what is published; the error says what to write.
pub fn declared(
    rate: Option<&str>,
    burst: Option<u32>,
    url: Option<&Url>,
) -> Result<Option<RateLimit>, String> {
    match (rate, burst) {
        (Some("none"), None) => Ok(None),
        (Some(rate), burst) => RateLimit::parse(rate, burst).map(Some),
        (None, Some(_)) => Err("`burst` needs a `rate` such as `100/minute`".to_owned()),
        (None, None) => Ok(url.and_then(rate_of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_limit_can_be_read_and_says_where_it_is_from() {
        for known in &PUBLISHED {
            RateLimit::parse(known.rate, known.burst).unwrap();
            assert_eq!(Url::parse(known.source).unwrap().scheme(), "https");
        }
    }

    #[test]
    fn a_limit_goes_by_the_host_and_what_is_declared_wins() {
        let url = |text: &str| Url::parse(text).unwrap();
        let rate = |text: &str| rate_of(&url(text)).map(|rate| rate.to_string());
        assert_eq!(rate("https://north.zendesk.com/api/v2").as_deref(), Some("200/minute"));
        assert_eq!(rate("https://slack.com/api").as_deref(), Some("1/second"));
        for other in ["https://notslack.com", "https://slack.com.evil.example", "http://127.0.0.1:8080"] {
            assert_eq!(rate(other), None, "{other}");
        }
        let zendesk = url("https://north.zendesk.com");
        let own = declared(Some("700/minute"), Some(50), Some(&zendesk)).unwrap().unwrap();
        assert_eq!(own.to_string(), "700/minute");
        assert_eq!(declared(Some("none"), None, Some(&zendesk)), Ok(None));
        declared(None, Some(5), Some(&zendesk)).unwrap_err();
        declared(Some("fast"), None, None).unwrap_err();
    }
}
