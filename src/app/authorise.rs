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
        signer.certificate.spki_der(),
        signer.algorithm,
        digests,
        Instant::now() + GRANT_LIFE,
    )
}

/// The right to sign each of `digests` once, for a client whose right to the certificate was checked.
pub(crate) fn grant_digests(certificate: &Certificate, algorithm: SignatureAlgorithm, digests: Vec<Vec<u8>>) -> Grant {
    Grant::mint(certificate.spki_der(), algorithm, digests, Instant::now() + GRANT_LIFE)
}

/// The right to sign one certificate request with the key that it is about.
pub(crate) fn grant_request(spki_der: &[u8], algorithm: SignatureAlgorithm, to_sign: &[u8]) -> Grant {
    let digest = algorithm.digest().digest(to_sign);
    Grant::mint(spki_der, algorithm, vec![digest], Instant::now() + GRANT_LIFE)
}
