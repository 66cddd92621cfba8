//! The daemon proves to a page that it is the one that was paired, before the page sends anything.
//!
//! ```text
//! proof = HMAC-SHA256( key, nonce 0x00 origin 0x00 port )
//! key     the key as handed out, its ASCII bytes ("hk_...")
//! nonce   16 to 128 characters of A-Z a-z 0-9 - _, chosen by the page
//! origin  the page's origin, as in the Origin header
//! port    the daemon's port in decimal
//! ```
//!
//! None of the three holds a zero byte, so two different questions never make the same message; with the port in it, a proof relayed from
//! another port is of no use. The answer tells nothing about a key that the asker does not hold.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{AccessError, Origin};
use crate::secret::ApiKey;
use crate::store::Store;

/// Shortest nonce, in bytes.
pub const MIN_NONCE_BYTES: usize = 16;

/// Longest nonce, in bytes.
pub const MAX_NONCE_BYTES: usize = 128;

/// Most pairings of one origin that are proven: its newest. (Each browser profile has its own pairing.)
pub const MAX_PROOFS: u32 = 16;

/// A checked nonce.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nonce(String);

/// One pairing's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The pairing's id.
    pub pairing: String,
    /// The HMAC.
    pub mac: [u8; 32],
}

impl Nonce {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a nonce.
    ///
    /// # Errors
    /// `nonce_invalid`.
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let fits = (MIN_NONCE_BYTES..=MAX_NONCE_BYTES).contains(&text.len());
        (plain && fits).then(|| Self(text.to_owned())).ok_or(AccessError::Nonce)
    }
}

/// The proofs for every active pairing of an origin, newest first, at most [`MAX_PROOFS`]; the page looks for its own.
///
/// # Errors
/// As [`crate::store::StoreError`].
pub async fn prove(store: &Store, origin: &Origin, nonce: &Nonce, port: u16) -> Result<Vec<Proof>, AccessError> {
    let pairings = store.pairings_of_origin(origin.as_str(), MAX_PROOFS).await?;
    let proofs = pairings.into_iter().filter_map(|pairing| {
        let mac = mac(pairing.key.as_ref()?, nonce, origin, port);
        Some(Proof {
            pairing: pairing.id,
            mac,
        })
    });
    Ok(proofs.collect())
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &ApiKey, nonce: &Nonce, origin: &Origin, port: u16) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.expose()).expect("any length");
    mac.update(nonce.as_str().as_bytes());
    mac.update(&[0]);
    mac.update(origin.as_str().as_bytes());
    mac.update(&[0]);
    mac.update(port.to_string().as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_documented_one() {
        let key = ApiKey::new(b"hk_test".to_vec()).unwrap();
        let nonce = Nonce::parse("0123456789abcdef").unwrap();
        let origin = Origin::parse("https://a.example").unwrap();
        // printf '0123456789abcdef\0https://a.example\0%s' 10805 | openssl dgst -sha256 -hmac hk_test
        assert_eq!(
            hex::encode(mac(&key, &nonce, &origin, 10805)),
            "a87a03bcfed5c5eef3f9a858926ff3cfdb2fbf625c619f6e45e6e8b42d8f89ac"
        );
        assert_ne!(mac(&key, &nonce, &origin, 10805), mac(&key, &nonce, &origin, 10806));
    }

    #[test]
    fn odd_nonces_are_refused() {
        for text in [
            "",
            "0123456789abcde",
            "0123456789abcde\0",
            "0123456789abcdef ",
            "é123456789abcdef",
            &"a".repeat(129),
        ] {
            assert!(Nonce::parse(text).is_err(), "{text:?}");
        }
    }
}
