//! Passkeys (WebAuthn): what a browser is asked and whether what it answers is right. Registered ones are
//! discoverable and verify the person (a fingerprint, a PIN), so that one of them is two factors.
//!
//! What is remembered between question and answer travels with the caller, sealed; an answered question is spent
//! in the store.

use passki::{
    AuthenticationCredential, AuthenticationOptions, AuthenticationState, Passki, RegistrationCredential,
    RegistrationOptions, RegistrationState, ResidentKeyRequirement, StoredPasskey,
    UserVerificationRequirement,
};
use serde_json::Value;
use url::{Host, Url};

/// How long a browser's question may be answered, in milliseconds.
const TIMEOUT_MS: u64 = 300_000;

pub struct Passkeys(Passki);

impl Passkeys {
    /// None where browsers have no passkeys: addresses in numbers, and plain HTTP other than on `localhost`.
    pub fn of(public_url: &str) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        if url.scheme() != "https" && host != "localhost" {
            return None;
        }
        Some(Self(Passki::new(host, &[url.origin().ascii_serialization()], "Countersign")))
    }

    /// What the browser is asked to make a passkey, and what to remember.
    pub fn begin(
        &self,
        account: &[u8],
        email: &str,
        name: &str,
        known: &[StoredPasskey],
    ) -> Result<(Value, RegistrationState), String> {
        let mut options = RegistrationOptions::default();
        options.timeout = TIMEOUT_MS;
        options.resident_key = ResidentKeyRequirement::Required;
        options.user_verification = UserVerificationRequirement::Required;
        options.exclude_credentials = Some(known);
        let (question, state) = self
            .0
            .start_passkey_registration(account, email, name, options)
            .map_err(|error| error.to_string())?;
        Ok((serde_json::to_value(question).map_err(|error| error.to_string())?, state))
    }

    pub fn finish(&self, answer: Value, state: &RegistrationState) -> Result<StoredPasskey, String> {
        let answer: RegistrationCredential =
            serde_json::from_value(answer).map_err(|error| error.to_string())?;
        self.0.finish_passkey_registration(&answer, state).map_err(|error| error.to_string())
    }

    /// What the browser is asked to sign in with whatever passkey of this place the person picks.
    pub fn ask(&self) -> Result<(Value, AuthenticationState), String> {
        let mut options = AuthenticationOptions::default();
        options.timeout = TIMEOUT_MS;
        options.user_verification = UserVerificationRequirement::Required;
        let (question, state) =
            self.0.start_passkey_authentication(&[], options).map_err(|error| error.to_string())?;
        Ok((serde_json::to_value(question).map_err(|error| error.to_string())?, state))
    }

    /// The passkey with what its next check compares with, when the answer is of it and of this account.
    pub fn check(
        &self,
        answer: Value,
        state: &AuthenticationState,
        mut passkey: StoredPasskey,
        account: &[u8],
    ) -> Result<StoredPasskey, String> {
        let answer: AuthenticationCredential =
            serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let result = self
            .0
            .finish_passkey_authentication(&answer, state, &passkey)
            .map_err(|error| error.to_string())?;
        // The passkey is discoverable, so the authenticator says whose it takes it for.
        if result.credential_id != passkey.credential_id || result.user_handle.as_deref() != Some(account) {
            return Err("the passkey is of another account".to_owned());
        }
        passkey.counter = result.counter;
        Ok(passkey)
    }
}

/// The credential that an answer names, in base64url.
pub fn named(answer: &Value) -> Option<&str> {
    answer.get("rawId").and_then(Value::as_str).filter(|id| (1..=1400).contains(&id.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_names_and_for_tls() {
        assert!(Passkeys::of("https://desk.example.com").is_some());
        assert!(Passkeys::of("http://localhost:8080").is_some());
        assert!(Passkeys::of("http://127.0.0.1:8080").is_none());
        assert!(Passkeys::of("http://desk.example.com").is_none());
    }

    #[test]
    fn an_answer_that_is_nonsense_is_refused() {
        let passkeys = Passkeys::of("https://desk.example.com").unwrap();
        let (question, state) = passkeys.begin(&[1; 16], "a@b.de", "A", &[]).unwrap();
        assert_eq!(question["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(question["authenticatorSelection"]["residentKey"], "required");
        for nonsense in [Value::Null, serde_json::json!({"rawId": "x", "response": {}})] {
            assert!(passkeys.finish(nonsense.clone(), &state).is_err());
            let (_, state) = passkeys.ask().unwrap();
            assert!(passkeys.check(nonsense, &state, StoredPasskey::default(), &[1; 16]).is_err());
        }
    }
}
