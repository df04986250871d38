//! Bytes sealed for storage: AES-256-GCM, with keys that have names and can be replaced.
//!
//! What is sealed is bound to what the caller says it belongs to, such as a workspace and a row, and
//! opens nowhere else. Randomness is the caller's: a nonce must never be used twice with one key, and
//! random ones of 96 bits are good for some four thousand million messages (NIST SP 800-38D, 8.3).
//!
//! Sealed bytes are a version (1), the length of the key's name, the name, the nonce (12 bytes), then
//! the ciphertext with its tag (16 bytes).

use std::fmt;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretBox, zeroize::Zeroize as _};

/// Bytes of a nonce.
pub const NONCE: usize = 12;
/// Keys of one set, at most.
pub const MAX_KEYS: usize = 16;
/// Letters of a key's name, at most.
pub const MAX_ID: usize = 32;
/// The name of a key that is given without one.
pub const DEFAULT_ID: &str = "default";

const VERSION: u8 = 1;
const KEY: usize = 32;
const TAG: usize = 16;

/// Why something could not be sealed or opened. Nothing of a key or of what is sealed is ever named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no key; give 64 hexadecimal digits, or lines of `name:digits`, the current one first")]
    NoKey,
    #[error("there are more than {most} keys; remove those that nothing is sealed with any more")]
    TooMany { most: usize },
    #[error("line {line} of the keys cannot be used: {reason}")]
    Line { line: usize, reason: &'static str },
    #[error("it is sealed with the key `{id}`, which is not among the keys; add it behind the current one")]
    MissingKey { id: String },
    #[error("what is stored is not sealed as this version seals; it was cut, or written by a newer version")]
    Form,
    #[error(
        "it cannot be opened with the key `{id}`: it was changed, belongs elsewhere, or the key is another of this name"
    )]
    Refused { id: String },
    #[error("it is too long to be sealed")]
    TooLong,
}

struct Key {
    id: String,
    secret: SecretBox<[u8; KEY]>,
}

/// The keys that things are sealed with: the first one seals, all of them open.
pub struct Keys(Vec<Key>);

impl fmt::Debug for Keys {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_list().entries(self.ids()).finish()
    }
}

impl Keys {
    /// Reads keys: 64 hexadecimal digits alone, or lines of `name:digits` with the current one first.
    /// Names have `a-z`, `0-9`, `-` and `_`. Empty lines and those that begin with `#` are skipped.
    ///
    /// # Errors
    ///
    /// For the first line that is not so, by its number.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys: Vec<Key> = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let line_text = line.trim();
            if line_text.is_empty() || line_text.starts_with('#') {
                continue;
            }
            let wrong = |reason| Error::Line { line: place + 1, reason };
            if keys.len() == MAX_KEYS {
                return Err(Error::TooMany { most: MAX_KEYS });
            }
            let (id, digits) = match line_text.split_once(':') {
                Some((id, digits)) => (id.trim(), digits.trim()),
                None => (DEFAULT_ID, line_text),
            };
            let key = key(id, digits).map_err(wrong)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(wrong("another key has its name; give each its own"));
            }
            // Two names for one key would hide that it was never replaced.
            if keys.iter().any(|other| other.secret.expose_secret() == key.secret.expose_secret()) {
                return Err(wrong("another line has the same key"));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(Error::NoKey) } else { Ok(Self(keys)) }
    }

    /// The names of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Seals with the current key. `belongs_to` is not kept: opening needs the same.
    ///
    /// # Errors
    ///
    /// When there is more than the cipher can take, some 64 GiB.
    pub fn seal(&self, belongs_to: &[u8], nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let current = self.0.first().ok_or(Error::NoKey)?;
        let mut sealed = header(&current.id);
        let bound = bound(&sealed, belongs_to);
        let cipher = encrypt(&current.secret, &bound, nonce, plain)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&cipher);
        Ok(sealed)
    }

    /// Opens what any of the keys sealed.
    ///
    /// # Errors
    ///
    /// When its key is missing, and when anything of it or of `belongs_to` is not as it was.
    pub fn open(&self, belongs_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (id, rest) = split(sealed)?;
        let missing = || Error::MissingKey { id: id.to_owned() };
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(missing)?;
        let (nonce, cipher) = rest.split_first_chunk::<NONCE>().ok_or(Error::Form)?;
        decrypt(&key.secret, &bound(&header(id), belongs_to), *nonce, cipher)
            .ok_or_else(|| Error::Refused { id: id.to_owned() })
    }

    /// Whether the current key sealed it. What another one sealed should be sealed anew.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        split(sealed).is_ok_and(|(id, _)| self.0.first().is_some_and(|current| current.id == id))
    }

    /// As [`Keys::seal`], as text for columns of text.
    ///
    /// # Errors
    ///
    /// As [`Keys::seal`].
    pub fn seal_text(&self, belongs_to: &[u8], nonce: [u8; NONCE], plain: &[u8]) -> Result<String, Error> {
        Ok(URL_SAFE_NO_PAD.encode(self.seal(belongs_to, nonce, plain)?))
    }

    /// As [`Keys::open`], of text.
    ///
    /// # Errors
    ///
    /// As [`Keys::open`].
    pub fn open_text(&self, belongs_to: &[u8], sealed: &str) -> Result<Vec<u8>, Error> {
        self.open(belongs_to, &URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Error::Form)?)
    }

    /// As [`Keys::is_current`], of text.
    pub fn is_current_text(&self, sealed: &str) -> bool {
        URL_SAFE_NO_PAD.decode(sealed).is_ok_and(|sealed| self.is_current(&sealed))
    }
}

fn key(id: &str, digits: &str) -> Result<Key, &'static str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if !(1..=MAX_ID).contains(&id.len()) || !id.bytes().all(plain) {
        return Err("its name needs 1 to 32 of a-z, 0-9, - and _");
    }
    let mut bytes = [0; KEY];
    if hex::decode_to_slice(digits, &mut bytes).is_err() {
        bytes.zeroize();
        return Err("a key has 64 hexadecimal digits; make one with `openssl rand -hex 32`");
    }
    let same = bytes.iter().all(|byte| *byte == bytes[0]);
    let secret = SecretBox::new(Box::new(bytes));
    bytes.zeroize();
    if same {
        return Err("a key of one repeated byte protects nothing; make one with `openssl rand -hex 32`");
    }
    Ok(Key { id: id.to_owned(), secret })
}

fn header(id: &str) -> Vec<u8> {
    let mut header = Vec::with_capacity(2 + id.len());
    header.push(VERSION);
    // At most MAX_ID.
    header.push(id.len() as u8);
    header.extend_from_slice(id.as_bytes());
    header
}

/// The key's name and what follows it.
fn split(sealed: &[u8]) -> Result<(&str, &[u8]), Error> {
    let [VERSION, length, rest @ ..] = sealed else { return Err(Error::Form) };
    let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or(Error::Form)?;
    let id = std::str::from_utf8(id).map_err(|_| Error::Form)?;
    let fits = (1..=MAX_ID).contains(&id.len()) && rest.len() >= NONCE + TAG;
    if fits { Ok((id, rest)) } else { Err(Error::Form) }
}

/// What the tag vouches for besides the text. The header knows its own length, so nothing of one part
/// can pass for the other.
fn bound(header: &[u8], belongs_to: &[u8]) -> Vec<u8> {
    [header, belongs_to].concat()
}

fn encrypt(
    secret: &SecretBox<[u8; KEY]>,
    bound: &[u8],
    nonce: [u8; NONCE],
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    Aes256Gcm::new(secret.expose_secret().into())
        .encrypt(&nonce.into(), Payload { msg: plain, aad: bound })
        .map_err(|_| Error::TooLong)
}

fn decrypt(
    secret: &SecretBox<[u8; KEY]>,
    bound: &[u8],
    nonce: [u8; NONCE],
    cipher: &[u8],
) -> Option<Vec<u8>> {
    Aes256Gcm::new(secret.expose_secret().into())
        .decrypt(&nonce.into(), Payload { msg: cipher, aad: bound })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test cases 14 and 16 of "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, as
    /// submitted to NIST: key, nonce, bound data, plain text, ciphertext, tag.
    const CASES: [[&str; 6]; 2] = [
        [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "000000000000000000000000",
            "",
            "00000000000000000000000000000000",
            "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919",
        ],
        [
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ],
    ];

    #[test]
    fn the_cipher_is_aes_256_gcm() {
        for [key, nonce, bound, plain, cipher, tag] in CASES {
            let [nonce, bound, plain, cipher, tag] =
                [nonce, bound, plain, cipher, tag].map(|text| hex::decode(text).unwrap());
            let mut bytes = [0; KEY];
            hex::decode_to_slice(key, &mut bytes).unwrap();
            let secret = SecretBox::new(Box::new(bytes));
            let nonce: [u8; NONCE] = nonce.try_into().unwrap();
            let sealed = encrypt(&secret, &bound, nonce, &plain).unwrap();
            assert_eq!(sealed, [cipher, tag].concat());
            assert_eq!(decrypt(&secret, &bound, nonce, &sealed).unwrap(), plain);
        }
    }
}
