//! Secrets that the database keeps: sealed, so that a copy of it tells none of them.
//!
//! AES-256-GCM under a key that is derived from the service's own (HKDF-SHA256). A sealed text names its key, so
//! that the service's key can be changed: what was sealed under a former one is still read, and sealed anew by
//! whoever uses it. It is bound to its purpose: a text that is put elsewhere does not open there.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Ids;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hkdf,
};
use thiserror::Error;

const FORM: &str = "v1";

#[derive(Debug, Error, PartialEq, Eq)]
pub enum SealingError {
    #[error("a sealed text is damaged, or belongs to something else")]
    Damaged,
    #[error(
        "a text was sealed under the key {0}, which is neither secrets.key nor one of secrets.former_keys"
    )]
    UnknownKey(String),
    #[error("the cipher failed")]
    Cipher,
}

struct Key {
    id: String,
    key: LessSafeKey,
}

impl Key {
    fn derive(master: &[u8; 32]) -> Result<Self, SealingError> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign sealing").extract(master);
        let okm = secret.expand(&[b"aes-256-gcm"], &AES_256_GCM).map_err(|_| SealingError::Cipher)?;
        let mut named = b"countersign sealing key\0".to_vec();
        named.extend_from_slice(master);
        let id = hex::encode(&digest::digest(&digest::SHA256, &named).as_ref()[..4]);
        Ok(Self { id, key: LessSafeKey::new(UnboundKey::from(okm)) })
    }
}

/// What was sealed.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub plain: Vec<u8>,
    /// Under a former key: seal it anew.
    pub stale: bool,
}

/// Seals under the first of its keys and opens with any.
pub struct Sealing(Vec<Key>);

impl Sealing {
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k [u8; 32]>) -> Result<Self, SealingError> {
        Ok(Self(keys.into_iter().map(Key::derive).collect::<Result<_, _>>()?))
    }

    /// `purpose` says what it is and whose.
    pub fn seal(&self, purpose: &str, plain: &[u8], ids: &dyn Ids) -> Result<String, SealingError> {
        let key = self.0.first().ok_or(SealingError::Cipher)?;
        let random = ids.secret();
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&random[..NONCE_LEN]);
        let mut text = plain.to_vec();
        key.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut text,
            )
            .map_err(|_| SealingError::Cipher)?;
        let body = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &text].concat());
        Ok(format!("{FORM}.{}.{body}", key.id))
    }

    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Opened, SealingError> {
        let mut parts = sealed.split('.');
        let (Some(FORM), Some(id), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealingError::Damaged);
        };
        let place = self.0.iter().position(|key| key.id == id);
        let place = place.ok_or_else(|| SealingError::UnknownKey(id.chars().take(8).collect()))?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| SealingError::Damaged)?;
        let (nonce, text) = body.split_first_chunk::<NONCE_LEN>().ok_or(SealingError::Damaged)?;
        let mut text = text.to_vec();
        let plain = self.0[place]
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealingError::Damaged)?;
        Ok(Opened { plain: plain.to_vec(), stale: place > 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemIds;
    use proptest::prelude::*;

    #[test]
    fn what_was_sealed_under_a_former_key_opens_and_is_said_to_be_stale() {
        let (old, new) = ([7; 32], [8; 32]);
        let before = Sealing::new([&old]).unwrap().seal("totp:1", b"secret", &SystemIds).unwrap();
        let both = Sealing::new([&new, &old]).unwrap();
        assert_eq!(both.open("totp:1", &before).unwrap(), Opened { plain: b"secret".to_vec(), stale: true });
        let after = both.seal("totp:1", b"secret", &SystemIds).unwrap();
        assert!(!both.open("totp:1", &after).unwrap().stale);
        let only = Sealing::new([&new]).unwrap();
        assert!(matches!(only.open("totp:1", &before), Err(SealingError::UnknownKey(_))));
        assert_eq!(only.open("totp:2", &after), Err(SealingError::Damaged));
        assert!(!before.contains("secret"));
    }

    proptest! {
        #[test]
        fn no_altered_text_opens(at in 0usize..200, with in "[A-Za-z0-9._-]") {
            let sealing = Sealing::new([&[7; 32]]).unwrap();
            let sealed = sealing.seal("p", b"a secret of some length", &SystemIds).unwrap();
            let mut text: Vec<char> = sealed.chars().collect();
            let at = at % text.len();
            let with = with.chars().next().unwrap();
            prop_assume!(text[at] != with);
            text[at] = with;
            let altered: String = text.into_iter().collect();
            prop_assert!(sealing.open("p", &altered).is_err());
        }

        #[test]
        fn nothing_that_is_handed_in_panics(text in ".{0,80}") {
            prop_assert!(Sealing::new([&[7; 32]]).unwrap().open("p", &text).is_err());
        }
    }
}
