//! The one place where the right to sign is made: after consent, after the intent is durable, for exactly these digests.

use std::time::{Duration, Instant};

use super::choose::Signer;
use super::prepare::Ready;
use crate::der::{Certificate, SignatureAlgorithm};
use crate::token::Grant;

/// How long a grant lasts: the tokens that we know sign a thousand documents in less.
const GRANT_LIFE: Duration = Duration::from_secs(15 * 60);

/// The right to sign each of `prepared` once with the signer's key.
pub(crate) fn grant<'a>(signer: &Signer, prepared: impl Iterator<Item = &'a Ready>) -> Grant {
    let digests = prepared.map(|ready| ready.to_sign_digest(signer.algorithm)).collect();
    Grant::mint(
        &signer.certificate,
        signer.algorithm,
        digests,
        Instant::now() + GRANT_LIFE,
    )
}

/// The right to sign each of `digests` once, for a client whose right to the certificate was checked.
pub(crate) fn grant_digests(certificate: &Certificate, algorithm: SignatureAlgorithm, digests: Vec<Vec<u8>>) -> Grant {
    Grant::mint(certificate, algorithm, digests, Instant::now() + GRANT_LIFE)
}
