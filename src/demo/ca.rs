//! The demonstration's certification authority: a root, an issuing CA below it, and certificates for public keys that live in a token.
//!
//! It never sees a signer's private key, revokes nothing and publishes nothing. Its own keys lie unprotected in the demonstration's folder.

use super::DemoError;
use super::files::write;
use crate::clock::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private};
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Name, X509Ref};
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

/// Whom the demonstration's certificates name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A party to a contract: 甲野太郎 of 株式会社甲野商事.
    Person,
    /// An office, as a 職責証明書 names it: 見本市長.
    Organisation,
}

/// The authority: root certificate, and the issuing CA with its key.
pub struct DemoCa {
    root: X509,
    issuing: X509,
    issuing_key: PKey<Private>,
}

impl DemoCa {
    /// The authority kept in `dir` (`ca.pem`, `issuing.pem`, `issuing.key`), made at `now` when there is none.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds something else.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, DemoError> {
        let kept = Kept::within(dir);
        if kept.key.exists() {
            return kept.read();
        }
        let made = Self::new(now)?;
        kept.write(&made)?;
        Ok(made)
    }

    /// A certificate (DER) for the public key `spki_der` (SubjectPublicKeyInfo), valid from the day before `now` for three years, with
    /// keyUsage digitalSignature and nonRepudiation.
    ///
    /// # Errors
    /// `spki_der` is no public key that OpenSSL knows.
    pub fn issue(&self, holder: Holder, spki_der: &[u8], now: Timestamp) -> Result<Vec<u8>, DemoError> {
        let public_key = PKey::public_key_from_der(spki_der)?;
        let mut builder = begin(&name(holder.attributes())?, &public_key, now, HOLDER_DAYS)?;
        builder.set_issuer_name(self.issuing.subject_name())?;
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .non_repudiation()
            .build()?;
        builder.append_extension(usage)?;
        identify(&mut builder, Some(&self.issuing))?;
        builder.sign(&self.issuing_key, MessageDigest::sha256())?;
        Ok(builder.build().to_der()?)
    }

    /// The root's certificate, DER: the demonstration's one anchor.
    ///
    /// # Errors
    /// OpenSSL could not encode it.
    pub fn root_der(&self) -> Result<Vec<u8>, DemoError> {
        Ok(self.root.to_der()?)
    }

    /// The issuing CA's certificate, DER: it belongs beside a signer's in every signature.
    ///
    /// # Errors
    /// OpenSSL could not encode it.
    pub fn issuing_der(&self) -> Result<Vec<u8>, DemoError> {
        Ok(self.issuing.to_der()?)
    }

    fn new(now: Timestamp) -> Result<Self, DemoError> {
        let (root_key, issuing_key) = (p256()?, p256()?);
        let root = authority("hankod デモ ルート認証局", None, &root_key, &root_key, now)?;
        let issuing = authority("hankod デモ 認証局", Some(&root), &root_key, &issuing_key, now)?;
        Ok(Self {
            root,
            issuing,
            issuing_key,
        })
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

/// The files of an authority. The key is written last: while it is absent, nothing has been made.
struct Kept {
    root: PathBuf,
    issuing: PathBuf,
    key: PathBuf,
}

impl Kept {
    fn within(dir: &Path) -> Self {
        Self {
            root: dir.join("ca.pem"),
            issuing: dir.join("issuing.pem"),
            key: dir.join("issuing.key"),
        }
    }

    fn read(&self) -> Result<DemoCa, DemoError> {
        let read = |path: &Path| std::fs::read(path).map_err(|e| DemoError::file(path, &e));
        Ok(DemoCa {
            root: X509::from_pem(&read(&self.root)?)?,
            issuing: X509::from_pem(&read(&self.issuing)?)?,
            issuing_key: PKey::private_key_from_pem(&read(&self.key)?)?,
        })
    }

    fn write(&self, ca: &DemoCa) -> Result<(), DemoError> {
        write(&self.root, 0o644, &ca.root.to_pem()?)?;
        write(&self.issuing, 0o644, &ca.issuing.to_pem()?)?;
        write(&self.key, 0o600, &ca.issuing_key.private_key_to_pem_pkcs8()?)
    }
}

fn authority(
    common_name: &str,
    issuer: Option<&X509>,
    issuer_key: &PKey<Private>,
    key: &PKey<Private>,
    now: Timestamp,
) -> Result<X509, ErrorStack> {
    let subject = name(&[(Nid::COUNTRYNAME, "JP"), (Nid::COMMONNAME, common_name)])?;
    let mut builder = begin(&subject, key, now, CA_DAYS)?;
    builder.set_issuer_name(issuer.map_or(&*subject, |i| i.subject_name()))?;
    let mut constraints = BasicConstraints::new();
    constraints.critical().ca();
    if issuer.is_some() {
        constraints.pathlen(0);
    }
    builder.append_extension(constraints.build()?)?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    identify(&mut builder, issuer)?;
    builder.sign(issuer_key, MessageDigest::sha256())?;
    Ok(builder.build())
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

    fn trusted(ca: &DemoCa, leaf: &[u8], at: Timestamp) -> bool {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(ca.root.clone()).unwrap();
        let mut rules = X509VerifyParam::new().unwrap();
        rules.set_time(at.seconds());
        rules.set_purpose(X509PurposeId::ANY).unwrap();
        store.set_param(&rules).unwrap();
        let mut chain = Stack::new().unwrap();
        chain.push(ca.issuing.clone()).unwrap();
        let leaf = X509::from_der(leaf).unwrap();
        let mut context = X509StoreContext::new().unwrap();
        context
            .init(&store.build(), &leaf, &chain, |c| c.verify_cert())
            .unwrap()
    }

    #[test]
    fn both_holders_chain_to_the_root_while_they_are_valid() {
        let ca = DemoCa::new(NOW).unwrap();
        let key = p256().unwrap().public_key_to_der().unwrap();
        for (holder, who) in [(Holder::Person, "甲野太郎"), (Holder::Organisation, "見本市長")] {
            let leaf = ca.issue(holder, &key, NOW).unwrap();
            assert!(trusted(&ca, &leaf, NOW));
            assert!(!trusted(&ca, &leaf, NOW.plus(DAY * (HOLDER_DAYS + 1))));
            assert!(!trusted(&ca, &leaf, NOW.minus(DAY * (EARLY_DAYS + 1))));
            assert!(!trusted(&DemoCa::new(NOW).unwrap(), &leaf, NOW));
            let leaf = X509::from_der(&leaf).unwrap();
            let mut names = leaf.subject_name().entries_by_nid(Nid::COMMONNAME);
            assert_eq!(names.next().unwrap().data().to_string().unwrap(), who);
        }
    }

    #[test]
    fn it_is_the_same_authority_when_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = DemoCa::open(dir.path(), NOW).unwrap();
        let again = DemoCa::open(dir.path(), NOW.plus(DAY)).unwrap();
        assert_eq!(first.root_der().unwrap(), again.root_der().unwrap());
        let key = p256().unwrap().public_key_to_der().unwrap();
        assert!(trusted(&first, &again.issue(Holder::Person, &key, NOW).unwrap(), NOW));
    }

    #[test]
    fn what_is_no_key_gets_no_certificate() {
        let ca = DemoCa::new(NOW).unwrap();
        assert!(ca.issue(Holder::Person, b"no key", NOW).is_err());
    }
}
