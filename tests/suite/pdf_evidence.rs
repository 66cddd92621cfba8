//! Timestamps and validation data in PDFs: into the signature, behind it, and over all of it, before judges that share no code with hankod.

use crate::pdf_writing::SHORT_LAST_ROW;
use crate::support::ca::Kind;
use crate::support::dir::TestDir;
use crate::support::judges::{pdfsig, pyhanko_all, qpdf_check};
use crate::support::shapes;
use crate::support::signer::SoftSigner;
use crate::support::tsa::{Mode, Tsa};
use hankod::cms::SignedData;
use hankod::der::DigestAlgorithm;
use hankod::pdf::dss::{self, Dss};
use hankod::pdf::{Document, signatures};
use hankod::secret::Password;
use hankod::sign::{Certify, Error, Request, prepare_timestamp, signature_value, stamp};
use hankod::tsa::{Checked, Expected, Imprint, Query, check, read_reply};

/// Room that is enough for a token of the tests' TSA.
const TOKEN_BYTES: usize = 4096;

fn token(tsa: &Tsa, message: &[u8]) -> Checked {
    let imprint = Imprint::of(DigestAlgorithm::Sha256, message);
    let nonce = [7; 8];
    let query = Query {
        imprint: imprint.clone(),
        nonce,
        policy: None,
    };
    let reply = tsa.ask(&query.to_der().unwrap());
    let expected = Expected {
        imprint,
        nonce: Some(nonce),
        policy: None,
    };
    check(&read_reply(&reply).unwrap(), &expected).unwrap()
}

fn open<'a>(pdf: &'a [u8], password: Option<&str>) -> Document<'a> {
    let password = password.map(|p| Password::new(p.as_bytes().to_vec()).unwrap());
    Document::open(pdf, password.as_ref()).unwrap()
}

/// `pdf` with a timestamp in the signature in `field`.
fn stamped(tsa: &Tsa, pdf: &[u8], password: Option<&str>, field: &str) -> Vec<u8> {
    let document = open(pdf, password);
    let value = signature_value(&document, field).unwrap();
    let patch = stamp(&document, field, &token(tsa, &value).token).unwrap();
    let at = usize::try_from(patch.at).unwrap();
    let mut out = pdf.to_vec();
    out[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
    out
}

/// `pdf` with a document timestamp.
fn archived(tsa: &Tsa, pdf: &[u8], password: Option<&str>) -> Vec<u8> {
    let mut prepared = prepare_timestamp(&open(pdf, password), TOKEN_BYTES).unwrap();
    let (before, after) = prepared.signed_parts();
    let message = [pdf, before, after].concat();
    prepared.put_contents(&token(tsa, &message).token).unwrap();
    [pdf, &prepared.update].concat()
}

fn evidence(signer: &SoftSigner, tsa: &Tsa) -> Dss {
    Dss {
        certificates: vec![tsa.certificate().der().to_vec(), signer.ca().der()],
        ocsps: vec![b"an OCSP response".to_vec()],
        crls: vec![vec![0x30; 3000]],
    }
}

fn last_field(pdf: &[u8], password: Option<&str>) -> String {
    let found = signatures::read(&open(pdf, password)).unwrap();
    found.signed().last().unwrap().0.name.clone()
}

#[test]
fn every_shape_is_stamped_stored_and_archived() {
    let dir = TestDir::new("pdf-evidence");
    let signer = SoftSigner::new(Kind::P256);
    let tsa = Tsa::start(signer.ca(), Mode::Good);
    let mut paths = Vec::new();
    for (at, shape) in shapes::plain().into_iter().enumerate() {
        let (name, password) = (shape.name, shape.password);
        let signed = signer
            .sign(&shape.bytes, password, &signer.request_with_room(TOKEN_BYTES))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let field = last_field(&signed, password);
        let with_time = stamped(&tsa, &signed, password, &field);
        let update = dss::update(&open(&with_time, password), &evidence(&signer, &tsa));
        let stored = [with_time.clone(), update.unwrap().unwrap()].concat();
        let twice = archived(&tsa, &archived(&tsa, &stored, password), password);
        assert!(twice.starts_with(&stored) && stored.starts_with(&with_time), "{name}");
        assert_eq!(dss::read(&open(&twice, password)).unwrap(), evidence(&signer, &tsa));
        let path = dir.join(format!("{at}.pdf"));
        std::fs::write(&path, twice).unwrap();
        paths.push((name, path, password));
    }
    let root = signer.root(&dir);
    let pdfs: Vec<_> = paths
        .iter()
        .map(|(_, path, password)| match password {
            Some(password) => (path.as_path(), *password).into(),
            None => path.into(),
        })
        .collect();
    for (answer, (name, path, _)) in pyhanko_all(&pdfs, &root).into_iter().zip(&paths) {
        // Hybrid files pyHanko refuses by policy.
        if SHORT_LAST_ROW.contains(name) || name.starts_with("hybrid") {
            continue;
        }
        let found = answer.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found.len(), 3, "{name}");
        for one in &found {
            assert!(
                one.intact && one.valid && one.trusted && one.docmdp_ok,
                "{name}: {one:?}"
            );
            assert!(
                ["NONE", "LTA_UPDATES"].contains(&one.modification.as_str()),
                "{name}: {one:?}"
            );
        }
        assert!(found[0].bottom_line, "{name}: {:?}", found[0]);
        // pdfsig knows no document timestamps, and names empty fields without a type.
        let found = pdfsig(path);
        let signature = found.iter().find(|s| s.subfilter.starts_with("ETSI.CAdES"));
        assert!(signature.is_some_and(|s| s.valid), "{name}: {found:?}");
        if *name != "one newline before xref" {
            qpdf_check(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn a_timestamp_changes_only_the_free_room() {
    let signer = SoftSigner::new(Kind::Rsa2048);
    let tsa = Tsa::start(signer.ca(), Mode::Ber);
    let pdf = shapes::classic("1.7", shapes::LF);
    let signed = signer.sign(&pdf, None, &signer.request_with_room(TOKEN_BYTES)).unwrap();
    let with_time = stamped(&tsa, &signed, None, "Signature1");
    assert_eq!(with_time.len(), signed.len());
    let range = signatures::read(&open(&signed, None)).unwrap().fields[0]
        .signature
        .clone()
        .unwrap()
        .byte_range
        .unwrap();
    let hole = usize::try_from(range.hole().start).unwrap()..usize::try_from(range.hole().end).unwrap();
    assert_eq!(with_time[..hole.start], signed[..hole.start]);
    assert_eq!(with_time[hole.end..], signed[hole.end..]);
    let cms = SignedData::parse(&range.contents(&with_time).unwrap()).unwrap();
    assert_eq!(cms.signer().unwrap().timestamps().count(), 1);
}

#[test]
fn a_timestamp_needs_room_and_the_end_of_the_file() {
    let signer = SoftSigner::new(Kind::P256);
    let tsa = Tsa::start(signer.ca(), Mode::Good);
    let pdf = shapes::classic("1.7", shapes::LF);
    let signed = signer.sign(&pdf, None, &signer.request()).unwrap();
    let document = open(&signed, None);
    let token = token(&tsa, &signature_value(&document, "Signature1").unwrap()).token;
    let refused = stamp(&document, "Signature1", &token);
    let Err(Error::ContentsTooSmall { needed, room }) = refused else {
        panic!("{refused:?}");
    };
    assert!(needed > token.len() && room < needed);
    let nobody = stamp(&document, "Signature2", &token);
    assert!(matches!(nobody, Err(Error::NothingToStamp { .. })), "{nobody:?}");
    let archived = archived(&tsa, &signed, None);
    let late = stamp(&open(&archived, None), "Signature1", &token);
    assert!(matches!(late, Err(Error::StampTooLate { .. })), "{late:?}");
    let timestamp = stamp(&open(&archived, None), "Timestamp1", &token);
    assert!(matches!(timestamp, Err(Error::NothingToStamp { .. })), "{timestamp:?}");
}

#[test]
fn what_is_stored_is_not_stored_again() {
    let signer = SoftSigner::new(Kind::P256);
    let tsa = Tsa::start(signer.ca(), Mode::Good);
    let pdf = shapes::classic("1.7", shapes::LF);
    let mut wanted = evidence(&signer, &tsa);
    wanted.crls.push(wanted.crls[0].clone());
    let once = [pdf.clone(), dss::update(&open(&pdf, None), &wanted).unwrap().unwrap()].concat();
    assert_eq!(dss::update(&open(&once, None), &wanted).unwrap(), None);
    wanted.ocsps.push(b"a newer one".to_vec());
    let twice = [once.clone(), dss::update(&open(&once, None), &wanted).unwrap().unwrap()].concat();
    wanted.crls.pop();
    assert_eq!(dss::read(&open(&twice, None)).unwrap(), wanted);
    assert!(dss::update(&open(&pdf, None), &Dss::default()).unwrap().is_none());
}

#[test]
fn evidence_may_follow_a_certification_that_forbids_changes() {
    let dir = TestDir::new("pdf-evidence-p1");
    let signer = SoftSigner::new(Kind::P256);
    let tsa = Tsa::start(signer.ca(), Mode::Good);
    let request = Request {
        certify: Some(Certify::NoChanges),
        ..signer.request()
    };
    let signed = signer
        .sign(&shapes::classic("1.7", shapes::LF), None, &request)
        .unwrap();
    let again = signer.sign(&signed, None, &signer.request());
    assert!(matches!(again, Err(Error::CertifiedNoChanges { .. })), "{again:?}");
    let path = dir.join("p1.pdf");
    std::fs::write(&path, archived(&tsa, &signed, None)).unwrap();
    let found = crate::support::judges::pyhanko(&path, &signer.root(&dir)).unwrap();
    assert!(found.iter().all(|s| s.bottom_line && s.docmdp_ok), "{found:?}");
}
