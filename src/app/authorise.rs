//! The one place where the right to sign is made: after consent, after the intent is durable, for exactly these digests.

use std::time::{Duration, Instant};

use crate::der::{Certificate, SignatureAlgorithm};
use crate::token::Grant;

/// How long a grant lasts: the tokens that we know sign a thousand documents in less.
const GRANT_LIFE: Duration = Duration::from_secs(15 * 60);

/// The right to sign each of `digests` once with this certificate's key.
pub(crate) fn grant(certificate: &Certificate, algorithm: SignatureAlgorithm, digests: Vec<Vec<u8>>) -> Grant {
    Grant::mint(certificate.spki_der(), algorithm, digests, Instant::now() + GRANT_LIFE)
}

/// The right to sign one certificate request with the key that it is about.
pub(crate) fn grant_request(spki_der: &[u8], algorithm: SignatureAlgorithm, to_sign: &[u8]) -> Grant {
    let digest = algorithm.digest().digest(to_sign);
    Grant::mint(spki_der, algorithm, vec![digest], Instant::now() + GRANT_LIFE)
}
