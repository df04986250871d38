//! How people prove who they are: passwords, codes of an authenticator app, passkeys, companies' providers; and
//! what the configuration asks of them. Who is in is [`crate::http`]'s.

pub mod breached;
pub mod codes;
pub mod openid;
pub mod passkeys;

use std::collections::BTreeSet;

use domain::{Ids, WorkspaceId, user::Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    app::{AppError, Keys},
    sealing::Sealing,
};
use breached::Breached;
use openid::Company;
use passkeys::Passkeys;

/// Characters of a password at least; bytes at most.
pub const LEAST_PASSWORD: usize = 10;
pub const MAX_PASSWORD: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    Optional,
    Required,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// Empty: nothing is looked up.
    pub breached_passwords: String,
    pub second_factor: SecondFactor,
    #[serde(default)]
    pub openid: Vec<OpenIdConfig>,
}

/// A company whose people sign in at their own provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdConfig {
    pub name: String,
    pub title: String,
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub client_secret_env: String,
    #[serde(default)]
    pub client_secret_file: String,
    /// The provider is believed about addresses of these alone.
    pub domains: Vec<String>,
    /// The slug of the workspace that new people join; without one only members come in.
    #[serde(default)]
    pub workspace: Option<String>,
    #[serde(default = "viewer")]
    pub role: Role,
}

fn viewer() -> Role {
    Role::Viewer
}

impl SignInConfig {
    pub fn check(&self) -> Result<(), String> {
        if !self.breached_passwords.is_empty() {
            web(&self.breached_passwords).map_err(|why| format!("sign_in.breached_passwords {why}"))?;
        }
        let mut names = BTreeSet::new();
        for company in &self.openid {
            let name = &company.name;
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
                return Err(format!(
                    "sign_in.openid: the name `{name}` goes into addresses: lower-case letters, digits and dashes"
                ));
            }
            if !names.insert(name) {
                return Err(format!("sign_in.openid: two are called `{name}`"));
            }
            web(&company.issuer).map_err(|why| format!("sign_in.openid `{name}`: issuer {why}"))?;
            if company.domains.is_empty() || company.domains.iter().any(|d| d.contains('@') || d.is_empty()) {
                return Err(format!(
                    "sign_in.openid `{name}`: domains names whose addresses the provider is believed about, such as [\"example.com\"]"
                ));
            }
            if company.role == Role::Owner {
                return Err(format!("sign_in.openid `{name}`: nobody joins as an owner"));
            }
        }
        Ok(())
    }
}

/// By TLS, or on this machine.
fn web(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || (url.scheme() == "http" && local) {
        Ok(url)
    } else {
        Err("must begin with https:// (http:// for this machine alone)".to_owned())
    }
}

/// Everything that is needed to tell people apart.
pub struct SignIn {
    pub sealing: Sealing,
    pub second_factor: SecondFactor,
    pub companies: Vec<Company>,
    pub passkeys: Option<Passkeys>,
    breached: Option<Breached>,
}

impl SignIn {
    /// `public_url` is how people reach the service.
    pub fn new(config: &SignInConfig, keys: &Keys, public_url: &str) -> Result<Self, AppError> {
        let setup = |why: String| AppError::Setup(why);
        let all = std::iter::once(keys.master()).chain(keys.former());
        let breached = match config.breached_passwords.as_str() {
            "" => None,
            url => Some(Breached::new(url).map_err(setup)?),
        };
        let companies = config.openid.iter().map(|company| Company::new(company, public_url));
        Ok(Self {
            sealing: Sealing::new(all).map_err(|error| AppError::Setup(error.to_string()))?,
            second_factor: config.second_factor,
            companies: companies.collect::<Result<_, _>>().map_err(setup)?,
            passkeys: Passkeys::of(public_url),
            breached,
        })
    }

    pub fn company(&self, name: &str) -> Option<&Company> {
        self.companies.iter().find(|company| company.name() == name)
    }

    /// Whether a password may be somebody's; otherwise what to do.
    pub async fn acceptable(&self, password: &str, email: &str) -> Result<(), String> {
        plausible(password, email)?;
        let Some(breached) = &self.breached else { return Ok(()) };
        match breached.knows(password).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(
                "this password is known from a breach of some other service: choose one that you use nowhere else"
                    .to_owned(),
            ),
            // Nobody must be kept from changing a password because another service is away.
            Err(why) => {
                tracing::warn!(why, "a new password could not be looked up among breached ones");
                Ok(())
            }
        }
    }
}

fn plausible(password: &str, email: &str) -> Result<(), String> {
    let count = password.chars().count();
    if count < LEAST_PASSWORD {
        return Err(format!(
            "the password has {count} characters and needs {LEAST_PASSWORD}; a few words are easy to keep in mind"
        ));
    }
    if password.len() > MAX_PASSWORD {
        return Err(format!("the password has more than {MAX_PASSWORD} bytes"));
    }
    if password.to_lowercase() == email.to_lowercase() {
        return Err("the password is your address: choose another".to_owned());
    }
    Ok(())
}

/// A secret that goes into a link, and what is kept of it.
pub struct Link {
    pub token: String,
    pub sha256: String,
}

impl Link {
    pub fn new(ids: &dyn Ids) -> Self {
        let token = hex::encode(ids.secret());
        Self { sha256: digest(&token), token }
    }
}

/// What is kept of a secret: SHA-256 in lower-case hexadecimal.
pub fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Where a link to choose a new password leads. What is behind `#` stays in the browser: no log and no other site
/// sees it.
pub fn reset_link(public_url: &str, token: &str) -> String {
    format!("{public_url}/reset#{token}")
}

pub fn invitation_link(public_url: &str, token: &str) -> String {
    format!("{public_url}/invitation#{token}")
}

/// What a link to decide with begins with, and one for a customer to sign in with: they name their workspace, whose
/// secrets they are looked up among.
pub const APPROVAL_LINK_PREFIX: &str = "ca_";
pub const CUSTOMER_LINK_PREFIX: &str = "cp_";

impl Link {
    /// For something of one workspace.
    pub fn naming(prefix: &str, ids: &dyn Ids, workspace: WorkspaceId) -> Self {
        let secret = hex::encode(ids.secret());
        let token = format!("{prefix}{}_{secret}", workspace.0.simple());
        Self { sha256: digest(&token), token }
    }
}

/// The workspace that a link of this kind names.
pub fn workspace_of(prefix: &str, token: &str) -> Option<WorkspaceId> {
    let (workspace, secret) = token.strip_prefix(prefix)?.split_once('_')?;
    let plain = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !plain(workspace, 32) || !plain(secret, 64) {
        return None;
    }
    workspace.parse().ok().map(WorkspaceId)
}

pub fn customer_link(public_url: &str, token: &str) -> String {
    format!("{public_url}/help/sign-in#{token}")
}

pub fn approval_link(public_url: &str, token: &str) -> String {
    format!("{public_url}/decide#{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_ten_characters_and_is_not_the_address() {
        assert!(plausible("123456789", "a@b.de").unwrap_err().contains("needs 10"));
        assert!(plausible("ääääääääää", "a@b.de").is_ok());
        assert!(plausible(&"x".repeat(257), "a@b.de").is_err());
        assert!(plausible("Anna@example.de", "anna@example.de").is_err());
    }

    #[test]
    fn a_link_to_decide_with_names_its_workspace_and_nothing_else_does() {
        let workspace: WorkspaceId = "019ab0f4-7c4e-7000-8000-000000000001".parse().unwrap();
        let link = Link::naming(APPROVAL_LINK_PREFIX, &crate::system::SystemIds, workspace);
        assert_eq!(workspace_of(APPROVAL_LINK_PREFIX, &link.token), Some(workspace));
        assert_eq!(workspace_of(CUSTOMER_LINK_PREFIX, &link.token), None);
        assert_eq!(link.sha256, digest(&link.token));
        let upper = link.token.to_uppercase();
        let short = &link.token[..link.token.len() - 1];
        for bad in ["", "ca_", "ca__", upper.as_str(), short, "cs_live_x", &link.token.replace('_', "-")] {
            assert_eq!(workspace_of(APPROVAL_LINK_PREFIX, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_provider_is_reached_by_tls_and_believed_about_its_own_domains() {
        let company = |issuer: &str, domains: &str, role: &str| {
            crate::config::Config::with(&format!(
                "[[sign_in.openid]]\nname = \"acme\"\ntitle = \"Acme\"\nissuer = \"{issuer}\"\nclient_id = \"x\"\n\
                 domains = {domains}\nrole = \"{role}\"\n"
            ))
            .map(|_| ())
        };
        company("https://id.acme.example", "[\"acme.example\"]", "agent").unwrap();
        company("http://127.0.0.1:9000", "[\"acme.example\"]", "agent").unwrap();
        company("http://id.acme.example", "[\"acme.example\"]", "agent").unwrap_err();
        company("https://id.acme.example", "[]", "agent").unwrap_err();
        company("https://id.acme.example", "[\"acme.example\"]", "owner").unwrap_err();
    }
}
