//! Keys: made once, shown once, looked up by their hash.
//!
//! A key is 256 random bits, so its plain SHA-256 finds it and no slow hash is needed. The key itself is kept too, because the daemon proves
//! with it who it is ([`super::prove`]); it lies in the private state folder and is wiped when the pairing is revoked.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{AccessError, Origin, Principal};
use crate::clock::Timestamp;
use crate::secret::ApiKey;
use crate::store::{Pairing, Rights, Store};

/// What every key begins with, so that scanners for leaked secrets find it.
pub const KEY_PREFIX: &str = "hk_";

const KEY_BYTES: usize = 32;

/// Prefix and 32 bytes in base64url without padding.
pub(super) const KEY_CHARS: usize = 3 + 43;

/// `last_used` is exact to this, so that most calls write nothing.
const TOUCH_EVERY: Duration = Duration::from_secs(3600);

/// A caller whose key was good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authenticated {
    /// Who.
    pub principal: Principal,
    /// The pairing's id.
    pub pairing: String,
    /// What it may do.
    pub rights: Rights,
}

/// Finds out who holds this key. `bearer` is what stands after `Bearer `, `origin` the request's `Origin` header if it had one.
///
/// # Errors
/// `key_unknown`, `key_revoked`, `key_not_for_origin`; as [`crate::store::StoreError`].
pub async fn authenticate(
    store: &Store,
    bearer: &str,
    origin: Option<&Origin>,
    now: Timestamp,
) -> Result<Authenticated, AccessError> {
    if bearer.len() != KEY_CHARS || !bearer.starts_with(KEY_PREFIX) {
        return Err(AccessError::KeyUnknown);
    }
    let pairing = store
        .pairing_by_key(&Sha256::digest(bearer).into())
        .await?
        .ok_or(AccessError::KeyUnknown)?;
    let key = pairing.key.as_ref().ok_or(AccessError::KeyRevoked)?;
    if !key.matches(bearer.as_bytes()) {
        return Err(AccessError::KeyUnknown);
    }
    let principal = principal(&pairing, origin)?;
    if pairing.last_used.is_none_or(|last| last.plus(TOUCH_EVERY) <= now) {
        let id = pairing.id.clone();
        store
            .write(move |tx| Box::pin(async move { tx.touch_pairing(&id, now).await }))
            .await?;
    }
    Ok(Authenticated {
        principal,
        pairing: pairing.id,
        rights: pairing.rights,
    })
}

/// A new key: [`KEY_PREFIX`] and 32 random bytes in base64url.
pub(super) fn new_key() -> Result<ApiKey, AccessError> {
    let mut random = Zeroizing::new(vec![0; KEY_BYTES]);
    getrandom::fill(&mut random).map_err(|_| AccessError::Random)?;
    let mut text = Vec::with_capacity(KEY_CHARS);
    text.extend_from_slice(KEY_PREFIX.as_bytes());
    text.resize(KEY_CHARS, 0);
    URL_SAFE_NO_PAD
        .encode_slice(&*random, &mut text[KEY_PREFIX.len()..])
        .map_err(|_| AccessError::Random)?;
    ApiKey::new(text).ok_or(AccessError::Random)
}

/// A new opaque id: 128 random bits in hexadecimal.
pub(super) fn new_id() -> Result<String, AccessError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| AccessError::Random)?;
    Ok(hex::encode(random))
}

fn principal(pairing: &Pairing, origin: Option<&Origin>) -> Result<Principal, AccessError> {
    match (&pairing.origin, &pairing.program, origin) {
        (Some(bound), None, Some(origin)) if bound == origin.as_str() => Ok(Principal::Site { origin: origin.clone() }),
        (None, Some(name), None) => Ok(Principal::Program { name: name.clone() }),
        _ => Err(AccessError::KeyNotForOrigin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_never_the_same() {
        let (a, b) = (new_key().unwrap(), new_key().unwrap());
        assert_eq!(a.expose().len(), KEY_CHARS);
        assert!(a.expose().starts_with(b"hk_") && !a.matches(b.expose()));
    }
}
