//! The demonstration's certification authority: a root, an issuing CA below it, and certificates for public keys that live in a token.
//!
//! It never sees a signer's private key and revokes nothing. Its own keys lie unprotected in the demonstration's folder.

use super::DemoError;
use super::files::{append, write};
use super::token::PIN_FILE;
use crate::clock::Timestamp;
use crate::der::{oid, tlv};
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509Ref};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// The root and the issuing CA hold this long.
const CA_DAYS: u32 = 3650;
/// A signer's certificate holds this long.
const HOLDER_DAYS: u32 = 1095;
/// Certificates begin a day early, for machines whose clocks differ.
const EARLY_DAYS: u32 = 1;
/// RFC 5280, 4.1.2.2 allows 20 bytes; 16 random ones never meet.
const SERIAL_BITS: i32 = 127;
/// Where the certificates say that answers are to be had.
const ADDRESS_FILE: &str = "address.txt";
/// Serial numbers of the issuing CA's certificates.
const ISSUED_FILE: &str = "issued.txt";
/// Written last: while it is absent, nothing has been made.
const LAST_FILE: &str = "issuing.key";

/// Whom the demonstration's certificates name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A party to a contract: 甲野太郎 of 株式会社甲野商事.
    Person,
    /// An office, as a 職責証明書 names it: 見本市長.
    Organisation,
}

/// The authority: root certificate, the issuing CA with its key, and those who answer for both.
pub struct DemoCa {
    root: X509,
    issuing: Official,
    services: Services,
    address: Option<SocketAddr>,
    issued: PathBuf,
}

/// A certificate and its key.
pub(super) struct Official {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

/// Who stamps, and who says whether certificates are good.
pub(super) struct Services {
    pub(super) tsa: Official,
    /// For what the issuing CA issued.
    pub(super) responder: Official,
    /// For what the root issued.
    pub(super) root_responder: Official,
}

impl DemoCa {
    /// The authority kept in `dir`, made at `now` when there is none. Its certificates name `address` as the place where [`super::services`] say
    /// that they are good; `None`: they name nobody.
    ///
    /// An authority that named another address is thrown away, and the token with its certificates counts as unfinished.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds something else.
    pub fn open(dir: &Path, address: Option<SocketAddr>, now: Timestamp) -> Result<Self, DemoError> {
        if dir.join(LAST_FILE).exists() && Self::address_in(dir) == address {
            return Self::read(dir, address);
        }
        for stale in [LAST_FILE, PIN_FILE, ISSUED_FILE, ADDRESS_FILE] {
            super::files::remove(&dir.join(stale))?;
        }
        let made = Self::new(dir, address, now)?;
        made.write(dir)?;
        Ok(made)
    }

    /// The address that the certificates of the authority kept in `dir` name.
    pub(super) fn address_in(dir: &Path) -> Option<SocketAddr> {
        let text = std::fs::read_to_string(dir.join(ADDRESS_FILE)).ok()?;
        text.trim().parse().ok()
    }

    /// A certificate (DER) for the public key `spki_der` (SubjectPublicKeyInfo), valid from the day before `now` for three years, with
    /// keyUsage digitalSignature and nonRepudiation. Its serial number is noted in `issued.txt`.
    ///
    /// # Errors
    /// `spki_der` is no public key that OpenSSL knows, or the file cannot be written.
    pub fn issue(&self, holder: Holder, spki_der: &[u8], now: Timestamp) -> Result<Vec<u8>, DemoError> {
        let public_key = PKey::public_key_from_der(spki_der)?;
        let mut builder = begin(&name(holder.attributes())?, &public_key, now, HOLDER_DAYS)?;
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .non_repudiation()
            .build()?;
        builder.append_extension(usage)?;
        name_responder(&mut builder, self.address)?;
        let certificate = self.issuing.sign(builder)?;
        append(&self.issued, format!("{}\n", serial(&certificate)?).as_bytes())?;
        Ok(certificate.to_der()?)
    }

    /// The serial numbers, in hexadecimal, of every certificate that the issuing CA issued.
    pub(super) fn issued(&self) -> Result<HashSet<String>, DemoError> {
        let text = std::fs::read_to_string(&self.issued).map_err(|e| DemoError::file(&self.issued, &e))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    pub(super) const fn root(&self) -> &X509 {
        &self.root
    }

    pub(super) const fn issuing(&self) -> &X509 {
        &self.issuing.certificate
    }

    pub(super) const fn services(&self) -> &Services {
        &self.services
    }

    /// The issuing CA's certificate, DER: it belongs beside a signer's in every signature.
    ///
    /// # Errors
    /// OpenSSL could not encode it.
    pub fn issuing_der(&self) -> Result<Vec<u8>, DemoError> {
        Ok(self.issuing.certificate.to_der()?)
    }

    fn new(dir: &Path, address: Option<SocketAddr>, now: Timestamp) -> Result<Self, DemoError> {
        let root = authority("hankod デモ ルート認証局", None, None, now)?;
        let issuing = authority("hankod デモ 認証局", Some(&root), address, now)?;
        let services = Services {
            tsa: issuing.appoint("hankod デモ タイムスタンプ局", Office::Stamping(address), now)?,
            responder: issuing.appoint("hankod デモ OCSPレスポンダー", Office::Answering, now)?,
            root_responder: root.appoint("hankod デモ ルート OCSPレスポンダー", Office::Answering, now)?,
        };
        Ok(Self {
            root: root.certificate,
            issuing,
            services,
            address,
            issued: dir.join(ISSUED_FILE),
        })
    }

    fn read(dir: &Path, address: Option<SocketAddr>) -> Result<Self, DemoError> {
        Ok(Self {
            root: X509::from_pem(&read(&dir.join("ca.pem"))?)?,
            issuing: Official::read(dir, "issuing")?,
            services: Services {
                tsa: Official::read(dir, "tsa")?,
                responder: Official::read(dir, "responder")?,
                root_responder: Official::read(dir, "root-responder")?,
            },
            address,
            issued: dir.join(ISSUED_FILE),
        })
    }

    fn write(&self, dir: &Path) -> Result<(), DemoError> {
        write(&dir.join("ca.pem"), 0o644, &self.root.to_pem()?)?;
        self.services.tsa.write(dir, "tsa")?;
        self.services.responder.write(dir, "responder")?;
        self.services.root_responder.write(dir, "root-responder")?;
        for official in [&self.services.tsa, &self.services.responder] {
            append(&self.issued, format!("{}\n", serial(&official.certificate)?).as_bytes())?;
        }
        if let Some(address) = self.address {
            write(&dir.join(ADDRESS_FILE), 0o600, address.to_string().as_bytes())?;
        }
        self.issuing.write(dir, "issuing")
    }
}

/// What somebody is appointed for.
enum Office {
    /// RFC 3161, 2.3; the certificate names who answers for it, if anybody does.
    Stamping(Option<SocketAddr>),
    /// RFC 6960, 4.2.2.2: nobody need ask about such a certificate.
    Answering,
}

impl Official {
    /// Somebody with a new key who holds an office under this authority.
    fn appoint(&self, common_name: &str, office: Office, now: Timestamp) -> Result<Self, ErrorStack> {
        let key = p256()?;
        let subject = name(&[(Nid::COUNTRYNAME, "JP"), (Nid::COMMONNAME, common_name)])?;
        let mut builder = begin(&subject, &key, now, CA_DAYS)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        match office {
            Office::Stamping(address) => {
                builder.append_extension(ExtendedKeyUsage::new().critical().time_stamping().build()?)?;
                name_responder(&mut builder, address)?;
            }
            Office::Answering => {
                builder.append_extension(ExtendedKeyUsage::new().other("OCSPSigning").build()?)?;
                extend(&mut builder, "1.3.6.1.5.5.7.48.1.5", &[5, 0])?;
            }
        }
        let certificate = self.sign(builder)?;
        Ok(Self { certificate, key })
    }

    fn sign(&self, mut builder: X509Builder) -> Result<X509, ErrorStack> {
        builder.set_issuer_name(self.certificate.subject_name())?;
        identify(&mut builder, Some(&self.certificate))?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(builder.build())
    }

    fn read(dir: &Path, stem: &str) -> Result<Self, DemoError> {
        Ok(Self {
            certificate: X509::from_pem(&read(&dir.join(format!("{stem}.pem")))?)?,
            key: PKey::private_key_from_pem(&read(&dir.join(format!("{stem}.key")))?)?,
        })
    }

    /// The key last.
    fn write(&self, dir: &Path, stem: &str) -> Result<(), DemoError> {
        write(&dir.join(format!("{stem}.pem")), 0o644, &self.certificate.to_pem()?)?;
        let key = self.key.private_key_to_pem_pkcs8()?;
        write(&dir.join(format!("{stem}.key")), 0o600, &key)
    }
}

impl Holder {
    const fn attributes(self) -> &'static [(Nid, &'static str)] {
        match self {
            Self::Person => &[
                (Nid::COUNTRYNAME, "JP"),
                (Nid::ORGANIZATIONNAME, "株式会社甲野商事"),
                (Nid::ORGANIZATIONALUNITNAME, "営業部"),
                (Nid::COMMONNAME, "甲野太郎"),
            ],
            Self::Organisation => &[
                (Nid::COUNTRYNAME, "JP"),
                (Nid::STATEORPROVINCENAME, "見本県"),
                (Nid::LOCALITYNAME, "見本市"),
                (Nid::ORGANIZATIONNAME, "見本市"),
                (Nid::ORGANIZATIONALUNITNAME, "職責証明書"),
                (Nid::COMMONNAME, "見本市長"),
            ],
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, DemoError> {
    std::fs::read(path).map_err(|e| DemoError::file(path, &e))
}

fn authority(
    common_name: &str,
    issuer: Option<&Official>,
    address: Option<SocketAddr>,
    now: Timestamp,
) -> Result<Official, ErrorStack> {
    let key = p256()?;
    let subject = name(&[(Nid::COUNTRYNAME, "JP"), (Nid::COMMONNAME, common_name)])?;
    let mut builder = begin(&subject, &key, now, CA_DAYS)?;
    let mut constraints = BasicConstraints::new();
    constraints.critical().ca();
    if issuer.is_some() {
        constraints.pathlen(0);
    }
    builder.append_extension(constraints.build()?)?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    let certificate = match issuer {
        Some(issuer) => {
            name_responder(&mut builder, address)?;
            issuer.sign(builder)?
        }
        None => {
            builder.set_issuer_name(&subject)?;
            identify(&mut builder, None)?;
            builder.sign(&key, MessageDigest::sha256())?;
            builder.build()
        }
    };
    Ok(Official { certificate, key })
}

/// authorityInfoAccess with the address of the responder.
fn name_responder(builder: &mut X509Builder, address: Option<SocketAddr>) -> Result<(), ErrorStack> {
    let Some(address) = address else { return Ok(()) };
    // [6]: uniformResourceIdentifier.
    let url = tlv::element(tlv::primitive(6), super::services::ocsp_url(address).as_bytes());
    let method = tlv::element(tlv::OBJECT_IDENTIFIER, oid::AD_OCSP.as_bytes());
    let description = tlv::element(tlv::SEQUENCE, &[method, url].concat());
    extend(builder, "1.3.6.1.5.5.7.1.1", &tlv::element(tlv::SEQUENCE, &description))
}

fn extend(builder: &mut X509Builder, oid: &str, value: &[u8]) -> Result<(), ErrorStack> {
    let (oid, value) = (Asn1Object::from_str(oid)?, Asn1OctetString::new_from_bytes(value)?);
    builder.append_extension(X509Extension::new_from_der(&oid, false, &value)?)
}

fn serial(certificate: &X509) -> Result<String, ErrorStack> {
    Ok(hex::encode(certificate.serial_number().to_bn()?.to_vec()))
}

/// Version 3, a random serial number, subject, validity and public key.
fn begin(
    subject: &X509Name,
    public_key: &PKeyRef<impl HasPublic>,
    now: Timestamp,
    days: u32,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(SERIAL_BITS, MsbOption::ONE, false)?;
    let (from, until) = (now.minus(DAY * EARLY_DAYS), now.plus(DAY * days));
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_not_before(&*Asn1Time::from_unix(from.seconds())?)?;
    builder.set_not_after(&*Asn1Time::from_unix(until.seconds())?)?;
    builder.set_pubkey(public_key)?;
    Ok(builder)
}

/// subjectKeyIdentifier, and authorityKeyIdentifier where somebody else issues.
fn identify(builder: &mut X509Builder, issuer: Option<&X509>) -> Result<(), ErrorStack> {
    let issuer: Option<&X509Ref> = issuer.map(|i| &**i);
    let own = SubjectKeyIdentifier::new().build(&builder.x509v3_context(issuer, None))?;
    builder.append_extension(own)?;
    if issuer.is_some() {
        let theirs = AuthorityKeyIdentifier::new()
            .keyid(true)
            .build(&builder.x509v3_context(issuer, None))?;
        builder.append_extension(theirs)?;
    }
    Ok(())
}

fn name(attributes: &[(Nid, &str)]) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    for (attribute, value) in attributes {
        name.append_entry_by_nid(*attribute, value)?;
    }
    Ok(name.build())
}

fn p256() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::stack::Stack;
    use openssl::x509::store::X509StoreBuilder;
    use openssl::x509::verify::X509VerifyParam;
    use openssl::x509::{X509PurposeId, X509StoreContext};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_399_200);

    fn fresh() -> (tempfile::TempDir, DemoCa) {
        let dir = tempfile::tempdir().unwrap();
        let ca = DemoCa::open(dir.path(), None, NOW).unwrap();
        (dir, ca)
    }

    fn trusted(ca: &DemoCa, leaf: &[u8], at: Timestamp) -> bool {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(ca.root.clone()).unwrap();
        let mut rules = X509VerifyParam::new().unwrap();
        rules.set_time(at.seconds());
        rules.set_purpose(X509PurposeId::ANY).unwrap();
        store.set_param(&rules).unwrap();
        let mut chain = Stack::new().unwrap();
        chain.push(ca.issuing.certificate.clone()).unwrap();
        let leaf = X509::from_der(leaf).unwrap();
        let mut context = X509StoreContext::new().unwrap();
        context
            .init(&store.build(), &leaf, &chain, |c| c.verify_cert())
            .unwrap()
    }

    #[test]
    fn both_holders_chain_to_the_root_while_they_are_valid() {
        let (_dir, ca) = fresh();
        let key = p256().unwrap().public_key_to_der().unwrap();
        for (holder, who) in [(Holder::Person, "甲野太郎"), (Holder::Organisation, "見本市長")] {
            let leaf = ca.issue(holder, &key, NOW).unwrap();
            assert!(trusted(&ca, &leaf, NOW));
            assert!(!trusted(&ca, &leaf, NOW.plus(DAY * (HOLDER_DAYS + 1))));
            assert!(!trusted(&ca, &leaf, NOW.minus(DAY * (EARLY_DAYS + 1))));
            assert!(!trusted(&fresh().1, &leaf, NOW));
            let leaf = X509::from_der(&leaf).unwrap();
            let mut names = leaf.subject_name().entries_by_nid(Nid::COMMONNAME);
            assert_eq!(names.next().unwrap().data().to_string().unwrap(), who);
        }
    }

    #[test]
    fn it_is_the_same_authority_when_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let place = Some(SocketAddr::from(([127, 0, 0, 1], 10_809)));
        let first = DemoCa::open(dir.path(), place, NOW).unwrap();
        let again = DemoCa::open(dir.path(), place, NOW.plus(DAY)).unwrap();
        assert_eq!(first.root().to_der().unwrap(), again.root().to_der().unwrap());
        let key = p256().unwrap().public_key_to_der().unwrap();
        assert!(trusted(&first, &again.issue(Holder::Person, &key, NOW).unwrap(), NOW));
        assert_eq!(first.issued().unwrap().len(), 3);
    }

    #[test]
    fn it_is_another_one_at_another_address() {
        let (dir, first) = fresh();
        std::fs::write(dir.path().join(PIN_FILE), "123456").unwrap();
        let place = Some(SocketAddr::from(([127, 0, 0, 1], 10_809)));
        let moved = DemoCa::open(dir.path(), place, NOW).unwrap();
        assert_ne!(first.root().to_der().unwrap(), moved.root().to_der().unwrap());
        assert!(!dir.path().join(PIN_FILE).exists(), "the token is filled anew");
    }

    #[test]
    fn what_is_no_key_gets_no_certificate() {
        let (_dir, ca) = fresh();
        assert!(ca.issue(Holder::Person, b"no key", NOW).is_err());
    }
}
