//! Passwords that are known from breaches, asked for so that nobody learns which one is meant: the first five
//! digits of its digest go out, and all digests that begin so come back (the range API of Have I Been Pwned).

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ring::digest;
use tools::http::public::PublicClient;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(3);
/// Some thousand digests of 40 bytes; padded ones are longer.
const MAX_BYTES: usize = 1 << 20;
/// Digits that are told.
const TOLD: usize = 5;

pub struct Breached {
    client: PublicClient,
    base: Url,
}

impl Breached {
    /// `url` is what the five digits are appended to.
    pub fn new(url: &str) -> Result<Self, String> {
        let text = format!("{}/", url.trim_end_matches('/'));
        let base = Url::parse(&text).map_err(|error| format!("sign_in.breached_passwords: {error}"))?;
        // Whoever configured the host meant it, also on this machine.
        let host: Vec<String> = base.host_str().map(str::to_owned).into_iter().collect();
        let client = PublicClient::new(&host).map_err(|error| error.to_string())?;
        Ok(Self { client, base })
    }

    /// The error says why it is not known.
    pub async fn knows(&self, password: &str) -> Result<bool, String> {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let digest = hex::encode_upper(digest.as_ref());
        let (told, kept) = digest.split_at(TOLD);
        let url = self.base.join(told).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        // So that the length of the answer does not tell the range either.
        headers.insert(HeaderName::from_static("add-padding"), HeaderValue::from_static("true"));
        let answer = self.client.get(&url, headers, TIMEOUT).await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("it answers with status {}", answer.status().as_u16()));
        }
        let body = self.client.read(answer, MAX_BYTES, TIMEOUT).await.map_err(|error| error.to_string())?;
        Ok(lists(&String::from_utf8_lossy(&body), kept))
    }
}

/// Whether a line `REST:COUNT` is of this digest. Padding has the count 0.
fn lists(answer: &str, rest: &str) -> bool {
    answer.lines().filter_map(|line| line.trim().split_once(':')).any(|(digest, count)| {
        digest.eq_ignore_ascii_case(rest) && count.trim().parse::<u64>().is_ok_and(|count| count > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_no_breach() {
        assert!(lists("00A:3\r\n00B:1\r\n", "00b"));
        assert!(!lists("00A:3\r\n00B:0\r\n", "00B"));
        assert!(!lists("nonsense", "00B"));
    }
}
