//! A timestamp put into a signature that stands in a file: into the free room of its `/Contents`, which no byte range covers (B-T).
//!
//! Only where the signature is the last thing in the file: a later signature covers the room. Whether the token is good was asked before (`tsa::check`).

use super::Error;
use crate::cms::{self, SignedData};
use crate::pdf::byte_range::ByteRange;
use crate::pdf::{Document, signatures};

/// Bytes that replace others in a file, which keeps its length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patch {
    /// Where, in bytes from the start of the file.
    pub at: u64,
    /// What stands there from now on.
    pub bytes: Vec<u8>,
}

/// The signature value in `field`: what a signature timestamp is about.
///
/// # Errors
/// [`Error::NothingToStamp`], [`Error::StampTooLate`], or what is wrong with the signature.
pub fn signature_value(document: &Document<'_>, field: &str) -> Result<Vec<u8>, Error> {
    let (_, contents) = find(document, field)?;
    let signed = SignedData::parse_foreign(&contents)?;
    Ok(signed.signer()?.signature.clone())
}

/// The change that puts `token` into the signature in `field`. Nothing that is signed changes.
///
/// # Errors
/// As [`signature_value`]; [`Error::ContentsTooSmall`] when there is no room: a document timestamp serves then.
pub fn stamp(document: &Document<'_>, field: &str, token: &[u8]) -> Result<Patch, Error> {
    let (range, contents) = find(document, field)?;
    let stamped = cms::with_timestamp(&contents, token)?;
    if stamped.len() > contents.len() {
        return Err(Error::ContentsTooSmall {
            needed: stamped.len(),
            room: contents.len(),
        });
    }
    let mut digits = hex::encode(&stamped).into_bytes();
    digits.resize(2 * contents.len(), b'0');
    Ok(Patch {
        at: range.hole().start + 1,
        bytes: digits,
    })
}

fn find(document: &Document<'_>, field: &str) -> Result<(ByteRange, Vec<u8>), Error> {
    let nothing = || Error::NothingToStamp {
        field: field.to_owned(),
    };
    let signatures = signatures::read(document)?;
    let found = signatures.field(field).and_then(|f| f.signature.as_ref());
    let signature = found.filter(|s| !s.is_timestamp).ok_or_else(nothing)?;
    let range = signature.byte_range.ok_or_else(nothing)?;
    let contents = range.contents(document.data()).ok_or_else(nothing)?;
    if range.end() != document.data().len() as u64 {
        return Err(Error::StampTooLate {
            field: field.to_owned(),
        });
    }
    Ok((range, contents))
}
