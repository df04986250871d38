//! Passwords: argon2id with the library's recommended cost, off the async threads.

use argon2::{
    Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _,
    password_hash::{Salt, SaltString},
};
use domain::Ids;

/// Hashes a password with a fresh salt. Takes tens of milliseconds.
pub async fn hash(password: String, ids: &dyn Ids) -> Result<String, String> {
    let secret = ids.secret();
    let salt =
        SaltString::encode_b64(&secret[..Salt::RECOMMENDED_LENGTH]).map_err(|error| error.to_string())?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    })
    .await;
    match hashed {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(format!("the password cannot be hashed: {error}")),
        Err(error) => Err(format!("hashing the password was interrupted: {error}")),
    }
}

/// Whether the password is the one that was hashed. Takes as long for a wrong one.
pub async fn verify(password: String, hash: String) -> bool {
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .unwrap_or(false)
}
