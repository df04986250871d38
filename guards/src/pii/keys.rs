//! How keys of well-known services begin, from what the services publish about them. A new one is
//! one more line.

use super::Kind;

pub(crate) struct Key {
    /// As it is written, case included.
    pub prefix: &'static str,
    /// How many characters follow at least.
    pub least: usize,
    pub alphabet: Alphabet,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `A-Z 0-9`.
    Upper,
    /// `A-Z a-z 0-9`.
    Letters,
    /// The ones above, `_` and `-`.
    Url,
    /// The ones above and `.`.
    Dotted,
    /// The ones above, `+`, `/` and `=`.
    Base64,
    /// `0-9 a-f`.
    Hex,
}

impl Alphabet {
    pub fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || b"_-".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"_-.".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte),
            Self::Hex => byte.is_ascii_hexdigit(),
        }
    }
}

const fn key(prefix: &'static str, least: usize, alphabet: Alphabet) -> Key {
    Key { prefix, least, alphabet, kind: Kind::ApiKey }
}

pub(crate) const KEYS: &[Key] = &[
    // Clouds.
    key("AKIA", 16, Alphabet::Upper),
    key("ASIA", 16, Alphabet::Upper),
    key("ABIA", 16, Alphabet::Upper),
    key("ACCA", 16, Alphabet::Upper),
    key("AIza", 35, Alphabet::Url),
    key("ya29.", 20, Alphabet::Url),
    key("GOCSPX-", 20, Alphabet::Url),
    key("dop_v1_", 40, Alphabet::Hex),
    key("doo_v1_", 40, Alphabet::Hex),
    key("hvs.", 24, Alphabet::Url),
    key("LTAI", 12, Alphabet::Letters),
    // Code and packages.
    key("ghp_", 30, Alphabet::Letters),
    key("gho_", 30, Alphabet::Letters),
    key("ghu_", 30, Alphabet::Letters),
    key("ghs_", 30, Alphabet::Letters),
    key("ghr_", 30, Alphabet::Letters),
    key("github_pat_", 22, Alphabet::Url),
    key("glpat-", 20, Alphabet::Dotted),
    key("npm_", 30, Alphabet::Letters),
    key("pypi-", 40, Alphabet::Url),
    key("rubygems_", 40, Alphabet::Hex),
    key("dckr_pat_", 20, Alphabet::Url),
    key("ATATT3", 40, Alphabet::Base64),
    key("lin_api_", 30, Alphabet::Letters),
    key("PMAK-", 40, Alphabet::Url),
    key("figd_", 30, Alphabet::Url),
    key("ntn_", 30, Alphabet::Letters),
    key("glsa_", 32, Alphabet::Url),
    // Payments and shops.
    key("sk_live_", 16, Alphabet::Letters),
    key("sk_test_", 16, Alphabet::Letters),
    key("rk_live_", 16, Alphabet::Letters),
    key("rk_test_", 16, Alphabet::Letters),
    key("pk_live_", 16, Alphabet::Letters),
    key("whsec_", 24, Alphabet::Base64),
    key("shpat_", 32, Alphabet::Hex),
    key("shpca_", 32, Alphabet::Hex),
    key("shppa_", 32, Alphabet::Hex),
    key("shpss_", 32, Alphabet::Hex),
    key("sq0atp-", 22, Alphabet::Url),
    key("sq0csp-", 22, Alphabet::Url),
    // Messages.
    key("xoxb-", 20, Alphabet::Url),
    key("xoxp-", 20, Alphabet::Url),
    key("xoxa-", 20, Alphabet::Url),
    key("xoxs-", 20, Alphabet::Url),
    key("xoxe.", 20, Alphabet::Url),
    key("xapp-", 20, Alphabet::Url),
    key("SG.", 40, Alphabet::Dotted),
    key("xkeysib-", 40, Alphabet::Url),
    // Models.
    key("sk-", 20, Alphabet::Url),
    key("hf_", 30, Alphabet::Letters),
    key("gsk_", 40, Alphabet::Letters),
    key("xai-", 40, Alphabet::Letters),
    key("nvapi-", 40, Alphabet::Url),
    key("pplx-", 40, Alphabet::Letters),
    key("r8_", 30, Alphabet::Letters),
    // Not a service's, and a private key.
    Key { prefix: "AGE-SECRET-KEY-1", least: 50, alphabet: Alphabet::Upper, kind: Kind::PrivateKey },
    // A JSON web token: `{"` in base64. What follows is judged apart.
    Key { prefix: "eyJ", least: 10, alphabet: Alphabet::Dotted, kind: Kind::AccessToken },
];
