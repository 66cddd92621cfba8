//! What a token offers for signing: certificates with their keys, and why some cannot sign. Trust and revocation are not asked here.

use super::key::KeyInfo;
use crate::clock::Timestamp;
use crate::der::{self, Certificate, KeyKind, ObjectIdentifier, Preference, SignatureAlgorithm};
use crate::text::Explain;

const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const SMARTCARD_LOGON: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.2");

/// A certificate, a key, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The certificate.
    pub certificate: Held,
    /// `CKA_LABEL`; whoever shows it makes it safe.
    pub label: String,
    /// `CKA_ID`
    pub id: Vec<u8>,
    /// Its private key.
    pub key: KeyState,
}

/// The certificate of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// There is none for this key.
    None,
    /// One that parses.
    Readable(Box<Certificate>),
    /// Bytes that are no certificate.
    Malformed(der::Error),
}

/// The private key of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// A login shows it: it can be asked to sign.
    Usable(KeyInfo),
    /// Only a login will show it.
    BehindLogin(KeyKind),
    /// There is none for this certificate.
    Missing,
}

/// Whether an entry can sign documents at a given time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fitness {
    /// It can.
    Fit,
    /// The private key is not on the token.
    NoKey,
    /// A key alone.
    NoCertificate,
    /// The certificate does not parse.
    Malformed,
    /// Expired.
    Expired {
        /// Its last second.
        since: Timestamp,
    },
    /// Not valid yet.
    NotYetValid {
        /// Its first second.
        from: Timestamp,
    },
    /// keyUsage allows no signatures.
    EncryptionOnly,
    /// extKeyUsage allows nothing but authentication.
    AuthenticationOnly,
    /// The certificate of a certification authority.
    CaCertificate,
    /// A kind of key that hankod does not sign with.
    UnsupportedKey {
        /// As reports name it.
        kind: String,
    },
}

impl Held {
    /// The certificate, if it parses.
    pub fn readable(&self) -> Option<&Certificate> {
        match self {
            Self::Readable(certificate) => Some(certificate),
            Self::None | Self::Malformed(_) => None,
        }
    }
}

impl Entry {
    /// Whether it can sign at `now`; of several reasons the one that lasts longest.
    pub fn fitness(&self, now: Timestamp) -> Fitness {
        let certificate = match &self.certificate {
            Held::None => return Fitness::NoCertificate,
            Held::Malformed(_) => return Fitness::Malformed,
            Held::Readable(certificate) => certificate,
        };
        if certificate.extensions().is_ca {
            Fitness::CaCertificate
        } else if self.key == KeyState::Missing {
            Fitness::NoKey
        } else if SignatureAlgorithm::for_key(certificate.key(), Preference::Auto).is_err() {
            Fitness::UnsupportedKey {
                kind: certificate.key().to_string(),
            }
        } else if !certificate.may_sign_documents() {
            Fitness::EncryptionOnly
        } else if authenticates_only(certificate) {
            Fitness::AuthenticationOnly
        } else if now > certificate.not_after() {
            Fitness::Expired {
                since: certificate.not_after(),
            }
        } else if now < certificate.not_before() {
            Fitness::NotYetValid {
                from: certificate.not_before(),
            }
        } else {
            Fitness::Fit
        }
    }
}

fn authenticates_only(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    let commits = extensions.key_usage.is_some_and(|usage| usage.content_commitment());
    let purposes = extensions.extended_key_usage.as_deref().unwrap_or_default();
    !commits && !purposes.is_empty() && purposes.iter().all(|p| [CLIENT_AUTH, SMARTCARD_LOGON].contains(p))
}

impl Explain for Fitness {
    fn code(&self) -> &'static str {
        match self {
            Self::Fit => "certificate_fit",
            Self::NoKey => "certificate_without_key",
            Self::NoCertificate => "key_without_certificate",
            Self::Malformed => "certificate_unreadable",
            Self::Expired { .. } => "certificate_expired",
            Self::NotYetValid { .. } => "certificate_not_yet_valid",
            Self::EncryptionOnly => "certificate_encryption_only",
            Self::AuthenticationOnly => "certificate_authentication_only",
            Self::CaCertificate => "certificate_of_authority",
            Self::UnsupportedKey { .. } => "certificate_key_unsupported",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Expired { since: at } | Self::NotYetValid { from: at } => vec![("at", at.jst_minutes())],
            Self::UnsupportedKey { kind } => vec![("kind", kind.clone())],
            _ => Vec::new(),
        }
    }
}
