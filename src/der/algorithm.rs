//! Digest and signature algorithms as data, with their AlgorithmIdentifiers (RFC 4055, 5754, 5758, 8410, 8419).
//!
//! SHA-1 and weaker do not exist here, and MGF1 always uses the digest of its PSS.

use super::{Curve, Error, KeyKind, ObjectIdentifier, oid};
use ::der::asn1::{AnyRef, Null};
use ::der::{Any, Decode, Encode, Sequence};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierOwned;

/// Smallest RSA modulus that signs, in bits.
const MIN_RSA_BITS: u32 = 2048;

/// A digest of the SHA-2 family.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DigestAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// A running digest. A clone goes on from the same point: digests of ranges that share a beginning cost one pass.
#[derive(Clone, Debug)]
pub enum Hasher {
    /// SHA-256
    Sha256(Sha256),
    /// SHA-384
    Sha384(Sha384),
    /// SHA-512
    Sha512(Sha512),
}

/// How a signature value is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 over this digest.
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS; MGF1 with the same digest, trailer 1.
    RsaPss {
        /// Of the message and of MGF1.
        digest: DigestAlgorithm,
        /// Length of the salt in bytes.
        salt_bytes: u32,
    },
    /// ECDSA; the value is DER `Ecdsa-Sig-Value`, the curve is the key's.
    Ecdsa(DigestAlgorithm),
    /// Ed25519 over the message itself; message digests beside it are SHA-512 (RFC 8419, 3).
    Ed25519,
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
    /// All of them, weakest first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its identifier (RFC 5754).
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// The digest with this identifier.
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.oid() == oid)
    }

    /// Length of its value.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// As reports name it: `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
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
        }
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

    /// `DigestInfo` of this digest value (RFC 8017, 9.2): what a raw PKCS #1 v1.5 mechanism pads and signs.
    pub fn digest_info(self, digest: &[u8]) -> Vec<u8> {
        let last = match self {
            Self::Sha256 => 1,
            Self::Sha384 => 2,
            Self::Sha512 => 3,
        };
        // SEQUENCE { SEQUENCE { 2.16.840.1.101.3.4.2.last, NULL }, OCTET STRING }; every length is below 128.
        let length = u8::try_from(digest.len()).unwrap_or(0);
        let mut info = vec![
            0x30,
            17 + length,
            0x30,
            13,
            6,
            9,
            0x60,
            0x86,
            0x48,
            1,
            0x65,
            3,
            4,
            2,
            last,
            5,
            0,
            4,
            length,
        ];
        info.extend_from_slice(digest);
        info
    }
}

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(bytes),
            Self::Sha384(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
        }
    }

    /// The digest of everything taken.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(h) => h.finalize().to_vec(),
            Self::Sha384(h) => h.finalize().to_vec(),
            Self::Sha512(h) => h.finalize().to_vec(),
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
                    Preference::RsaPss => Self::RsaPss { digest, salt_bytes: 32 },
                });
            }
            KeyKind::Ec(Curve::P256) => Self::Ecdsa(DigestAlgorithm::Sha256),
            KeyKind::Ec(Curve::P384) => Self::Ecdsa(DigestAlgorithm::Sha384),
            KeyKind::Ec(Curve::P521) => Self::Ecdsa(DigestAlgorithm::Sha512),
            KeyKind::Ed25519 => Self::Ed25519,
            KeyKind::Rsa { .. } | KeyKind::Ed448 | KeyKind::Other(_) => {
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
        }
    }

    /// `true` when a key of this kind can make and check such signatures.
    pub const fn fits(self, key: KeyKind) -> bool {
        matches!(
            (self, key),
            (Self::RsaPkcs1(_) | Self::RsaPss { .. }, KeyKind::Rsa { .. })
                | (Self::Ecdsa(_), KeyKind::Ec(_))
                | (Self::Ed25519, KeyKind::Ed25519)
        )
    }

    /// Its identifier without parameters, as CSC lists it.
    pub const fn oid(self) -> ObjectIdentifier {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        match self {
            Self::RsaPkcs1(Sha256) => oid::RSA_SHA256,
            Self::RsaPkcs1(Sha384) => oid::RSA_SHA384,
            Self::RsaPkcs1(Sha512) => oid::RSA_SHA512,
            Self::RsaPss { .. } => oid::RSA_PSS,
            Self::Ecdsa(Sha256) => oid::ECDSA_SHA256,
            Self::Ecdsa(Sha384) => oid::ECDSA_SHA384,
            Self::Ecdsa(Sha512) => oid::ECDSA_SHA512,
            Self::Ed25519 => oid::ED25519,
        }
    }

    /// The AlgorithmIdentifier: NULL for RSA (RFC 4055, 5), the PSS parameters, nothing for the others.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`] when the parameters cannot be encoded, which no value of this type causes.
    pub fn identifier(self) -> Result<AlgorithmIdentifierOwned, Error> {
        let parameters = match self {
            Self::RsaPkcs1(_) => Some(Any::from(AnyRef::NULL)),
            Self::RsaPss { digest, salt_bytes } => Some(
                pss_parameters(digest, salt_bytes)
                    .map_err(|_| Error::AlgorithmUnsupported(oid::RSA_PSS.to_string()))?,
            ),
            Self::Ecdsa(_) | Self::Ed25519 => None,
        };
        Ok(AlgorithmIdentifierOwned {
            oid: self.oid(),
            parameters,
        })
    }

    /// From an AlgorithmIdentifier.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`] for unknown ones, SHA-1, and PSS whose MGF1 uses another digest.
    pub fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Result<Self, Error> {
        if identifier.oid == oid::RSA_PSS {
            return read_pss(identifier).ok_or_else(|| unsupported(identifier));
        }
        DigestAlgorithm::ALL
            .into_iter()
            .flat_map(|d| [Self::RsaPkcs1(d), Self::Ecdsa(d)])
            .chain([Self::Ed25519])
            .find(|a| a.oid() == identifier.oid && absent_or_null(identifier))
            .ok_or_else(|| unsupported(identifier))
    }

    /// As reports name it: `RSA-PSS SHA-256`.
    pub fn name(self) -> String {
        match self {
            Self::RsaPkcs1(d) => format!("RSA {}", d.name()),
            Self::RsaPss { digest, .. } => format!("RSA-PSS {}", digest.name()),
            Self::Ecdsa(d) => format!("ECDSA {}", d.name()),
            Self::Ed25519 => "Ed25519".to_owned(),
        }
    }
}

fn pss_parameters(digest: DigestAlgorithm, salt_bytes: u32) -> ::der::Result<Any> {
    // Here the digest carries NULL (RFC 4055, 2.1).
    let hash = AlgorithmIdentifierOwned {
        oid: digest.oid(),
        parameters: Some(Any::encode_from(&Null)?),
    };
    let mask = AlgorithmIdentifierOwned {
        oid: oid::MGF1,
        parameters: Some(Any::encode_from(&hash)?),
    };
    Any::encode_from(&PssParameters {
        hash: Some(hash),
        mask: Some(mask),
        // DEFAULT 20 is left out in DER.
        salt_bytes: (salt_bytes != 20).then_some(salt_bytes),
        trailer: None,
    })
}

fn read_pss(identifier: &AlgorithmIdentifierOwned) -> Option<SignatureAlgorithm> {
    let parameters: PssParameters = identifier.parameters.as_ref()?.decode_as().ok()?;
    let digest = DigestAlgorithm::from_identifier(&parameters.hash?).ok()?;
    let mask = parameters.mask.filter(|m| m.oid == oid::MGF1)?;
    let mask_digest = AlgorithmIdentifierOwned::from_der(&mask.parameters?.to_der().ok()?).ok()?;
    let same = DigestAlgorithm::from_identifier(&mask_digest) == Ok(digest);
    (same && parameters.trailer.unwrap_or(1) == 1).then_some(SignatureAlgorithm::RsaPss {
        digest,
        salt_bytes: parameters.salt_bytes.unwrap_or(20),
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
        let mut all = vec![SignatureAlgorithm::Ed25519];
        for digest in DigestAlgorithm::ALL {
            all.push(SignatureAlgorithm::RsaPkcs1(digest));
            all.push(SignatureAlgorithm::Ecdsa(digest));
            all.extend([0, 20, 32, 222].map(|salt_bytes| SignatureAlgorithm::RsaPss { digest, salt_bytes }));
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
        let padding = SignatureAlgorithm::for_key(KeyKind::Ed25519, Preference::RsaPss);
        assert_eq!(padding, Err(Error::AlgorithmKeyMismatch));
    }

    #[test]
    fn a_clone_goes_on_from_the_same_point() {
        for digest in DigestAlgorithm::ALL {
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
