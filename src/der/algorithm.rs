//! Digest and signature algorithms as data, with their AlgorithmIdentifiers (RFC 4055, 5754, 5758, 8410, 8419).
//!
//! hankod signs with SHA-2 alone. What others signed with is known too, so that it can be checked; what is too weak is said by `trust::algorithms`.
//! MD5 and whatever is weaker than SHA-1 do not exist here.

use super::{Curve, Error, KeyKind, ObjectIdentifier, oid};
use ::der::asn1::{AnyRef, Null};
use ::der::{Any, Decode, Encode, Sequence};
use openssl::hash::MessageDigest;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierOwned;
use std::fmt;

/// Smallest RSA modulus that signs, in bits.
const MIN_RSA_BITS: u32 = 2048;

/// Length of a PSS salt that is not given (RFC 4055, 3.1).
const DEFAULT_SALT_BYTES: u32 = 20;
/// Longest PSS salt: it has to fit into a modulus of 16,384 bits, OpenSSL's largest.
const MAX_SALT_BYTES: u32 = 2048;

/// A digest: those of [`Self::ALL`] sign, the others are only checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DigestAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
    /// SHA-1; broken, in old signatures only.
    Sha1,
    /// SHA3-256
    Sha3_256,
    /// SHA3-384
    Sha3_384,
    /// SHA3-512
    Sha3_512,
    /// SHAKE256 with 64 bytes, beside Ed448.
    Shake256,
}

/// A running digest. A clone goes on from the same point: digests of ranges that share a beginning cost one pass.
#[derive(Clone)]
pub enum Hasher {
    /// SHA-256
    Sha256(Sha256),
    /// SHA-384
    Sha384(Sha384),
    /// SHA-512
    Sha512(Sha512),
    /// Those that only serve checking, by OpenSSL; `None` once it failed.
    Other(DigestAlgorithm, Option<openssl::hash::Hasher>),
}

/// How a signature value is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 over this digest.
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS with MGF1 and trailer 1.
    RsaPss {
        /// Of the message.
        digest: DigestAlgorithm,
        /// Of MGF1; the same in signatures that hankod makes.
        mask: DigestAlgorithm,
        /// Length of the salt in bytes.
        salt_bytes: u32,
    },
    /// ECDSA; the value is DER `Ecdsa-Sig-Value`, the curve is the key's.
    Ecdsa(DigestAlgorithm),
    /// Ed25519 over the message itself; message digests beside it are SHA-512 (RFC 8419, 3).
    Ed25519,
    /// Ed448 over the message itself; message digests beside it are SHAKE256 (RFC 8419, 3).
    Ed448,
}

/// Which padding somebody asked for; only RSA keys leave a choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Preference {
    /// PKCS #1 v1.5 for RSA (every card has it), the only algorithm of all other keys.
    #[default]
    Auto,
    /// PKCS #1 v1.5; RSA keys only.
    RsaPkcs1,
    /// PSS with a salt as long as the digest; RSA keys only.
    RsaPss,
}

#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_bytes: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

impl DigestAlgorithm {
    /// Those that sign, weakest first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];
    /// Those that are known, so that old and foreign signatures can be checked.
    pub const KNOWN: [Self; 8] = [
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha1,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
        Self::Shake256,
    ];

    /// Its identifier (RFC 5754).
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
            Self::Sha1 => oid::SHA1,
            Self::Sha3_256 => oid::SHA3_256,
            Self::Sha3_384 => oid::SHA3_384,
            Self::Sha3_512 => oid::SHA3_512,
            Self::Shake256 => oid::SHAKE256,
        }
    }

    /// The digest with this identifier.
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::KNOWN.into_iter().find(|d| d.oid() == oid)
    }

    /// Length of its value.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Shake256 => 64,
        }
    }

    /// As reports name it: `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha1 => "SHA-1",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Shake256 => "SHAKE256",
        }
    }

    /// The digest of `message`. For more than a few pages of bytes see [`Self::hasher`].
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(message);
        hasher.finish()
    }

    /// A running digest with nothing in it.
    pub fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha384 => Hasher::Sha384(Sha384::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
            Self::Sha1 => self.by(MessageDigest::sha1()),
            Self::Sha3_256 => self.by(MessageDigest::sha3_256()),
            Self::Sha3_384 => self.by(MessageDigest::sha3_384()),
            Self::Sha3_512 => self.by(MessageDigest::sha3_512()),
            Self::Shake256 => self.by(MessageDigest::shake_256()),
        }
    }

    fn by(self, digest: MessageDigest) -> Hasher {
        Hasher::Other(self, openssl::hash::Hasher::new(digest).ok())
    }

    /// Without parameters, as CMS wants it (RFC 5754, 2).
    pub const fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters: None,
        }
    }

    /// From an AlgorithmIdentifier with absent or NULL parameters.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`] for every other one.
    pub fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Result<Self, Error> {
        Self::from_oid(identifier.oid)
            .filter(|_| absent_or_null(identifier))
            .ok_or_else(|| unsupported(identifier))
    }

    /// `DigestInfo` of this digest value (RFC 8017, 9.2): what a raw PKCS #1 v1.5 mechanism pads and signs. For those of [`Self::ALL`].
    pub fn digest_info(self, digest: &[u8]) -> Vec<u8> {
        // SEQUENCE { SEQUENCE { oid, NULL }, OCTET STRING }; every length is below 128.
        let length = |bytes: usize| u8::try_from(bytes).unwrap_or(0);
        let oid = self.oid();
        let oid = oid.as_bytes();
        let mut info = vec![
            0x30,
            length(8 + oid.len() + digest.len()),
            0x30,
            length(4 + oid.len()),
            6,
            length(oid.len()),
        ];
        info.extend_from_slice(oid);
        info.extend_from_slice(&[5, 0, 4, length(digest.len())]);
        info.extend_from_slice(digest);
        info
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(bytes),
            Self::Sha384(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
            Self::Other(_, hasher) => {
                if hasher.as_mut().is_some_and(|h| h.update(bytes).is_err()) {
                    *hasher = None;
                }
            }
        }
    }

    /// The digest of everything taken. Empty, and so equal to no digest, should OpenSSL fail.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(h) => h.finalize().to_vec(),
            Self::Sha384(h) => h.finalize().to_vec(),
            Self::Sha512(h) => h.finalize().to_vec(),
            Self::Other(DigestAlgorithm::Shake256, hasher) => {
                let mut digest = vec![0; DigestAlgorithm::Shake256.bytes()];
                let finished = hasher.and_then(|mut h| h.finish_xof(&mut digest).ok());
                finished.map_or_else(Vec::new, |()| digest)
            }
            Self::Other(_, hasher) => hasher
                .and_then(|mut h| h.finish().ok())
                .map_or_else(Vec::new, |d| d.to_vec()),
        }
    }
}

impl SignatureAlgorithm {
    /// The algorithm for a key: the digest follows the curve, RSA uses SHA-256.
    ///
    /// # Errors
    /// [`Error::KeyUnsupported`], or [`Error::AlgorithmKeyMismatch`] when an RSA padding is asked of another key.
    pub fn for_key(key: KeyKind, preference: Preference) -> Result<Self, Error> {
        let digest = DigestAlgorithm::Sha256;
        let fixed = match key {
            KeyKind::Rsa { bits } if bits >= MIN_RSA_BITS => {
                return Ok(match preference {
                    Preference::Auto | Preference::RsaPkcs1 => Self::RsaPkcs1(digest),
                    Preference::RsaPss => Self::RsaPss {
                        digest,
                        mask: digest,
                        salt_bytes: 32,
                    },
                });
            }
            KeyKind::Ec(Curve::P256) => Self::Ecdsa(DigestAlgorithm::Sha256),
            KeyKind::Ec(Curve::P384) => Self::Ecdsa(DigestAlgorithm::Sha384),
            KeyKind::Ec(Curve::P521) => Self::Ecdsa(DigestAlgorithm::Sha512),
            KeyKind::Ed25519 => Self::Ed25519,
            KeyKind::Rsa { .. } | KeyKind::Ec(_) | KeyKind::Ed448 | KeyKind::Other(_) => {
                return Err(Error::KeyUnsupported(key.to_string()));
            }
        };
        match preference {
            Preference::Auto => Ok(fixed),
            Preference::RsaPkcs1 | Preference::RsaPss => Err(Error::AlgorithmKeyMismatch),
        }
    }

    /// The digest that goes with it: of the signed bytes, and of the message in CMS.
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss { digest, .. } | Self::Ecdsa(digest) => digest,
            Self::Ed25519 => DigestAlgorithm::Sha512,
            Self::Ed448 => DigestAlgorithm::Shake256,
        }
    }

    /// The same with another digest; `None` where the algorithm fixes its own (Ed25519, Ed448).
    #[must_use]
    pub fn with_digest(self, digest: DigestAlgorithm) -> Option<Self> {
        match self {
            Self::RsaPkcs1(_) => Some(Self::RsaPkcs1(digest)),
            Self::RsaPss { .. } => Some(Self::RsaPss {
                digest,
                mask: digest,
                salt_bytes: u32::try_from(digest.bytes()).ok()?,
            }),
            Self::Ecdsa(_) => Some(Self::Ecdsa(digest)),
            Self::Ed25519 | Self::Ed448 => Some(self).filter(|fixed| fixed.digest() == digest),
        }
    }

    /// `true` when a key of this kind can make and check such signatures.
    pub const fn fits(self, key: KeyKind) -> bool {
        matches!(
            (self, key),
            (Self::RsaPkcs1(_) | Self::RsaPss { .. }, KeyKind::Rsa { .. })
                | (Self::Ecdsa(_), KeyKind::Ec(_))
                | (Self::Ed25519, KeyKind::Ed25519)
                | (Self::Ed448, KeyKind::Ed448)
        )
    }

    /// Its identifier without parameters, as CSC lists it.
    pub const fn oid(self) -> ObjectIdentifier {
        use DigestAlgorithm::{Sha1, Sha3_256, Sha3_384, Sha3_512, Sha256, Sha384, Sha512, Shake256};
        match self {
            Self::RsaPkcs1(Sha256) => oid::RSA_SHA256,
            Self::RsaPkcs1(Sha384) => oid::RSA_SHA384,
            Self::RsaPkcs1(Sha512) => oid::RSA_SHA512,
            Self::RsaPkcs1(Sha1) => oid::RSA_SHA1,
            Self::RsaPkcs1(Sha3_256) => oid::RSA_SHA3_256,
            Self::RsaPkcs1(Sha3_384) => oid::RSA_SHA3_384,
            Self::RsaPkcs1(Sha3_512) => oid::RSA_SHA3_512,
            Self::RsaPss { .. } => oid::RSA_PSS,
            Self::Ecdsa(Sha256) => oid::ECDSA_SHA256,
            Self::Ecdsa(Sha384) => oid::ECDSA_SHA384,
            Self::Ecdsa(Sha512) => oid::ECDSA_SHA512,
            Self::Ecdsa(Sha1) => oid::ECDSA_SHA1,
            Self::Ecdsa(Sha3_256) => oid::ECDSA_SHA3_256,
            Self::Ecdsa(Sha3_384) => oid::ECDSA_SHA3_384,
            Self::Ecdsa(Sha3_512) => oid::ECDSA_SHA3_512,
            Self::Ed25519 => oid::ED25519,
            // SHAKE256 stands beside Ed448 alone.
            Self::Ed448 | Self::RsaPkcs1(Shake256) | Self::Ecdsa(Shake256) => oid::ED448,
        }
    }

    /// The AlgorithmIdentifier: NULL for RSA (RFC 4055, 5), the PSS parameters, nothing for the others.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`] when the parameters cannot be encoded, which no value of this type causes.
    pub fn identifier(self) -> Result<AlgorithmIdentifierOwned, Error> {
        let parameters = match self {
            Self::RsaPkcs1(_) => Some(Any::from(AnyRef::NULL)),
            Self::RsaPss {
                digest,
                mask,
                salt_bytes,
            } => Some(
                pss_parameters(digest, mask, salt_bytes)
                    .map_err(|_| Error::AlgorithmUnsupported(oid::RSA_PSS.to_string()))?,
            ),
            Self::Ecdsa(_) | Self::Ed25519 | Self::Ed448 => None,
        };
        Ok(AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters,
        })
    }

    /// From an AlgorithmIdentifier.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`] for unknown ones, and for parameters that are not those of the algorithm.
    pub fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Result<Self, Error> {
        if identifier.oid == oid::RSA_PSS {
            return read_pss(identifier).ok_or_else(|| unsupported(identifier));
        }
        DigestAlgorithm::KNOWN
            .into_iter()
            .filter(|d| *d != DigestAlgorithm::Shake256)
            .flat_map(|d| [Self::RsaPkcs1(d), Self::Ecdsa(d)])
            .chain([Self::Ed25519, Self::Ed448])
            .find(|a| a.oid() == identifier.oid && absent_or_null(identifier))
            .ok_or_else(|| unsupported(identifier))
    }

    /// From an identifier and the DER of its parameters, as protocols carry them apart.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`], also for parameters that are no DER.
    pub fn of_parts(oid: ObjectIdentifier, parameters: Option<&[u8]>) -> Result<Self, Error> {
        let read = parameters.map(Any::from_der).transpose();
        let parameters = read.map_err(|_| Error::AlgorithmUnsupported(oid.to_string()))?;
        Self::from_identifier(&AlgorithmIdentifierOwned { oid, parameters })
    }

    /// As reports name it: `RSA-PSS SHA-256`.
    pub fn name(self) -> String {
        match self {
            Self::RsaPkcs1(d) => format!("RSA {}", d.name()),
            Self::RsaPss { digest, .. } => format!("RSA-PSS {}", digest.name()),
            Self::Ecdsa(d) => format!("ECDSA {}", d.name()),
            Self::Ed25519 => "Ed25519".to_owned(),
            Self::Ed448 => "Ed448".to_owned(),
        }
    }
}

fn pss_parameters(digest: DigestAlgorithm, mask: DigestAlgorithm, salt_bytes: u32) -> ::der::Result<Any> {
    // Here the digests carry NULL (RFC 4055, 2.1), and DEFAULTs are left out in DER (3.1).
    let null = |digest: DigestAlgorithm| -> ::der::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: digest.oid(),
            parameters: Some(Any::encode_from(&Null)?),
        })
    };
    let given = |digest: DigestAlgorithm| digest != DigestAlgorithm::Sha1;
    let generation = |mask| -> ::der::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: oid::MGF1,
            parameters: Some(Any::encode_from(&null(mask)?)?),
        })
    };
    Any::encode_from(&PssParameters {
        hash: given(digest).then(|| null(digest)).transpose()?,
        mask: given(mask).then(|| generation(mask)).transpose()?,
        salt_bytes: (salt_bytes != DEFAULT_SALT_BYTES).then_some(salt_bytes),
        trailer: None,
    })
}

/// Parameters that are missing as a whole are refused: in CMS they must be there (RFC 4056, 3).
fn read_pss(identifier: &AlgorithmIdentifierOwned) -> Option<SignatureAlgorithm> {
    let parameters: PssParameters = identifier.parameters.as_ref()?.decode_as().ok()?;
    let named = |hash: AlgorithmIdentifierOwned| DigestAlgorithm::from_identifier(&hash).ok();
    let digest = parameters.hash.map_or(Some(DigestAlgorithm::Sha1), named)?;
    let mask = parameters.mask.map_or(Some(DigestAlgorithm::Sha1), |mask| {
        let hash = mask.parameters.filter(|_| mask.oid == oid::MGF1)?.to_der().ok()?;
        named(AlgorithmIdentifierOwned::from_der(&hash).ok()?)
    })?;
    let salt_bytes = parameters.salt_bytes.unwrap_or(DEFAULT_SALT_BYTES);
    let sane = parameters.trailer.unwrap_or(1) == 1
        && salt_bytes <= MAX_SALT_BYTES
        && ![digest, mask].contains(&DigestAlgorithm::Shake256);
    sane.then_some(SignatureAlgorithm::RsaPss {
        digest,
        mask,
        salt_bytes,
    })
}

fn absent_or_null(identifier: &AlgorithmIdentifierOwned) -> bool {
    identifier.parameters.as_ref().is_none_or(Any::is_null)
}

fn unsupported(identifier: &AlgorithmIdentifierOwned) -> Error {
    Error::AlgorithmUnsupported(identifier.oid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<SignatureAlgorithm> {
        let mut all = vec![SignatureAlgorithm::Ed25519, SignatureAlgorithm::Ed448];
        for digest in DigestAlgorithm::KNOWN
            .into_iter()
            .filter(|d| *d != DigestAlgorithm::Shake256)
        {
            all.push(SignatureAlgorithm::RsaPkcs1(digest));
            all.push(SignatureAlgorithm::Ecdsa(digest));
            for mask in [digest, DigestAlgorithm::Sha1, DigestAlgorithm::Sha512] {
                all.extend([0, 20, 32, 222].map(|salt_bytes| SignatureAlgorithm::RsaPss {
                    digest,
                    mask,
                    salt_bytes,
                }));
            }
        }
        all
    }

    #[test]
    fn identifiers_go_both_ways() {
        for algorithm in all() {
            let der = algorithm.identifier().unwrap().to_der().unwrap();
            let back = AlgorithmIdentifierOwned::from_der(&der).unwrap();
            assert_eq!(SignatureAlgorithm::from_identifier(&back), Ok(algorithm));
        }
    }

    #[test]
    fn pss_is_written_as_others_write_it() {
        let algorithm = SignatureAlgorithm::RsaPss {
            digest: DigestAlgorithm::Sha256,
            mask: DigestAlgorithm::Sha256,
            salt_bytes: 32,
        };
        let written = hex::encode(algorithm.identifier().unwrap().to_der().unwrap());
        assert_eq!(
            written,
            "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
        );
    }

    #[test]
    fn the_digest_follows_the_curve() {
        let digest = |key| SignatureAlgorithm::for_key(key, Preference::Auto).unwrap().digest();
        assert_eq!(digest(KeyKind::Ec(Curve::P256)), DigestAlgorithm::Sha256);
        assert_eq!(digest(KeyKind::Ec(Curve::P384)), DigestAlgorithm::Sha384);
        assert_eq!(digest(KeyKind::Ec(Curve::P521)), DigestAlgorithm::Sha512);
        assert_eq!(digest(KeyKind::Ed25519), DigestAlgorithm::Sha512);
        assert_eq!(digest(KeyKind::Rsa { bits: 2048 }), DigestAlgorithm::Sha256);
    }

    #[test]
    fn unfit_keys_and_paddings_are_refused() {
        let short = SignatureAlgorithm::for_key(KeyKind::Rsa { bits: 1024 }, Preference::Auto);
        assert_eq!(short, Err(Error::KeyUnsupported("RSA 1024".to_owned())));
        for key in [KeyKind::Ec(Curve::Brainpool256), KeyKind::Ed448] {
            let signs = SignatureAlgorithm::for_key(key, Preference::Auto);
            assert_eq!(signs, Err(Error::KeyUnsupported(key.to_string())));
        }
        let padding = SignatureAlgorithm::for_key(KeyKind::Ed25519, Preference::RsaPss);
        assert_eq!(padding, Err(Error::AlgorithmKeyMismatch));
    }

    #[test]
    fn a_clone_goes_on_from_the_same_point() {
        for digest in DigestAlgorithm::KNOWN {
            let mut first = digest.hasher();
            first.update(b"shared ");
            let mut second = first.clone();
            first.update(b"one");
            second.update(b"two");
            assert_eq!(first.finish(), digest.digest(b"shared one"));
            assert_eq!(second.finish(), digest.digest(b"shared two"));
            assert_eq!(digest.digest(b"").len(), digest.bytes());
        }
    }

    #[test]
    fn digest_info_is_der() {
        for digest in DigestAlgorithm::ALL {
            let info = digest.digest_info(&digest.digest(b"x"));
            let parsed = Any::from_der(&info).unwrap();
            assert_eq!(parsed.to_der().unwrap(), info);
            let identifier = AlgorithmIdentifierOwned::from_der(&info[2..17]).unwrap();
            assert_eq!(DigestAlgorithm::from_identifier(&identifier), Ok(digest));
        }
    }
}
