//! A signature prepared and embedded, stamped, and a document timestamped: PAdES baseline (ETSI EN 319 142-1, clause 6).
//!
//! [`prepare`] appends one revision with an empty `/Contents`; the caller hashes the original bytes and [`Prepared::signed_parts`], has the CMS made, and
//! gives it to [`Prepared::put_contents`]. Nothing here does I/O, reads the clock, or speaks to a token.

mod dictionary;
mod error;
mod fill;
mod prepare;
mod prepared;
mod request;
mod rules;
mod seal;
mod seed;
mod stamp;
mod target;

pub use crate::pdf::signatures::FieldLock as Lock;
pub use error::{Error, PdfaBreak, SeedRule};
pub use fill::{Fillable, fill, fillable};
pub use prepare::{prepare, prepare_timestamp};
pub use prepared::Prepared;
pub use request::{
    Certify, FieldChoice, Fill, FillValue, MAX_CONTENTS_BYTES, MAX_LOCKED_FIELDS, MAX_TEXT_CHARS, MIN_CONTENTS_BYTES,
    Picture, Request, Visible,
};
pub use stamp::{Patch, signature_value, stamp};
