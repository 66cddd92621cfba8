//! Passphrases of people, kept as their Argon2id hashes (RFC 9106) alone. Each call takes some tens of milliseconds: not for an async thread.
//!
//! How long a passphrase must be is its module's to say.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, Params, Version};

use super::AccessError;
use crate::secret::Pin;

const SALT_BYTES: usize = 16;

/// The hash of a passphrase as a PHC string, under a salt of its own.
///
/// # Errors
/// `random_unavailable`.
pub fn hashed(passphrase: &Pin) -> Result<String, AccessError> {
    let mut random = [0; SALT_BYTES];
    getrandom::fill(&mut random).map_err(|_| AccessError::Random)?;
    let salt = SaltString::encode_b64(&random).map_err(|_| AccessError::Random)?;
    let hash = hasher().hash_password(passphrase.expose(), &salt);
    Ok(hash.map_err(|_| AccessError::Random)?.to_string())
}

/// Whether this passphrase has this hash.
pub fn fits(hash: &str, passphrase: &Pin) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| hasher().verify_password(passphrase.expose(), &hash).is_ok())
}

/// 19 MiB, two passes: the least that RFC 9106's authors and OWASP advise where memory is shared.
fn hasher() -> Argon2<'static> {
    Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}
