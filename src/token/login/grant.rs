//! The right to make certain signatures: these digests, this certificate's key, each once, until then.
//!
//! It cannot be cloned, stored or sent anywhere, and only `app::authorise` mints one (a test reads the sources for it).

use crate::der::SignatureAlgorithm;
use crate::token::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What a person or an authorised client has agreed to have signed.
pub struct Grant {
    spki_der: Vec<u8>,
    algorithm: SignatureAlgorithm,
    until: Instant,
    digests: Mutex<Vec<Vec<u8>>>,
}

impl Grant {
    /// Grants one signature over each of `digests` (under `algorithm.digest()`, of the bytes to be signed; a digest that stands twice may be signed twice) with the key of this SubjectPublicKeyInfo, until `until`.
    pub fn mint(spki_der: &[u8], algorithm: SignatureAlgorithm, digests: Vec<Vec<u8>>, until: Instant) -> Self {
        Self {
            spki_der: spki_der.to_vec(),
            algorithm,
            until,
            digests: Mutex::new(digests),
        }
    }

    pub(super) fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    pub(super) fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// Takes one signature over `digest` out of the grant.
    pub(super) fn spend(&self, digest: &[u8]) -> Result<(), Error> {
        if Instant::now() >= self.until {
            return Err(Error::GrantExpired);
        }
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let found = digests.iter().position(|granted| granted == digest);
        digests.swap_remove(found.ok_or(Error::NotGranted)?);
        Ok(())
    }
}
