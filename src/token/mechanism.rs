//! Signature algorithms as PKCS#11 mechanisms: a table, not code for each card.
//!
//! hankod hashes itself and asks the token for the bare operation, which every module has; a mechanism that hashes inside serves where a token offers nothing else.

use super::Error;
use super::wire::Mechanism;
use crate::der::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm};
use cryptoki_sys::{CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_SHA384_RSA_PKCS, CKM_SHA512_RSA_PKCS};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;

/// What is to be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signable<'a> {
    /// The bytes themselves: every algorithm can sign them.
    Message(&'a [u8]),
    /// Their digest under the algorithm: Ed25519, and tokens that hash inside, cannot.
    Digest(&'a [u8]),
}

impl Signable<'_> {
    /// The digest under `algorithm`.
    pub fn digest(&self, algorithm: SignatureAlgorithm) -> Vec<u8> {
        match self {
            Self::Message(message) => algorithm.digest().digest(message),
            Self::Digest(digest) => digest.to_vec(),
        }
    }
}

/// The mechanism for `algorithm` on a slot that lists `offered`, and what it takes.
///
/// Only for RSA PKCS #1 is the list believed: modules sign with mechanisms that they do not list.
///
/// # Errors
/// [`Error::MechanismUnsupported`] when only the message would do and only its digest is there, or the digest's length is wrong.
pub fn choose(
    algorithm: SignatureAlgorithm,
    signable: Signable<'_>,
    offered: &[u64],
) -> Result<(Mechanism, Vec<u8>), Error> {
    let unsupported = || Error::MechanismUnsupported {
        algorithm: algorithm.name(),
    };
    let message = match signable {
        Signable::Message(message) => Some(message),
        Signable::Digest(digest) if digest.len() == algorithm.digest().bytes() => None,
        Signable::Digest(_) => return Err(unsupported()),
    };
    let digest = || signable.digest(algorithm);
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) => {
            let (hashing, code) = hashing_inside(hash).ok_or_else(unsupported)?;
            if offered.contains(&CKM_RSA_PKCS) || !offered.contains(&code) {
                return Ok((Mechanism::RsaPkcs, hash.digest_info(&digest())));
            }
            Ok((hashing, message.ok_or_else(unsupported)?.to_vec()))
        }
        SignatureAlgorithm::RsaPss {
            digest: hash,
            mask,
            salt_bytes,
        } => {
            if mask != hash || hashing_inside(hash).is_none() {
                return Err(unsupported());
            }
            let digest_bytes = u8::try_from(hash.bytes()).map_err(|_| unsupported())?;
            let mechanism = Mechanism::RsaPss {
                digest_bytes,
                salt_bytes,
            };
            Ok((mechanism, digest()))
        }
        SignatureAlgorithm::Ecdsa(_) => Ok((Mechanism::Ecdsa, digest())),
        SignatureAlgorithm::Ed25519 => Ok((Mechanism::Eddsa, message.ok_or_else(unsupported)?.to_vec())),
        SignatureAlgorithm::Ed448 => Err(unsupported()),
    }
}

/// A module's signature as CMS writes it: ECDSA's r and s, side by side in PKCS#11, become `Ecdsa-Sig-Value` (RFC 3279, 2.2.3).
///
/// # Errors
/// [`Error::SignatureMismatch`] when the value cannot be a signature of such a key.
pub fn finish(key: KeyKind, raw: Vec<u8>) -> Result<Vec<u8>, Error> {
    match key {
        KeyKind::Ec(curve) => ecdsa_der(curve, &raw).ok_or(Error::SignatureMismatch),
        _ => Ok(raw),
    }
}

/// `None` for the digests that do not sign.
fn hashing_inside(hash: DigestAlgorithm) -> Option<(Mechanism, u64)> {
    match hash {
        DigestAlgorithm::Sha256 => Some((Mechanism::Sha256RsaPkcs, CKM_SHA256_RSA_PKCS)),
        DigestAlgorithm::Sha384 => Some((Mechanism::Sha384RsaPkcs, CKM_SHA384_RSA_PKCS)),
        DigestAlgorithm::Sha512 => Some((Mechanism::Sha512RsaPkcs, CKM_SHA512_RSA_PKCS)),
        _ => None,
    }
}

fn ecdsa_der(curve: Curve, raw: &[u8]) -> Option<Vec<u8>> {
    if raw.len() != 2 * curve.field_bytes() {
        return None;
    }
    let (r, s) = raw.split_at(curve.field_bytes());
    let number = |bytes| BigNum::from_slice(bytes).ok();
    EcdsaSig::from_private_components(number(r)?, number(s)?)
        .ok()?
        .to_der()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_only_hashes_inside_gets_the_message() {
        let algorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        let choose = |signable, offered: &[u64]| choose(algorithm, signable, offered).map(|(m, _)| m);
        let (message, digest) = (Signable::Message(b"m"), Signable::Digest(&[0; 32]));
        assert_eq!(choose(message, &[]), Ok(Mechanism::RsaPkcs));
        let both = [CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS];
        assert_eq!(choose(digest, &both), Ok(Mechanism::RsaPkcs));
        let inside = [CKM_SHA256_RSA_PKCS];
        assert_eq!(choose(message, &inside), Ok(Mechanism::Sha256RsaPkcs));
        assert!(choose(digest, &inside).is_err());
    }

    #[test]
    fn a_digest_of_another_length_is_refused() {
        let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384);
        assert!(choose(algorithm, Signable::Digest(&[0; 32]), &[]).is_err());
        assert!(choose(SignatureAlgorithm::Ed25519, Signable::Digest(&[0; 64]), &[]).is_err());
    }

    #[test]
    fn garbage_lengths_are_no_signature() {
        for length in [0, 63, 65, 4096] {
            assert!(finish(KeyKind::Ec(Curve::P256), vec![1; length]).is_err());
        }
        let der = finish(KeyKind::Ec(Curve::P256), vec![0x80; 64]).unwrap();
        assert_eq!(der[..5], [0x30, 70, 2, 33, 0]);
    }
}
