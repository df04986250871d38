//! Signing in at a company's own provider: OpenID Connect, authorization code with PKCE, state and nonce.
//!
//! A provider is believed about verified addresses of the domains that it was configured for, and about nothing
//! else. Requests go through the outgoing HTTP port: where its discovery document leads inside the house, they do
//! not follow.

use std::{future::Future, path::Path, pin::Pin, time::Duration};

use domain::Timestamp;
use openidconnect::{
    AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
    core::{CoreClient, CoreProviderMetadata, CoreResponseType},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tools::http::public::PublicClient;
use url::Url;

use super::OpenIdConfig;
use crate::api_key;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Discovery documents and lists of keys are a few kilobytes.
const MAX_BYTES: usize = 512 << 10;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

#[derive(Debug, Error)]
pub enum OpenIdError {
    /// The provider, or the way to it.
    #[error("the provider cannot be used: {0}")]
    Provider(String),
    /// What came back is not what was asked for.
    #[error("the provider's answer was not accepted: {0}")]
    Answer(String),
    #[error("the provider does not say that the address is yours (email_verified)")]
    Unverified,
    #[error("addresses of this domain do not sign in here")]
    Domain,
}

#[derive(Debug, Error)]
#[error("{0}")]
struct Unreachable(String);

/// What is remembered while somebody is at their provider.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    pub company: String,
    pub state: String,
    nonce: String,
    verifier: String,
    pub next: String,
    pub until: Timestamp,
}

/// Whom a provider vouches for.
#[derive(Debug, PartialEq, Eq)]
pub struct Vouched {
    pub issuer: String,
    pub subject: String,
    /// Verified, of one of the company's domains, in lower case.
    pub email: String,
    pub name: Option<String>,
}

pub struct Company {
    config: OpenIdConfig,
    secret: Option<SecretString>,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    wire: Wire,
}

impl Company {
    pub(super) fn new(config: &OpenIdConfig, public_url: &str) -> Result<Self, String> {
        let at = |why: String| format!("sign_in.openid `{}`: {why}", config.name);
        let set = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let file = set(&config.client_secret_file);
        let secret = api_key::read(set(&config.client_secret_env).as_deref(), file.as_deref().map(Path::new))
            .map_err(|why| at(why.replace("api_key_", "client_secret_")))?;
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| at(error.to_string()))?;
        let redirect = format!("{public_url}/v1/sign-in/openid/{}/callback", config.name);
        let redirect = RedirectUrl::new(redirect).map_err(|error| at(error.to_string()))?;
        let host = Url::parse(&config.issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        let client = PublicClient::new(&host.into_iter().collect::<Vec<_>>())
            .map_err(|error| at(error.to_string()))?;
        Ok(Self { config: config.clone(), secret, issuer, redirect, wire: Wire(client) })
    }

    pub fn name(&self) -> &str {
        &self.config.name
    }

    pub fn config(&self) -> &OpenIdConfig {
        &self.config
    }

    async fn discover(&self) -> Result<Client, OpenIdError> {
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.wire)
            .await
            .map_err(|error| OpenIdError::Provider(chain(&error)))?;
        let secret = self.secret.as_ref().map(|s| ClientSecret::new(s.expose_secret().to_owned()));
        Ok(CoreClient::from_provider_metadata(metadata, ClientId::new(self.config.client_id.clone()), secret)
            .set_redirect_uri(self.redirect.clone()))
    }

    /// Where to send the browser, and what to remember.
    pub async fn begin(&self, next: String, until: Timestamp) -> Result<(Url, Pending), OpenIdError> {
        let client = self.discover().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            company: self.config.name.clone(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next,
            until,
        };
        Ok((url, pending))
    }

    /// Trades the code for what the provider says of the person.
    pub async fn finish(
        &self,
        code: String,
        pending: &Pending,
        now: Timestamp,
    ) -> Result<Vouched, OpenIdError> {
        let client = self.discover().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OpenIdError::Provider(chain(&error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.wire)
            .await
            .map_err(|error| OpenIdError::Provider(chain(&error)))?;
        let token =
            tokens.id_token().ok_or_else(|| OpenIdError::Answer("it holds no identity token".to_owned()))?;
        let at = move || chrono::DateTime::from_timestamp_micros(now.0).unwrap_or_default();
        let verifier = client.id_token_verifier().set_time_fn(at);
        let claims = token
            .claims(&verifier, &Nonce::new(pending.nonce.clone()))
            .map_err(|error| OpenIdError::Answer(chain(&error)))?;
        if claims.email_verified() != Some(true) {
            return Err(OpenIdError::Unverified);
        }
        let email = claims.email().map(|email| email.to_lowercase()).unwrap_or_default();
        let domain = email.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        if !self.config.domains.iter().any(|ours| ours.eq_ignore_ascii_case(domain)) {
            return Err(OpenIdError::Domain);
        }
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.trim().to_owned());
        Ok(Vouched {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email,
            name: name.filter(|name| !name.is_empty()).map(|name| name.chars().take(100).collect()),
        })
    }
}

/// The outgoing HTTP port, as the protocol's library asks for it.
struct Wire(PublicClient);

type Exchange = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreachable>> + Send>>;

impl AsyncHttpClient<'_> for Wire {
    type Error = Unreachable;
    // It borrows nothing, so that what waits for it can move between threads.
    type Future = Exchange;

    fn call(&self, request: HttpRequest) -> Exchange {
        Box::pin(exchange(self.0.clone(), request))
    }
}

async fn exchange(client: PublicClient, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(|error| Unreachable(error.to_string()))?;
    let sent = client.send(parts.method, &url, parts.headers, body, TIMEOUT).await;
    let answer = sent.map_err(|error| Unreachable(error.to_string()))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let read = client.read(answer, MAX_BYTES, TIMEOUT).await;
    let body = read.map_err(|error| Unreachable(error.to_string()))?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// An error with its causes; none of them holds a secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.chars().take(400).collect()
}
