//! Certificate extensions (RFC 5280, 4.2) that hankod looks at. Those it does not know are kept by identifier, for whoever must refuse critical ones.

use super::{Error, ObjectIdentifier, oid};
use ::der::Decode;
use ::der::asn1::BitString;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_parser::prelude::X509Extension;

/// keyUsage: what the key may do (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUsage(u16);

/// The names of keyUsage's bits, in order (RFC 5280, 4.2.1.3).
pub const KEY_USAGE_NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// One extension as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    /// Which.
    pub oid: ObjectIdentifier,
    /// Whoever does not know it must refuse the certificate.
    pub critical: bool,
    /// DER of its value.
    pub value: Vec<u8>,
}

/// The extensions as data; absent ones are `None` or empty.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// Absent means: not restricted.
    pub key_usage: Option<KeyUsage>,
    /// Purposes; `None` means: not restricted.
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    /// extendedKeyUsage is marked critical, as RFC 3161, 2.3 demands of a TSA.
    pub extended_key_usage_critical: bool,
    /// basicConstraints cA.
    pub is_ca: bool,
    /// basicConstraints pathLenConstraint.
    pub path_length: Option<u8>,
    /// certificatePolicies.
    pub policies: Vec<ObjectIdentifier>,
    /// subjectKeyIdentifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// authorityKeyIdentifier's keyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// authorityInfoAccess: addresses of issuers' certificates.
    pub issuer_urls: Vec<String>,
    /// authorityInfoAccess: addresses of OCSP responders.
    pub ocsp_urls: Vec<String>,
    /// cRLDistributionPoints: addresses of CRLs.
    pub crl_urls: Vec<String>,
    /// The DER value of qcStatements.
    pub qc_statements: Option<Vec<u8>>,
    /// Critical extensions that are none of the above.
    pub unknown_critical: Vec<ObjectIdentifier>,
    /// Every one, in order, for those that only path validation reads.
    pub all: Vec<Extension>,
    /// otherNames of subjectAltName: may hold a person's name, birth date and address, so only `Personal` reads them.
    pub(super) other_names: Vec<(ObjectIdentifier, String)>,
}

impl KeyUsage {
    fn has(self, bit: usize) -> bool {
        self.0 & (1 << bit) != 0
    }

    /// Signatures other than on certificates and CRLs.
    pub fn digital_signature(self) -> bool {
        self.has(0)
    }

    /// contentCommitment, also called nonRepudiation: signatures on documents.
    pub fn content_commitment(self) -> bool {
        self.has(1)
    }

    /// Signing certificates.
    pub fn key_cert_sign(self) -> bool {
        self.has(5)
    }

    /// Signing CRLs.
    pub fn crl_sign(self) -> bool {
        self.has(6)
    }

    /// The names of the set bits, as RFC 5280 spells them.
    pub fn names(self) -> Vec<&'static str> {
        (0..KEY_USAGE_NAMES.len())
            .filter(|bit| self.has(*bit))
            .map(|bit| KEY_USAGE_NAMES[bit])
            .collect()
    }

    fn from_der(value: &[u8]) -> ::der::Result<Self> {
        let set = BitString::from_der(value)?
            .bits()
            .take(KEY_USAGE_NAMES.len())
            .enumerate()
            .fold(0, |set: u16, (bit, is_set)| set | (u16::from(is_set) << bit));
        Ok(Self(set))
    }
}

impl Extensions {
    /// The extension with this identifier.
    pub fn get(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.all.iter().find(|extension| extension.oid == oid)
    }

    /// An extension that judges rely on must parse; one that only helps to find or show something is left out when it does not.
    pub(super) fn read(extensions: &[X509Extension<'_>]) -> Result<Self, Error> {
        let mut out = Self::default();
        let mut seen = Vec::new();
        for extension in extensions {
            let oid = ObjectIdentifier::from_bytes(extension.oid.as_bytes())
                .map_err(|_| Error::CertificateMalformed("extensions"))?;
            if seen.contains(&oid) {
                return Err(Error::CertificateMalformed("extensions"));
            }
            seen.push(oid);
            let known = out.take_judged(oid, extension.value)? || out.take_helpful(oid, extension.value);
            out.extended_key_usage_critical |= extension.critical && oid == oid::EXTENDED_KEY_USAGE;
            if extension.critical && !known {
                out.unknown_critical.push(oid);
            }
            out.all.push(Extension {
                oid,
                critical: extension.critical,
                value: extension.value.to_vec(),
            });
        }
        Ok(out)
    }

    fn take_judged(&mut self, oid: ObjectIdentifier, value: &[u8]) -> Result<bool, Error> {
        let malformed = |field| move |_| Error::CertificateMalformed(field);
        match oid {
            oid::KEY_USAGE => {
                self.key_usage = Some(KeyUsage::from_der(value).map_err(malformed("keyUsage"))?);
            }
            oid::EXTENDED_KEY_USAGE => {
                let purposes = ExtendedKeyUsage::from_der(value).map_err(malformed("extKeyUsage"))?;
                self.extended_key_usage = Some(purposes.0);
            }
            oid::BASIC_CONSTRAINTS => {
                let constraints = BasicConstraints::from_der(value).map_err(malformed("basicConstraints"))?;
                self.is_ca = constraints.ca;
                self.path_length = constraints.path_len_constraint;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_helpful(&mut self, oid: ObjectIdentifier, value: &[u8]) -> bool {
        let read = match oid {
            oid::SUBJECT_ALT_NAME => SubjectAltName::from_der(value).map(|names| self.take_names(names.0)),
            oid::CERTIFICATE_POLICIES => CertificatePolicies::from_der(value)
                .map(|policies| self.policies = policies.0.iter().map(|p| p.policy_identifier).collect()),
            oid::SUBJECT_KEY_IDENTIFIER => {
                SubjectKeyIdentifier::from_der(value).map(|id| self.subject_key_id = Some(id.0.into_bytes()))
            }
            oid::AUTHORITY_KEY_IDENTIFIER => AuthorityKeyIdentifier::from_der(value)
                .map(|id| self.authority_key_id = id.key_identifier.map(|k| k.into_bytes())),
            oid::AUTHORITY_INFO_ACCESS => AuthorityInfoAccessSyntax::from_der(value).map(|access| {
                for entry in access.0 {
                    match entry.access_method {
                        oid::AD_OCSP => self.ocsp_urls.extend(url(&entry.access_location)),
                        oid::AD_CA_ISSUERS => self.issuer_urls.extend(url(&entry.access_location)),
                        _ => {}
                    }
                }
            }),
            oid::CRL_DISTRIBUTION_POINTS => CrlDistributionPoints::from_der(value).map(|points| {
                for point in points.0 {
                    if let Some(DistributionPointName::FullName(names)) = point.distribution_point {
                        self.crl_urls.extend(names.iter().filter_map(url));
                    }
                }
            }),
            oid::QC_STATEMENTS => {
                self.qc_statements = Some(value.to_vec());
                Ok(())
            }
            _ => return false,
        };
        read.is_ok()
    }

    fn take_names(&mut self, names: Vec<GeneralName>) {
        for name in names {
            if let GeneralName::OtherName(other) = name {
                let text = String::from_utf8_lossy(other.value.value()).into_owned();
                self.other_names.push((other.type_id, text));
            }
        }
    }
}

fn url(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_bits() {
        let usage = KeyUsage::from_der(&[3, 2, 6, 0xc0]).unwrap();
        assert_eq!(usage.names(), ["digitalSignature", "nonRepudiation"]);
        assert!(usage.content_commitment() && !usage.key_cert_sign());
        let last = KeyUsage::from_der(&[3, 3, 7, 0, 0x80]).unwrap();
        assert_eq!(last.names(), ["decipherOnly"]);
        assert!(KeyUsage::from_der(&[3, 0]).is_err());
    }
}
