//! Certificates of issuers that nobody handed in, from the addresses that certificates name for them (RFC 5280, 4.2.2.1, caIssuers).
//!
//! What comes is material for a path, no more: nothing is trusted because it was found.

use super::cache::RevocationCache;
use super::found::{self, Found};
use crate::clock::Timestamp;
use crate::cms::SignedData;
use crate::der::{Certificate, parse_bundle};
use crate::net::{Client, Limits};
use crate::trust::{Anchors, Use};
use std::time::{Duration, Instant};

/// Bytes of one answer.
const MAX_ISSUER_BYTES: usize = 256 * 1024;
/// Most certificates above one.
const MAX_STEPS: usize = 8;
const DEADLINE: Duration = Duration::from_secs(10);

/// Adds to `pool` the issuers above `certificate` that neither it nor the anchors hold, as far as their addresses give them.
pub async fn issuers(
    client: &Client,
    certificate: &Certificate,
    pool: &mut Vec<Certificate>,
    (anchors, anchors_for): (&Anchors, Use),
    (cache, now): (&mut RevocationCache, Timestamp),
    until: Instant,
) {
    let mut found = Found::new(client, until);
    let mut below = certificate.clone();
    for _ in 0..MAX_STEPS {
        if anchors.of(anchors_for).any(|anchor| issued(anchor, &below)) || below.is_self_issued() {
            return;
        }
        if let Some(issuer) = pool.iter().find(|one| issued(one, &below)) {
            below = issuer.clone();
            continue;
        }
        let mut next = None;
        for address in found::first(&below.extensions().issuer_urls) {
            next = at(&mut found, &address, cache, now)
                .await
                .into_iter()
                .find(|one| issued(one, &below));
            if next.is_some() {
                break;
            }
        }
        let Some(issuer) = next else { return };
        pool.push(issuer.clone());
        below = issuer;
    }
}

/// By name and key.
fn issued(issuer: &Certificate, below: &Certificate) -> bool {
    issuer.subject().der() == below.issuer().der() && below.verify_signed_by(issuer.spki_der()).is_ok()
}

/// The certificates at an address: one as DER or PEM, or some in a SignedData without signers.
async fn at(found: &mut Found<'_>, address: &str, cache: &mut RevocationCache, now: Timestamp) -> Vec<Certificate> {
    if let Some(kept) = cache.get(address, now) {
        return read(kept);
    }
    let limits = Limits {
        deadline: DEADLINE,
        max_body_bytes: MAX_ISSUER_BYTES,
        max_redirects: 3,
    };
    let bytes = match found.send(address, None, "application/pkix-cert", limits).await {
        Ok(bytes) => bytes,
        Err(_) => return Vec::new(),
    };
    let certificates = read(&bytes);
    let until = certificates.iter().map(Certificate::not_after).min();
    cache.put(address.to_owned(), &bytes, until);
    certificates
}

fn read(bytes: &[u8]) -> Vec<Certificate> {
    let several = |_| SignedData::parse_foreign(bytes).map(|signed| signed.certificates);
    parse_bundle(bytes).or_else(several).unwrap_or_default()
}
