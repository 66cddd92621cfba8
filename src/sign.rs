//! A signature prepared and embedded: PAdES baseline B-B (ETSI EN 319 142-1, clause 6).
//!
//! A [`Request`] becomes a [`Prepared`] revision with an empty `/Contents`; the caller hashes the original bytes and [`Prepared::signed_parts`], has the
//! CMS made, and gives it to [`Prepared::put_contents`]. Nothing here does I/O, reads the clock, or speaks to a token.

mod error;
mod prepared;
mod request;

pub use error::{Error, PdfaBreak, SeedRule};
pub use prepared::Prepared;
pub use request::{
    Certify, FieldChoice, Lock, MAX_CONTENTS_BYTES, MAX_LOCKED_FIELDS, MAX_TEXT_CHARS, MIN_CONTENTS_BYTES, Picture,
    Request, Visible,
};
