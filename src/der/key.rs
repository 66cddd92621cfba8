//! What kind of public key a SubjectPublicKeyInfo holds (RFC 5280, 4.1.2.7). Only looks: it neither checks points nor does arithmetic.

use super::{Error, ObjectIdentifier, oid};
use ::der::asn1::UintRef;
use ::der::{Decode, Sequence};
use spki::SubjectPublicKeyInfoRef;
use std::fmt;

/// An elliptic curve. hankod signs with those of FIPS 186-5; those of RFC 5639 it only checks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Curve {
    /// secp256r1
    P256,
    /// secp384r1
    P384,
    /// secp521r1
    P521,
    /// brainpoolP256r1
    Brainpool256,
    /// brainpoolP384r1
    Brainpool384,
    /// brainpoolP512r1
    Brainpool512,
}

/// The kind of a public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// RSA (rsaEncryption).
    Rsa {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// An elliptic curve key.
    Ec(Curve),
    /// RFC 8410
    Ed25519,
    /// RFC 8410; checked and shown, not used for signing.
    Ed448,
    /// Anything else: the algorithm's identifier, or the curve's for an unknown curve.
    Other(ObjectIdentifier),
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

impl Curve {
    const ALL: [Self; 6] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Brainpool256,
        Self::Brainpool384,
        Self::Brainpool512,
    ];

    /// Its identifier (RFC 5480).
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => oid::P256,
            Self::P384 => oid::P384,
            Self::P521 => oid::P521,
            Self::Brainpool256 => oid::BRAINPOOL_P256,
            Self::Brainpool384 => oid::BRAINPOOL_P384,
            Self::Brainpool512 => oid::BRAINPOOL_P512,
        }
    }

    /// The curve with this identifier.
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.oid() == oid)
    }

    /// Bytes of one coordinate, and of each half of a raw `r || s` signature.
    pub const fn field_bytes(self) -> usize {
        match self {
            Self::P256 | Self::Brainpool256 => 32,
            Self::P384 | Self::Brainpool384 => 48,
            Self::Brainpool512 => 64,
            Self::P521 => 66,
        }
    }

    /// Bits of the field.
    pub const fn bits(self) -> u32 {
        match self {
            Self::P256 | Self::Brainpool256 => 256,
            Self::P384 | Self::Brainpool384 => 384,
            Self::Brainpool512 => 512,
            Self::P521 => 521,
        }
    }
}

impl KeyKind {
    /// From a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Error::CertificateMalformed`] when it does not parse.
    pub fn of_spki(spki_der: &[u8]) -> Result<Self, Error> {
        let malformed = |_| Error::CertificateMalformed("subjectPublicKeyInfo");
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der).map_err(malformed)?;
        Ok(match spki.algorithm.oid {
            oid::RSA_ENCRYPTION => {
                let key = RsaPublicKey::from_der(spki.subject_public_key.raw_bytes()).map_err(malformed)?;
                Self::Rsa {
                    bits: bits(key.modulus.as_bytes()),
                }
            }
            oid::EC_PUBLIC_KEY => {
                let curve = spki
                    .algorithm
                    .parameters_oid()
                    .map_err(|_| Error::CertificateMalformed("curve"))?;
                Curve::from_oid(curve).map_or(Self::Other(curve), Self::Ec)
            }
            oid::ED25519 => Self::Ed25519,
            oid::ED448 => Self::Ed448,
            other => Self::Other(other),
        })
    }

    /// Key length in bits as reports give it; `None` for unknown keys.
    pub const fn bits(self) -> Option<u32> {
        match self {
            Self::Rsa { bits } => Some(bits),
            Self::Ec(curve) => Some(curve.bits()),
            Self::Ed25519 => Some(256),
            Self::Ed448 => Some(456),
            Self::Other(_) => None,
        }
    }

    /// Most bytes that a signature value by such a key has in CMS; 0 for keys that do not sign here.
    pub const fn max_signature_bytes(self) -> usize {
        match self {
            Self::Rsa { bits } => bits.div_ceil(8) as usize,
            // SEQUENCE of two INTEGERs: each a tag, a length, perhaps a zero byte; the outer length has two bytes for P-521.
            Self::Ec(curve) => 2 * (curve.field_bytes() + 3) + 3,
            Self::Ed25519 => 64,
            Self::Ed448 | Self::Other(_) => 0,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ec(Curve::P256) => f.write_str("P-256"),
            Self::Ec(Curve::P384) => f.write_str("P-384"),
            Self::Ec(Curve::P521) => f.write_str("P-521"),
            Self::Ec(Curve::Brainpool256) => f.write_str("brainpoolP256r1"),
            Self::Ec(Curve::Brainpool384) => f.write_str("brainpoolP384r1"),
            Self::Ec(Curve::Brainpool512) => f.write_str("brainpoolP512r1"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Other(oid) => write!(f, "{oid}"),
        }
    }
}

fn bits(modulus: &[u8]) -> u32 {
    let leading = modulus.first().map_or(0, |b| b.leading_zeros());
    u32::try_from(modulus.len() * 8)
        .unwrap_or(u32::MAX)
        .saturating_sub(leading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modulus_length_in_bits() {
        assert_eq!(bits(&[0x80; 256]), 2048);
        assert_eq!(bits(&[0x01, 0xff]), 9);
        assert_eq!(bits(&[]), 0);
    }

    #[test]
    fn rubbish_is_no_key() {
        assert_eq!(
            KeyKind::of_spki(b"\x30\x00"),
            Err(Error::CertificateMalformed("subjectPublicKeyInfo"))
        );
    }
}
