//! Attacks on signed PDFs, by the families under which they were published, made here byte by byte. None may pass, none may be called 有効.
//!
//! Every certificate in them is trusted: what refuses a file is its structure, its signature or its changes, never a missing anchor.

mod certified;
mod forgery;
mod incremental;
mod shadow;
mod swaps;
mod wrapping;

use crate::support::agreement::{Objects, agreement, sign, signature, with};
use crate::support::ca::Ca;
use crate::support::tsa::{Mode, Tsa};
use crate::support::updates::{HOLE, Person, find_last, signed_by};
use crate::support::verified::verify_by;
use hankod::der::DigestAlgorithm;
use hankod::trust::{Anchors, Use};
use hankod::tsa::{Imprint, Query, read_reply};
use hankod::verify::judge::Verdict;

/// A named file.
type Attack = (&'static str, Vec<u8>);

/// The agreement, signed once.
fn signed_once(person: &Person) -> Vec<u8> {
    sign(person, &agreement(), &signature(0, ""))
}

/// The agreement, certified at this level.
fn certified_at(person: &Person, level: u8) -> Vec<u8> {
    let objects: Objects = signature(0, &crate::support::agreement::docmdp(level));
    sign(person, &agreement(), &objects)
}

/// Where the hexadecimal of the last signature's /Contents stands, without its brackets.
fn hole(file: &[u8]) -> std::ops::Range<usize> {
    let start = find_last(file, b"/Contents<").unwrap() + 10;
    let length = file[start..].iter().position(|b| *b == b'>').unwrap();
    start..start + length
}

/// `file` with `text` written over the bytes at `at`.
fn overwritten(file: &[u8], at: usize, text: &str) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + text.len()].copy_from_slice(text.as_bytes());
    file
}

/// Whoever asks a timestamp authority that everybody trusts.
struct Stamper(Tsa);

impl Stamper {
    fn new() -> Self {
        Self(Tsa::start(&Ca::new("試験時刻局"), Mode::Good))
    }

    /// `pdf` with a document timestamp as its second signature, and these objects.
    fn stamp(&self, pdf: &[u8], objects: &Objects) -> Vec<u8> {
        let timestamp = format!("<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161{HOLE}>>");
        let objects = with(objects.clone(), 33, &timestamp);
        let objects: Vec<(u32, &str)> = objects.iter().map(|(n, body)| (*n, body.as_str())).collect();
        signed_by(pdf, &objects, 8192, |message| {
            let query = Query {
                imprint: Imprint {
                    digest: DigestAlgorithm::Sha256,
                    value: DigestAlgorithm::Sha256.digest(message),
                },
                nonce: *b"\x01234567\x08",
                policy: None,
            };
            read_reply(&self.0.ask(&query.to_der().unwrap())).unwrap()
        })
    }

    /// The files that pass where the person's and the authority's certificates are anchors.
    fn passing(&self, files: &[Attack], person: &Person) -> Vec<&'static str> {
        let mut anchors = Anchors::new();
        anchors.add(person.certificate().clone(), &[Use::Signers]);
        anchors.add(self.0.certificate(), &[Use::TimestampAuthorities]);
        let passes = |bytes: &[u8]| verify_by(bytes, &anchors).verdict == Verdict::TotalPassed;
        let passing = files.iter().filter(|(_, bytes)| passes(bytes));
        passing.map(|(name, _)| *name).collect()
    }
}
