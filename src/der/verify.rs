//! Whether a public key made a signature: OpenSSL's answer, yes or [`Error::SignatureWrong`]. Trust is not asked here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use openssl::md::{Md, MdRef};
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use super::{DigestAlgorithm, Error, KeyKind, SignatureAlgorithm};

/// Checks `signature` over `message` with the key in `spki_der` (a SubjectPublicKeyInfo).
///
/// # Errors
/// [`Error::AlgorithmKeyMismatch`], [`Error::SignatureWrong`], or the key does not parse.
pub fn verify_signature(
    spki_der: &[u8],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    if !signs_messages(algorithm) {
        return verify_digest(spki_der, algorithm, &algorithm.digest().digest(message), signature);
    }
    let key = fitting_key(spki_der, algorithm)?;
    let mut verifier = Verifier::new_without_digest(&key).map_err(|_| Error::AlgorithmKeyMismatch)?;
    answer(verifier.verify_oneshot(signature, message))
}

/// Checks `signature` over a message whose digest (by the algorithm's own digest) is `digest`.
///
/// # Errors
/// As [`verify_signature`]; [`Error::AlgorithmKeyMismatch`] for Ed25519 and Ed448, which sign messages, and for a digest of the wrong length.
pub fn verify_digest(
    spki_der: &[u8],
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    if signs_messages(algorithm) || digest.len() != algorithm.digest().bytes() {
        return Err(Error::AlgorithmKeyMismatch);
    }
    let key = fitting_key(spki_der, algorithm)?;
    let mut context = prepared(&key, algorithm).map_err(|_| Error::AlgorithmKeyMismatch)?;
    answer(context.verify(digest, signature))
}

fn signs_messages(algorithm: SignatureAlgorithm) -> bool {
    matches!(algorithm, SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448)
}

fn fitting_key(spki_der: &[u8], algorithm: SignatureAlgorithm) -> Result<PKey<Public>, Error> {
    if !algorithm.fits(KeyKind::of_spki(spki_der)?) {
        return Err(Error::AlgorithmKeyMismatch);
    }
    read_key(spki_der).map_err(|_| Error::CertificateMalformed("subjectPublicKeyInfo"))
}

/// OpenSSL 3 takes longer to read a P-256 key than to verify with it, and the few signers of a set come again and again: so the newest keys are kept.
static READ_KEYS: Mutex<VecDeque<ReadKey>> = Mutex::new(VecDeque::new());
type ReadKey = (Box<[u8]>, PKey<Public>);
const MAX_READ_KEYS: usize = 16;
const MAX_READ_KEY_BYTES: usize = 1024;

fn read_key(spki_der: &[u8]) -> Result<PKey<Public>, openssl::error::ErrorStack> {
    let keys = || READ_KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, key)) = keys().iter().find(|(read, _)| **read == *spki_der) {
        return Ok(key.clone());
    }
    let key = PKey::public_key_from_der(spki_der)?;
    if spki_der.len() <= MAX_READ_KEY_BYTES {
        let mut keys = keys();
        keys.truncate(MAX_READ_KEYS - 1);
        keys.push_front((spki_der.into(), key.clone()));
    }
    Ok(key)
}

fn prepared(key: &PKey<Public>, algorithm: SignatureAlgorithm) -> Result<PkeyCtx<Public>, openssl::error::ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => context.set_rsa_padding(Padding::PKCS1)?,
        SignatureAlgorithm::RsaPss { salt_bytes, mask, .. } => {
            context.set_rsa_padding(Padding::PKCS1_PSS)?;
            context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::try_from(salt_bytes).unwrap_or(i32::MAX)))?;
            context.set_rsa_mgf1_md(md(mask))?;
        }
        SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => {}
    }
    context.set_signature_md(md(algorithm.digest()))?;
    Ok(context)
}

fn md(digest: DigestAlgorithm) -> &'static MdRef {
    match digest {
        DigestAlgorithm::Sha256 => Md::sha256(),
        DigestAlgorithm::Sha384 => Md::sha384(),
        DigestAlgorithm::Sha512 => Md::sha512(),
        DigestAlgorithm::Sha1 => Md::sha1(),
        DigestAlgorithm::Sha3_256 => Md::sha3_256(),
        DigestAlgorithm::Sha3_384 => Md::sha3_384(),
        DigestAlgorithm::Sha3_512 => Md::sha3_512(),
        DigestAlgorithm::Shake256 => Md::shake256(),
    }
}

// OpenSSL reports a malformed signature value as an error and a well-formed wrong one as `false`: the same to us.
fn answer(verified: Result<bool, openssl::error::ErrorStack>) -> Result<(), Error> {
    match verified {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(Error::SignatureWrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::Private;
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    fn rsa() -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
    }

    fn ec(nid: Nid) -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
    }

    fn check(key: &PKey<Private>, algorithm: SignatureAlgorithm, signature: &[u8]) {
        let spki = key.public_key_to_der().unwrap();
        verify_signature(&spki, algorithm, b"message", signature).unwrap();
        let other = verify_signature(&spki, algorithm, b"massage", signature);
        assert_eq!(other, Err(Error::SignatureWrong));
        for at in 0..signature.len() {
            let mut changed = signature.to_vec();
            changed[at] ^= 1;
            let verified = verify_signature(&spki, algorithm, b"message", &changed);
            assert_eq!(verified, Err(Error::SignatureWrong), "{algorithm:?} byte {at}");
        }
        for cut in [&signature[..0], &signature[..signature.len() - 1]] {
            assert_eq!(
                verify_signature(&spki, algorithm, b"message", cut),
                Err(Error::SignatureWrong)
            );
        }
    }

    #[test]
    fn rsa_signatures() {
        let key = rsa();
        for (digest, md) in [
            (DigestAlgorithm::Sha256, MessageDigest::sha256()),
            (DigestAlgorithm::Sha512, MessageDigest::sha512()),
        ] {
            let mut signer = Signer::new(md, &key).unwrap();
            let value = signer.sign_oneshot_to_vec(b"message").unwrap();
            check(&key, SignatureAlgorithm::RsaPkcs1(digest), &value);
        }
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(222)).unwrap();
        let value = signer.sign_oneshot_to_vec(b"message").unwrap();
        let pss = |salt_bytes| SignatureAlgorithm::RsaPss {
            digest: DigestAlgorithm::Sha256,
            mask: DigestAlgorithm::Sha256,
            salt_bytes,
        };
        check(&key, pss(222), &value);
        let spki = key.public_key_to_der().unwrap();
        let salt = verify_signature(&spki, pss(32), b"message", &value);
        assert_eq!(salt, Err(Error::SignatureWrong));
    }

    #[test]
    fn elliptic_curve_signatures() {
        for (nid, md, digest) in [
            (Nid::X9_62_PRIME256V1, MessageDigest::sha256(), DigestAlgorithm::Sha256),
            (Nid::SECP384R1, MessageDigest::sha384(), DigestAlgorithm::Sha384),
            (Nid::SECP521R1, MessageDigest::sha512(), DigestAlgorithm::Sha512),
        ] {
            let key = ec(nid);
            let value = Signer::new(md, &key).unwrap().sign_oneshot_to_vec(b"message").unwrap();
            let spki = key.public_key_to_der().unwrap();
            assert!(value.len() <= KeyKind::of_spki(&spki).unwrap().max_signature_bytes());
            check(&key, SignatureAlgorithm::Ecdsa(digest), &value);
        }
    }

    #[test]
    fn ed25519_signatures() {
        let key = PKey::generate_ed25519().unwrap();
        let mut signer = Signer::new_without_digest(&key).unwrap();
        let value = signer.sign_oneshot_to_vec(b"message").unwrap();
        check(&key, SignatureAlgorithm::Ed25519, &value);
    }

    #[test]
    fn an_algorithm_needs_its_kind_of_key() {
        let spki = rsa().public_key_to_der().unwrap();
        let verified = verify_signature(&spki, SignatureAlgorithm::Ed25519, b"", b"");
        assert_eq!(verified, Err(Error::AlgorithmKeyMismatch));
    }
}
