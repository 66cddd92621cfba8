//! A signed file and its evidence over decades: signatures, timestamps, security stores and renewals at any moment, by authorities whose certificates and
//! lists say what a test wants. No clock is read.

use super::ca::{self, tlv};
use super::pki::{Entity, Ext, List, Says, at, basic, ca_extensions, generalized, oid, purposes, time, usage};
use hankod::clock::Timestamp;
use hankod::cms::{SignedAttributes, estimate_bytes, signed_data};
use hankod::der::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use hankod::pdf::Document;
use hankod::pdf::dss::{self, Dss};
use hankod::sign::{Request, prepare, prepare_timestamp, signature_value, stamp};
use hankod::trust::{Anchors, Checks, Use};
use hankod::verify::judge::{Basis, Pieces, RevocationRule};
use hankod::verify::report::FileReport;

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
const SHA256: &[u8] = &[0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ROOM: usize = 8192;

/// Somebody with a certificate.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) entity: Entity,
    pub(crate) certificate: Certificate,
}

/// One root, and everybody below it.
pub(crate) struct World {
    pub(crate) root: Entity,
    pub(crate) anchor: Certificate,
    /// 2026 and 2027, serial number 2.
    pub(crate) signer: Holder,
    /// 2026 to 2030, serial number 3.
    pub(crate) tsa: Holder,
    /// What stands in signatures besides the signer's and the root's.
    pub(crate) between: Vec<Certificate>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::since("2026-01-01T00:00:00Z", None)
    }

    /// Every certificate is valid since 2012.
    pub(crate) fn old() -> Self {
        Self::since("2012-01-01T00:00:00Z", None)
    }

    /// Its certificates name this address of the root's list.
    pub(crate) fn naming(url: Option<&str>) -> Self {
        Self::since("2026-01-01T00:00:00Z", url)
    }

    /// The signer has a certificate by a CA below the root (serial number 9), which is given too.
    pub(crate) fn with_intermediate() -> (Self, Entity) {
        let mut world = Self::new();
        let ca = Entity::new(&[], "Intermediate");
        world.between = vec![ca.certified(&world.root, &Says::new(9, ca_extensions()))];
        let says = Says::new(2, vec![usage(&[ca::DIGITAL_SIGNATURE, ca::CONTENT_COMMITMENT])]);
        world.signer.certificate = world.signer.entity.certified(&ca, &says);
        (world, ca)
    }

    fn since(from: &str, url: Option<&str>) -> Self {
        let point = |url: &str| tlv(0x30, &tlv(0x30, &tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())))));
        let named = || url.map(|url| Ext("2.5.29.31", false, point(url)));
        let root = Entity::new(&[], "Root");
        let mut says = Says::new(1, ca_extensions());
        (says.not_before, says.not_after) = (at(from), at("2049-12-31T00:00:00Z"));
        let anchor = root.certified(&root, &says);
        let signer = Entity::new(&[], "Signer");
        let mut says = Says::new(2, vec![usage(&[ca::DIGITAL_SIGNATURE, ca::CONTENT_COMMITMENT])]);
        says.not_before = at(from);
        says.extensions.extend(named());
        let signer = Holder {
            certificate: signer.certified(&root, &says),
            entity: signer,
        };
        let tsa = authority(&root, (3, from, "2030-12-31T00:00:00Z"), named());
        Self {
            root,
            anchor,
            signer,
            tsa,
            between: Vec::new(),
        }
    }

    /// A TSA below the root.
    pub(crate) fn authority(&self, serial: u8, from: &str, until: &str) -> Holder {
        authority(&self.root, (serial, from, until), None)
    }

    /// The root, trusted for everything.
    pub(crate) fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::new();
        anchors.add(self.anchor.clone(), &[Use::Signers, Use::TimestampAuthorities]);
        anchors
    }

    /// The root's list of 30 days from then on.
    pub(crate) fn list(&self, from: &str, entries: &[(u8, &str, Option<u8>)]) -> Vec<u8> {
        self.list_by(&self.root, from, entries)
    }

    /// Another authority's list of 30 days from then on.
    pub(crate) fn list_by(&self, issuer: &Entity, from: &str, entries: &[(u8, &str, Option<u8>)]) -> Vec<u8> {
        let from = at(from);
        let mut list = List::new();
        list.this_update = from;
        list.next_update = time(from.plus(std::time::Duration::from_secs(30 * 86_400)));
        for (serial, since, reason) in entries {
            let reason = reason.map(|code| Ext("2.5.29.21", false, tlv(10, &[code])));
            list = list.revokes(&[*serial], since, reason.into_iter().collect());
        }
        list.by(issuer)
    }

    /// `pdf` signed by the signer.
    pub(crate) fn sign(&self, pdf: &[u8]) -> Vec<u8> {
        self.sign_over(DigestAlgorithm::Sha256, pdf)
    }

    /// The same over this digest.
    pub(crate) fn sign_over(&self, digest: DigestAlgorithm, pdf: &[u8]) -> Vec<u8> {
        let algorithm = SignatureAlgorithm::Ecdsa(digest);
        let document = Document::open(pdf, None).unwrap();
        let chain = [
            std::slice::from_ref(&self.signer.certificate),
            &*self.between,
            std::slice::from_ref(&self.anchor),
        ]
        .concat();
        let room = estimate_bytes(&chain, algorithm, ROOM).unwrap();
        let mut prepared = prepare(&document, &Request::invisible(at("2026-05-01T00:00:00Z"), room)).unwrap();
        let (before, after) = prepared.signed_parts();
        let message = digest.digest(&[pdf, before, after].concat());
        let attributes = SignedAttributes::new(digest, &message, &chain[0]).unwrap();
        let value = ca::sign(&self.signer.entity.key, algorithm, attributes.to_sign());
        prepared
            .put_contents(&signed_data(&attributes, algorithm, &value, &chain).unwrap())
            .unwrap();
        [pdf, &prepared.update].concat()
    }

    /// The last thing in the file, a signature, stamped by `tsa` at that moment.
    pub(crate) fn stamp(&self, file: &[u8], tsa: &Holder, when: &str) -> Vec<u8> {
        self.put(file, |value| {
            self.token(tsa, &DigestAlgorithm::Sha256.digest(value), when)
        })
    }

    /// What `token` makes of the value of the last signature in the file, among its timestamps.
    pub(crate) fn put(&self, file: &[u8], token: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let document = Document::open(file, None).unwrap();
        let signatures = hankod::pdf::signatures::read(&document).unwrap();
        let field = signatures
            .fields
            .iter()
            .rfind(|f| f.signature.is_some())
            .unwrap()
            .name
            .clone();
        let value = signature_value(&document, &field).unwrap();
        let patch = stamp(&document, &field, &token(&value)).unwrap();
        let mut out = file.to_vec();
        let start = usize::try_from(patch.at).unwrap();
        out[start..start + patch.bytes.len()].copy_from_slice(&patch.bytes);
        out
    }

    /// With a security store that holds these lists too.
    pub(crate) fn store(&self, file: &[u8], lists: &[Vec<u8>]) -> Vec<u8> {
        let wanted = Dss {
            certificates: vec![self.anchor.der().to_vec()],
            ocsps: Vec::new(),
            crls: lists.to_vec(),
        };
        let update = dss::update(&Document::open(file, None).unwrap(), &wanted)
            .unwrap()
            .unwrap();
        [file, &update].concat()
    }

    /// With a document timestamp of that moment.
    pub(crate) fn archive(&self, file: &[u8], tsa: &Holder, when: &str) -> Vec<u8> {
        let mut prepared = prepare_timestamp(&Document::open(file, None).unwrap(), ROOM).unwrap();
        let (before, after) = prepared.signed_parts();
        let imprint = DigestAlgorithm::Sha256.digest(&[file, before, after].concat());
        let token = self.token(tsa, &imprint, when);
        prepared.put_contents(&token).unwrap();
        [file, &prepared.update].concat()
    }

    /// Judged at that moment with the root as anchor.
    pub(crate) fn judge(&self, file: &[u8], when: &str) -> FileReport {
        self.judge_by(file, when, RevocationRule::Require)
    }

    /// The same with another demand about revocation.
    pub(crate) fn judge_by(&self, file: &[u8], when: &str, revocation: RevocationRule) -> FileReport {
        let basis = Basis {
            anchors: &self.anchors(),
            at: at(when),
            revocation,
            pieces: &Pieces::default(),
            asked: false,
            checks: &Checks::default(),
        };
        super::verified::verify_on(file, &basis)
    }

    /// A timestamp token over this SHA-256.
    fn token(&self, tsa: &Holder, imprint: &[u8], when: &str) -> Vec<u8> {
        token(tsa, &self.anchor, imprint, at(when))
    }
}

fn authority(root: &Entity, (serial, from, until): (u8, &str, &str), more: Option<Ext>) -> Holder {
    let entity = Entity::new(&[], &format!("TSA {serial}"));
    let mut extensions = vec![
        basic(false, None),
        usage(&[ca::DIGITAL_SIGNATURE]),
        purposes(&["1.3.6.1.5.5.7.3.8"]),
    ];
    extensions.extend(more);
    let mut says = Says::new(serial, extensions);
    (says.not_before, says.not_after) = (at(from), at(until));
    Holder {
        certificate: entity.certified(root, &says),
        entity,
    }
}

fn token(tsa: &Holder, anchor: &Certificate, imprint: &[u8], when: Timestamp) -> Vec<u8> {
    let info = [
        tlv(2, &[1]),
        oid("1.2.392.200000.1.1"),
        tlv(0x30, &[SHA256.to_vec(), tlv(4, imprint)].concat()),
        tlv(2, &[7]),
        generalized(when),
    ];
    let info = tlv(0x30, &info.concat());
    let hash = |bytes: &[u8]| tlv(4, &DigestAlgorithm::Sha256.digest(bytes));
    let attribute = |kind: &str, value: Vec<u8>| tlv(0x30, &[oid(kind), tlv(0x31, &value)].concat());
    let named = tlv(0x30, &tlv(0x30, &tlv(0x30, &hash(tsa.certificate.der()))));
    let mut attributes = [
        attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
        attribute("1.2.840.113549.1.9.4", hash(&info)),
        attribute("1.2.840.113549.1.9.16.2.47", named),
    ];
    attributes.sort();
    let attributes = attributes.concat();
    let value = ca::sign(&tsa.entity.key, ALGORITHM, &tlv(0x31, &attributes));
    let ecdsa = tlv(0x30, &oid("1.2.840.10045.4.3.2"));
    let signer = [
        tlv(2, &[1]),
        tlv(
            0x30,
            &[tsa.certificate.issuer().der(), &tlv(2, tsa.certificate.serial())].concat(),
        ),
        SHA256.to_vec(),
        tlv(0xa0, &attributes),
        ecdsa,
        tlv(4, &value),
    ];
    let content = [oid("1.2.840.113549.1.9.16.1.4"), tlv(0xa0, &tlv(4, &info))].concat();
    let signed = [
        tlv(2, &[3]),
        tlv(0x31, SHA256),
        tlv(0x30, &content),
        tlv(0xa0, &[tsa.certificate.der(), anchor.der()].concat()),
        tlv(0x31, &tlv(0x30, &signer.concat())),
    ];
    let signed = tlv(0xa0, &tlv(0x30, &signed.concat()));
    tlv(0x30, &[oid("1.2.840.113549.1.7.2"), signed].concat())
}
