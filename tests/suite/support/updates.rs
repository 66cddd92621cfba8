//! Incremental updates and signatures written by hand, so that what the signer would never write can be tried on whoever judges it.

use super::ca::{self, Ca, IssueRequest, Kind};
use hankod::cms::{SignedAttributes, signed_data};
use hankod::der::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use openssl::pkey::{PKey, Private};
use std::fmt::Write as _;

/// Stands where /ByteRange and /Contents come, in the one object of an update that is a signature.
pub(crate) const HOLE: &str = "/ByteRange@/Contents@";
/// Room for the CMS in bytes.
const ROOM: usize = 1536;

/// A person who signs updates.
pub(crate) struct Person {
    key: PKey<Private>,
    chain: Vec<Certificate>,
}

/// A first revision with these objects, its catalogue number 1.
pub(crate) fn first(objects: &[(u32, &str)]) -> Vec<u8> {
    update(b"%PDF-1.7\n", objects)
}

/// `pdf` with an update that holds these objects, listed in a table.
pub(crate) fn update(pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    let mut out = pdf.to_vec();
    let mut table = String::from("xref\n");
    let previous = startxref(pdf);
    if previous.is_none() {
        table.push_str("0 1\n0000000000 65535 f \n");
    }
    for (number, body) in objects {
        writeln!(table, "{number} 1\n{:010} 00000 n ", out.len()).unwrap();
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let at = out.len();
    let previous = previous.map(|p| format!("/Prev {p}")).unwrap_or_default();
    write!(
        table,
        "trailer\n<</Root 1 0 R/Size 100{previous}>>\nstartxref\n{at}\n%%EOF\n"
    )
    .unwrap();
    out.extend(table.bytes());
    out
}

/// A stream object's body.
pub(crate) fn stream(data: &str) -> String {
    format!("<</Length {}>>stream\n{data}\nendstream", data.len())
}

/// Where `needle` stands last.
pub(crate) fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|w| w == needle)
}

/// `pdf` with an update in which one body holds [`HOLE`]; in its room of `room` bytes what `make` gives for the bytes around it.
pub(crate) fn signed_by(
    pdf: &[u8],
    objects: &[(u32, &str)],
    room: usize,
    make: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    signed_around(pdf, objects, (room, 0), make)
}

/// The same, and so many bytes behind /Contents are left out too.
fn signed_around(
    pdf: &[u8],
    objects: &[(u32, &str)],
    (room, left_out): (usize, usize),
    make: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let hole = format!("/ByteRange{:60}/Contents<{}>", "", "0".repeat(2 * room));
    let bodies: Vec<String> = objects.iter().map(|(_, body)| body.replace(HOLE, &hole)).collect();
    let objects: Vec<(u32, &str)> = objects
        .iter()
        .zip(&bodies)
        .map(|((n, _), body)| (*n, body.as_str()))
        .collect();
    let mut out = update(pdf, &objects);
    let start = find_last(&out, b"/Contents<0000").unwrap() + 9;
    let end = start + 2 * room + 2 + left_out;
    let range = format!("[0 {start} {end} {}]", out.len() - end);
    let at = start - 9 - 60;
    out[at..at + range.len()].copy_from_slice(range.as_bytes());
    let made = hex::encode(make(&[&out[..start], &out[end..]].concat()));
    out[start + 1..start + 1 + made.len()].copy_from_slice(made.as_bytes());
    out
}

fn startxref(pdf: &[u8]) -> Option<usize> {
    let at = find_last(pdf, b"startxref\n")? + 10;
    let digits: String = pdf[at..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .map(|b| char::from(*b))
        .collect();
    digits.parse().ok()
}

impl Person {
    /// With a new root and a P-256 key.
    pub(crate) fn new() -> Self {
        let root = Ca::new("試験認証局");
        let key = ca::key(Kind::P256);
        let leaf = Certificate::parse(&root.issue(&key, &IssueRequest::default())).unwrap();
        Self { key, chain: vec![leaf] }
    }

    /// The person's certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }

    /// `pdf` with an update in which one body holds [`HOLE`], signed.
    pub(crate) fn sign(&self, pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
        signed_by(pdf, objects, ROOM, |message| self.cms(message))
    }

    /// The same, but that so many bytes behind /Contents are not signed.
    pub(crate) fn sign_without(&self, left_out: usize, pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
        signed_around(pdf, objects, (ROOM, left_out), |message| self.cms(message))
    }

    fn cms(&self, message: &[u8]) -> Vec<u8> {
        let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
        let digest = DigestAlgorithm::Sha256.digest(message);
        let attributes = SignedAttributes::new(DigestAlgorithm::Sha256, &digest, &self.chain[0]).unwrap();
        let value = ca::sign(&self.key, algorithm, attributes.to_sign());
        signed_data(&attributes, algorithm, &value, &self.chain).unwrap()
    }
}
