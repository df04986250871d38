//! Codes of an authenticator app (TOTP, RFC 6238: six digits, 30 seconds, SHA-1, which is what every app knows) and
//! recovery codes. Which of them were taken is the store's to know.

use domain::{AccountId, Ids, Timestamp};
use totp_rs::{Algorithm, Builder, Totp, TotpError};

use super::digest;

const SECRET_BYTES: usize = 20;
/// Recovery codes that are given at once.
const RECOVERY_CODES: usize = 10;
/// Without letters that look like digits.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
/// Letters of a recovery code: 80 bits.
const RECOVERY_LETTERS: usize = 16;

/// What an authenticator app is made from.
pub fn new_secret(ids: &dyn Ids) -> Vec<u8> {
    ids.secret()[..SECRET_BYTES].to_vec()
}

/// What a sealed secret is bound to.
pub fn purpose(account: AccountId) -> String {
    format!("totp:{account}")
}

pub fn app(secret: &[u8], email: &str) -> Result<Totp, TotpError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret)
        .with_issuer(Some("Countersign"))
        // The form of the address does not allow a colon.
        .with_account_name(email.replace(':', "_"))
        .build()
}

/// The time step that this is the code of, when it is one of now, just before or just after.
pub fn step(app: &Totp, code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now.0 / 1_000_000).ok()?;
    app.check(&code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// New recovery codes: as they are shown once, and as they are kept.
pub fn recovery_codes(account: AccountId, ids: &dyn Ids) -> Vec<(String, String)> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let random = ids.secret();
            let letters: String = random[..RECOVERY_LETTERS]
                .iter()
                .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
                .collect();
            let parts: Vec<&str> = (0..RECOVERY_LETTERS).step_by(4).map(|at| &letters[at..at + 4]).collect();
            (parts.join("-"), kept(account, &letters))
        })
        .collect()
}

/// What is kept of a recovery code, if this has the form of one.
pub fn recovery_digest(account: AccountId, code: &str) -> Option<String> {
    let letters: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(RECOVERY_LETTERS + 1)
        .flat_map(char::to_lowercase)
        .collect();
    let fits = letters.len() == RECOVERY_LETTERS && letters.bytes().all(|b| LETTERS.contains(&b));
    fits.then(|| kept(account, &letters))
}

fn kept(account: AccountId, letters: &str) -> String {
    digest(&format!("recovery\0{account}\0{letters}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemIds;

    #[test]
    fn a_code_is_of_one_step_and_one_step_before_and_after_is_taken() {
        let app = app(&[7; 20], "eve:x@example.com").unwrap();
        let now = Timestamp(1_767_258_000_000_000);
        let seconds = 1_767_258_000_u64;
        for (offset, fits) in [(-60i64, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = app.generate(seconds.saturating_add_signed(offset)).to_string();
            let expected = fits.then_some((1_767_258_000 + offset) / 30);
            assert_eq!(step(&app, &code, now), expected, "{offset}");
        }
        for bad in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(step(&app, bad, now), None, "{bad}");
        }
        assert!(app.to_url().unwrap().starts_with("otpauth://totp/"));
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let account = AccountId::new(&SystemIds);
        let codes = recovery_codes(account, &SystemIds);
        assert_eq!(codes.len(), RECOVERY_CODES);
        let (shown, kept) = &codes[0];
        assert_eq!(recovery_digest(account, &shown.to_uppercase().replace('-', " ")).as_ref(), Some(kept));
        assert_ne!(recovery_digest(AccountId::new(&SystemIds), shown).as_ref(), Some(kept));
        assert_eq!(recovery_digest(account, "123456"), None);
    }
}
