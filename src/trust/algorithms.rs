//! Until when an algorithm is trusted, as data: asked with the moment at which a signature is proved to have existed.
//!
//! Ends of years, after NIST SP 800-131A (SHA-1, keys below 112 bits of strength) and CRYPTREC LS-0003 (112, 128 and 192 bits; Japan's
//! reference for new signatures), whose classes are those of ETSI TS 119 312 and SOG-IS. What no row names was never trusted.
//! Nothing here computes anything.

use crate::clock::{Civil, Timestamp};
use crate::der::{Curve, DigestAlgorithm, KeyKind, ObjectIdentifier, SignatureAlgorithm, oid};

/// Last year of signatures with SHA-1, and with keys of 80 bits of strength (NIST SP 800-131A revision 1, table 2 and 9).
const LAST_YEAR_80_BITS: i64 = 2013;

/// Last year of new signatures of 112 bits of strength (CRYPTREC LS-0003, table 1; NIST SP 800-57 part 1, table 4).
const LAST_YEAR_112_BITS: i64 = 2030;

/// Last year of new signatures of 128 bits of strength (CRYPTREC LS-0003, table 1).
const LAST_YEAR_128_BITS: i64 = 2050;

/// Last year of new signatures of 192 bits of strength and more (CRYPTREC LS-0003 ends here).
const LAST_YEAR_192_BITS: i64 = 2070;

/// Digests: identifier, name, last year.
const DIGESTS: &[(ObjectIdentifier, &str, i64)] = &[
    (oid::SHA1, "SHA-1", LAST_YEAR_80_BITS),
    (oid::SHA256, "SHA-256", LAST_YEAR_128_BITS),
    (oid::SHA384, "SHA-384", LAST_YEAR_192_BITS),
    (oid::SHA512, "SHA-512", LAST_YEAR_192_BITS),
    (oid::SHA3_256, "SHA3-256", LAST_YEAR_128_BITS),
    (oid::SHA3_384, "SHA3-384", LAST_YEAR_192_BITS),
    (oid::SHA3_512, "SHA3-512", LAST_YEAR_192_BITS),
    (oid::SHAKE256, "SHAKE256", LAST_YEAR_192_BITS),
];

/// RSA: shortest modulus in bits, last year; longest first.
const RSA: &[(u32, i64)] = &[
    (7680, LAST_YEAR_192_BITS),
    (3072, LAST_YEAR_128_BITS),
    (2048, LAST_YEAR_112_BITS),
    (1024, LAST_YEAR_80_BITS),
];

/// What was not strong enough.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weak {
    /// `SHA-1`, `RSA 1024`.
    pub algorithm: String,
    /// The end of its trust; the epoch for what was never trusted.
    pub until: Timestamp,
}

/// Whether a digest was trusted at that moment.
///
/// # Errors
/// [`Weak`].
pub fn judge_digest(digest: ObjectIdentifier, at: Timestamp) -> Result<(), Weak> {
    let row = DIGESTS.iter().find(|(oid, _, _)| *oid == digest);
    let (name, year) = row.map_or((digest.to_string(), None), |(_, name, year)| {
        ((*name).to_owned(), Some(*year))
    });
    judge(name, year, at)
}

/// Whether a key of this kind was trusted at that moment.
///
/// # Errors
/// [`Weak`].
pub fn judge_key(key: KeyKind, at: Timestamp) -> Result<(), Weak> {
    judge(key.to_string(), last_year(key), at)
}

/// Whether a signature by this algorithm with a key of this kind was trusted at that moment.
///
/// # Errors
/// [`Weak`]: the first of the two that is.
pub fn judge_signature(algorithm: SignatureAlgorithm, key: KeyKind, at: Timestamp) -> Result<(), Weak> {
    judge_digest(algorithm.digest().oid(), at)?;
    judge_key(key, at)
}

/// The end of the trust in such a signature: a renewal must come before it.
pub fn trusted_until(algorithm: SignatureAlgorithm, key: KeyKind) -> Timestamp {
    let digest = DIGESTS.iter().find(|(oid, _, _)| *oid == algorithm.digest().oid());
    end_of(digest.map(|(_, _, year)| *year)).min(end_of(last_year(key)))
}

/// The end of the trust in a digest.
pub fn digest_trusted_until(digest: DigestAlgorithm) -> Timestamp {
    end_of(
        DIGESTS
            .iter()
            .find(|(oid, _, _)| *oid == digest.oid())
            .map(|(_, _, year)| *year),
    )
}

fn last_year(key: KeyKind) -> Option<i64> {
    match key {
        KeyKind::Rsa { bits } => RSA.iter().find(|(least, _)| bits >= *least).map(|(_, year)| *year),
        KeyKind::Ec(Curve::P256 | Curve::Brainpool256) | KeyKind::Ed25519 => Some(LAST_YEAR_128_BITS),
        KeyKind::Ec(Curve::P384 | Curve::P521 | Curve::Brainpool384 | Curve::Brainpool512) | KeyKind::Ed448 => {
            Some(LAST_YEAR_192_BITS)
        }
        KeyKind::Other(_) => None,
    }
}

fn judge(algorithm: String, last_year: Option<i64>, at: Timestamp) -> Result<(), Weak> {
    let until = end_of(last_year);
    if at < until {
        Ok(())
    } else {
        Err(Weak { algorithm, until })
    }
}

/// The first moment after a year, in UTC.
fn end_of(last_year: Option<i64>) -> Timestamp {
    let next = |year| Civil {
        year: year + 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        micros: 0,
    };
    let end = last_year.and_then(|year| Timestamp::from_civil(next(year)));
    end.unwrap_or(Timestamp::from_seconds(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn each_ends_with_its_year() {
        let rsa = |bits| KeyKind::Rsa { bits };
        let rows = [
            (judge_digest(oid::SHA1, at("2013-12-31T23:59:59Z")), None),
            (judge_digest(oid::SHA1, at("2014-01-01T00:00:00Z")), Some("SHA-1")),
            (judge_key(rsa(2048), at("2030-12-31T23:59:59Z")), None),
            (judge_key(rsa(2048), at("2031-01-01T00:00:00Z")), Some("RSA 2048")),
            (judge_key(rsa(2047), at("2020-01-01T00:00:00Z")), Some("RSA 2047")),
            (judge_key(rsa(512), at("2000-01-01T00:00:00Z")), Some("RSA 512")),
            (judge_key(rsa(3072), at("2049-01-01T00:00:00Z")), None),
            (judge_key(KeyKind::Ec(Curve::P384), at("2060-01-01T00:00:00Z")), None),
            (
                judge_digest(
                    ObjectIdentifier::new_unwrap("1.2.840.113549.2.5"),
                    at("1999-01-01T00:00:00Z"),
                ),
                Some("1.2.840.113549.2.5"),
            ),
        ];
        for (said, weak) in rows {
            assert_eq!(said.err().map(|w| w.algorithm).as_deref(), weak);
        }
    }

    #[test]
    fn a_signature_lasts_as_long_as_its_weaker_half() {
        let signature = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512);
        let until = trusted_until(signature, KeyKind::Rsa { bits: 2048 });
        assert_eq!(until, at("2031-01-01T00:00:00Z"));
        let strong = KeyKind::Ec(Curve::P521);
        assert_eq!(
            trusted_until(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256), strong),
            at("2051-01-01T00:00:00Z")
        );
        assert_eq!(
            digest_trusted_until(DigestAlgorithm::Sha256),
            at("2051-01-01T00:00:00Z")
        );
        assert!(judge_signature(signature, KeyKind::Rsa { bits: 2048 }, until).is_err());
    }
}
