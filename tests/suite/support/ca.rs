//! A certification authority for tests: a root, intermediates, and leaves for given public keys. It asks no question and revokes nothing.

use hankod::der::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::extension::{AuthorityKeyIdentifier, SubjectAlternativeName, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder};
use std::time::{SystemTime, UNIX_EPOCH};

/// The kinds of key that hankod signs with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    P521,
    Ed25519,
}

/// A root or intermediate CA with a P-256 key.
#[derive(Clone)]
pub(crate) struct Ca {
    x509: X509,
    key: PKey<Private>,
}

/// What a leaf shall say. Start from `IssueRequest::default()`, a person's signing certificate of this year.
pub(crate) struct IssueRequest<'a> {
    /// Short names or dotted OIDs, in order.
    pub(crate) subject: &'a [(&'a str, &'a str)],
    /// Bits in RFC 5280 order, 0 = digitalSignature; empty: no extension.
    pub(crate) key_usage: &'a [u8],
    /// Dotted OIDs; empty: no extension.
    pub(crate) extended_key_usage: &'a [&'a str],
    /// Marks them critical, as a TSA's must be.
    pub(crate) extended_key_usage_critical: bool,
    /// Dotted OIDs; empty: no extension.
    pub(crate) policies: &'a [&'a str],
    /// Mail addresses of subjectAltName.
    pub(crate) emails: &'a [&'a str],
    /// IP addresses of subjectAltName.
    pub(crate) addresses: &'a [&'a str],
    /// otherNames of subjectAltName: dotted OID and UTF8String.
    pub(crate) other_names: &'a [(&'a str, &'a str)],
    /// Address of a CRL.
    pub(crate) crl_url: Option<&'a str>,
    /// Address of an OCSP responder.
    pub(crate) ocsp_url: Option<&'a str>,
    /// authorityInfoAccess caIssuers.
    pub(crate) issuer_url: Option<&'a str>,
    /// id-pkix-ocsp-nocheck: nobody need ask about it.
    pub(crate) ocsp_nocheck: bool,
    /// Begin and end of validity in days from now.
    pub(crate) days: (i64, i64),
    /// basicConstraints CA:TRUE.
    pub(crate) is_ca: bool,
}

/// digitalSignature
pub(crate) const DIGITAL_SIGNATURE: u8 = 0;
/// contentCommitment, nonRepudiation
pub(crate) const CONTENT_COMMITMENT: u8 = 1;
/// keyEncipherment
pub(crate) const KEY_ENCIPHERMENT: u8 = 2;
/// keyCertSign
pub(crate) const KEY_CERT_SIGN: u8 = 5;
/// cRLSign
pub(crate) const CRL_SIGN: u8 = 6;

impl Default for IssueRequest<'_> {
    fn default() -> Self {
        Self {
            subject: &[("C", "JP"), ("O", "株式会社甲"), ("CN", "甲野太郎")],
            key_usage: &[DIGITAL_SIGNATURE, CONTENT_COMMITMENT],
            extended_key_usage: &[],
            extended_key_usage_critical: false,
            policies: &[],
            emails: &[],
            addresses: &[],
            other_names: &[],
            crl_url: None,
            ocsp_url: None,
            issuer_url: None,
            ocsp_nocheck: false,
            days: (-1, 365),
            is_ca: false,
        }
    }
}

impl Ca {
    /// A self-signed root.
    pub(crate) fn new(name: &str) -> Self {
        Self::of("試験認証局", name)
    }

    /// A self-signed root of this organisation.
    pub(crate) fn of(organisation: &str, name: &str) -> Self {
        let key = key(Kind::P256);
        let subject = [("C", "JP"), ("O", organisation), ("CN", name)];
        let x509 = build(None, &key, &key, &ca_request(&subject));
        Self { x509, key }
    }

    /// A CA below this one.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = key(Kind::P256);
        let subject = [("C", "JP"), ("O", "試験認証局"), ("CN", name)];
        let x509 = build(Some(&self.x509), &self.key, &key, &ca_request(&subject));
        Self { x509, key }
    }

    /// A certificate for a key, DER. For a key that never leaves its token, see [`public_key`].
    pub(crate) fn issue(&self, public_key: &PKey<impl HasPublic>, request: &IssueRequest<'_>) -> Vec<u8> {
        build(Some(&self.x509), &self.key, public_key, request)
            .to_der()
            .unwrap()
    }

    /// The CA's own certificate, DER.
    pub(crate) fn der(&self) -> Vec<u8> {
        self.x509.to_der().unwrap()
    }

    /// The CA's own certificate, PEM.
    pub(crate) fn pem(&self) -> Vec<u8> {
        self.x509.to_pem().unwrap()
    }

    /// The CA's own certificate as hankod reads it.
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::parse(&self.der()).unwrap()
    }

    /// The CA's own key.
    pub(crate) fn key(&self) -> &PKey<Private> {
        &self.key
    }
}

/// A fresh key.
pub(crate) fn key(kind: Kind) -> PKey<Private> {
    let ec = |nid| PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap();
    match kind {
        Kind::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Kind::Rsa3072 => PKey::from_rsa(Rsa::generate(3072).unwrap()).unwrap(),
        Kind::Rsa4096 => PKey::from_rsa(Rsa::generate(4096).unwrap()).unwrap(),
        Kind::P256 => ec(Nid::X9_62_PRIME256V1),
        Kind::P384 => ec(Nid::SECP384R1),
        Kind::P521 => ec(Nid::SECP521R1),
        Kind::Ed25519 => PKey::generate_ed25519().unwrap(),
    }
}

/// A public key from its SubjectPublicKeyInfo.
pub(crate) fn public_key(spki_der: &[u8]) -> PKey<openssl::pkey::Public> {
    PKey::public_key_from_der(spki_der).unwrap()
}

/// Signs as a token would: the value as it stands in CMS.
pub(crate) fn sign(key: &PKey<Private>, algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
    if matches!(algorithm, SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448) {
        let mut signer = Signer::new_without_digest(key).unwrap();
        return signer.sign_oneshot_to_vec(message).unwrap();
    }
    let digest = match algorithm.digest() {
        DigestAlgorithm::Sha256 => MessageDigest::sha256(),
        DigestAlgorithm::Sha384 => MessageDigest::sha384(),
        DigestAlgorithm::Sha512 => MessageDigest::sha512(),
        DigestAlgorithm::Sha1 => MessageDigest::sha1(),
        DigestAlgorithm::Sha3_256 => MessageDigest::sha3_256(),
        DigestAlgorithm::Sha3_384 => MessageDigest::sha3_384(),
        DigestAlgorithm::Sha3_512 => MessageDigest::sha3_512(),
        DigestAlgorithm::Shake256 => MessageDigest::shake_256(),
    };
    let mut signer = Signer::new(digest, key).unwrap();
    if let SignatureAlgorithm::RsaPss { salt_bytes, .. } = algorithm {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        let salt = RsaPssSaltlen::custom(i32::try_from(salt_bytes).unwrap());
        signer.set_rsa_pss_saltlen(salt).unwrap();
    }
    signer.sign_oneshot_to_vec(message).unwrap()
}

fn ca_request<'a>(subject: &'a [(&'a str, &'a str)]) -> IssueRequest<'a> {
    IssueRequest {
        subject,
        key_usage: &[KEY_CERT_SIGN, CRL_SIGN],
        days: (-30, 8_000),
        is_ca: true,
        ..IssueRequest::default()
    }
}

fn build(
    issuer: Option<&X509>,
    issuer_key: &PKey<Private>,
    public_key: &PKey<impl HasPublic>,
    request: &IssueRequest<'_>,
) -> X509 {
    let subject = name(request.subject);
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&*subject, |i| i.subject_name()))
        .unwrap();
    builder.set_not_before(&days_from_now(request.days.0)).unwrap();
    builder.set_not_after(&days_from_now(request.days.1)).unwrap();
    builder.set_pubkey(public_key).unwrap();
    for (oid, critical, value) in extensions(request) {
        let oid = Asn1Object::from_str(oid).unwrap();
        let value = Asn1OctetString::new_from_bytes(&value).unwrap();
        let extension = X509Extension::new_from_der(&oid, critical, &value).unwrap();
        builder.append_extension(extension).unwrap();
    }
    let context = builder.x509v3_context(issuer.map(|i| &**i), None);
    let subject_key = SubjectKeyIdentifier::new().build(&context).unwrap();
    let names = alternative_names(request).map(|names| names.build(&context).unwrap());
    builder.append_extension(subject_key).unwrap();
    if let Some(names) = names {
        builder.append_extension(names).unwrap();
    }
    if issuer.is_some() {
        let context = builder.x509v3_context(issuer.map(|i| &**i), None);
        let authority_key = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        builder.append_extension(authority_key).unwrap();
    }
    builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn extensions(request: &IssueRequest<'_>) -> Vec<(&'static str, bool, Vec<u8>)> {
    let mut out = Vec::new();
    let oids = |list: &[&str]| -> Vec<Vec<u8>> { list.iter().map(|o| oid_der(o)).collect() };
    if request.is_ca {
        out.push(("2.5.29.19", true, tlv(0x30, &[1, 1, 0xff])));
    }
    if !request.key_usage.is_empty() {
        let bits = request.key_usage.iter().fold(0_u8, |bits, bit| bits | (0x80 >> bit));
        let unused = u8::try_from(bits.trailing_zeros()).unwrap();
        out.push(("2.5.29.15", true, tlv(3, &[unused, bits])));
    }
    if !request.extended_key_usage.is_empty() {
        out.push((
            "2.5.29.37",
            request.extended_key_usage_critical,
            tlv(0x30, &oids(request.extended_key_usage).concat()),
        ));
    }
    if !request.policies.is_empty() {
        let policies: Vec<Vec<u8>> = oids(request.policies).iter().map(|o| tlv(0x30, o)).collect();
        out.push(("2.5.29.32", false, tlv(0x30, &policies.concat())));
    }
    if let Some(url) = request.crl_url {
        let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())));
        out.push(("2.5.29.31", false, tlv(0x30, &tlv(0x30, &name))));
    }
    if request.ocsp_nocheck {
        out.push(("1.3.6.1.5.5.7.48.1.5", false, vec![5, 0]));
    }
    let places = [
        ("1.3.6.1.5.5.7.48.1", request.ocsp_url),
        ("1.3.6.1.5.5.7.48.2", request.issuer_url),
    ];
    let access = |(method, url): (&str, Option<&str>)| {
        let place = tlv(0x86, url?.as_bytes());
        Some(tlv(0x30, &[oid_der(method), place].concat()))
    };
    let accesses: Vec<u8> = places.into_iter().filter_map(access).flatten().collect();
    if !accesses.is_empty() {
        out.push(("1.3.6.1.5.5.7.1.1", false, tlv(0x30, &accesses)));
    }
    out
}

fn alternative_names(request: &IssueRequest<'_>) -> Option<SubjectAlternativeName> {
    if request.emails.is_empty() && request.other_names.is_empty() && request.addresses.is_empty() {
        return None;
    }
    let mut names = SubjectAlternativeName::new();
    for mail in request.emails {
        names.email(mail);
    }
    for address in request.addresses {
        names.ip(address);
    }
    for (oid, value) in request.other_names {
        names.other_name2(Asn1Object::from_str(oid).unwrap(), &tlv(12, value.as_bytes()));
    }
    Some(names)
}

fn name(attributes: &[(&str, &str)]) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    for (attribute, value) in attributes {
        builder.append_entry_by_text(attribute, value).unwrap();
    }
    builder.build()
}

fn serial() -> Asn1Integer {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).unwrap();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    BigNum::from_slice(&bytes).unwrap().to_asn1_integer().unwrap()
}

fn days_from_now(days: i64) -> Asn1Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap()
}

fn oid_der(dotted: &str) -> Vec<u8> {
    tlv(6, hankod::der::ObjectIdentifier::new(dotted).unwrap().as_bytes())
}

/// One DER element; content below 64 KiB.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..=127 => vec![tag, low],
        128..=255 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header.as_slice(), content].concat()
}
