//! Certificates of issuers that nobody handed in, from the addresses that certificates name for them (RFC 5280, 4.2.2.1, caIssuers).
//!
//! What comes is material for a path, no more: nothing is trusted because it was found.

use super::cache::RevocationCache;
use super::found::{self, Requests};
use super::revocation::{Failed, RevocationCause};
use crate::clock::Timestamp;
use crate::cms::SignedData;
use crate::der::{Certificate, parse_bundle};
use crate::net::Limits;
use crate::trust::{Anchors, Checks, Use};
use std::time::Duration;

/// Bytes of one answer.
const MAX_ISSUER_BYTES: usize = 256 * 1024;
/// Most certificates above one.
const MAX_STEPS: usize = 8;
const DEADLINE: Duration = Duration::from_secs(10);

/// Adds to `pool` the issuers above `certificate` that neither it nor the anchors hold, as far as their addresses give them. Gives the addresses that failed.
pub async fn issuers(
    requests: &mut Requests<'_>,
    certificate: &Certificate,
    pool: &mut Vec<Certificate>,
    (anchors, anchors_for): (&Anchors, Use),
    (cache, now): (&mut RevocationCache, Timestamp),
    checks: &Checks,
) -> Vec<Failed> {
    let issued = |issuer: &Certificate, below: &Certificate| {
        issuer.subject().der() == below.issuer().der() && checks.is_signed_by(below, issuer)
    };
    let mut failed = Vec::new();
    let mut below = certificate.clone();
    for _ in 0..MAX_STEPS {
        if anchors.of(anchors_for).any(|anchor| issued(anchor, &below)) || below.is_self_issued() {
            break;
        }
        if let Some(issuer) = pool.iter().find(|one| issued(one, &below)) {
            below = issuer.clone();
            continue;
        }
        let mut next = None;
        for address in found::first(&below.extensions().issuer_urls) {
            match at(requests, &address, cache, now).await {
                Ok(certificates) => next = certificates.into_iter().find(|one| issued(one, &below)),
                Err(cause) => failed.push((address, cause)),
            }
            if next.is_some() {
                break;
            }
        }
        let Some(issuer) = next else { break };
        pool.push(issuer.clone());
        below = issuer;
    }
    failed
}

/// The certificates at an address: one as DER or PEM, or some in a SignedData without signers.
async fn at(
    requests: &mut Requests<'_>,
    address: &str,
    cache: &mut RevocationCache,
    now: Timestamp,
) -> Result<Vec<Certificate>, RevocationCause> {
    if let Some(kept) = cache.get(address, now) {
        return Ok(read(kept));
    }
    let limits = Limits {
        deadline: DEADLINE,
        max_body_bytes: MAX_ISSUER_BYTES,
        max_redirects: 3,
    };
    let bytes = requests.send(address, None, "application/pkix-cert", limits).await?;
    let certificates = read(&bytes);
    let until = certificates.iter().map(Certificate::not_after).min();
    cache.put(address.to_owned(), &bytes, until);
    Ok(certificates)
}

fn read(bytes: &[u8]) -> Vec<Certificate> {
    let several = |_| SignedData::parse_foreign(bytes).map(|signed| signed.certificates);
    parse_bundle(bytes).or_else(several).unwrap_or_default()
}
