//! What is asked of a signature, and the limits it must keep. Nothing here looks at the document.

use super::Error;
use crate::clock::Timestamp;
use crate::pdf::signatures::FieldLock;

/// Most bytes kept free for the CMS: certificates, revocation data and a timestamp fit many times over.
pub const MAX_CONTENTS_BYTES: usize = 512 * 1024;
/// Fewest bytes kept free for the CMS; no signature with its certificate is smaller.
pub const MIN_CONTENTS_BYTES: usize = 512;
/// Longest text (reason, place, name, field name), in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Most field names in a [`FieldLock`].
pub const MAX_LOCKED_FIELDS: usize = 10_000;

/// One signature as it is wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// The signature field.
    pub field: FieldChoice,
    /// What is drawn; `None`: 不可視署名, the page looks as before.
    pub visible: Option<Visible>,
    /// Why it is signed (`/Reason`).
    pub reason: Option<String>,
    /// Where it is signed (`/Location`).
    pub location: Option<String>,
    /// The signer's name as shown by viewers (`/Name`); who signed is what the certificate says.
    pub signer_name: Option<String>,
    /// The claimed signing time (`/M`); PAdES has no signingTime attribute.
    pub time: Timestamp,
    /// Makes this the certification signature; allowed only as the first one.
    pub certify: Option<Certify>,
    /// Room for the CMS in bytes, [`MIN_CONTENTS_BYTES`]`..=`[`MAX_CONTENTS_BYTES`]; the file holds two hex digits for each.
    pub contents_bytes: usize,
    /// Fields that nobody may change afterwards (FieldMDP). A field that brings its own `/Lock` refuses another one.
    pub lock: Option<FieldLock>,
    /// Fields that the signer fills in the same revision; each is there and empty.
    pub fills: Vec<Fill>,
}

/// A field that is filled with the signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Its full name.
    pub field: String,
    /// What goes into it.
    pub value: FillValue,
}

/// What goes into a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FillValue {
    /// A text, and a PDF whose one page shows it.
    Text {
        /// The value.
        text: String,
        /// Its look.
        look: Vec<u8>,
    },
    /// A tick.
    Tick,
}

/// What stands in `/Contents`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A person's or organisation's signature.
    Signature,
    /// A timestamp over the whole document.
    Timestamp,
}

/// The field that takes the signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FieldChoice {
    /// The full name. An empty signature field of that name is filled; when no field has the name, a new one gets it (then it may hold no `.`).
    Named(String),
    /// A new field, named `Signature1` or the next free number.
    Auto,
}

/// A visible signature: 印影.
#[derive(Clone, PartialEq, Debug)]
pub struct Visible {
    /// Page, counted from 1. Not looked at when an existing field is signed: it has its own place.
    pub page1: u64,
    /// `[x, y, width, height]` in points, from the lower left corner of the page *as it is displayed*: cropped to its CropBox and turned by its `/Rotate`.
    /// The seal stands upright there. Not looked at when an existing field is signed.
    pub rect: [f64; 4],
    /// What is drawn, as large as the rectangle allows without distortion, centred.
    pub picture: Picture,
}

/// The look of a visible signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Picture {
    /// A PNG file; transparency is kept where the document's standard allows it, else laid on white.
    Png(Vec<u8>),
    /// A PDF whose one page becomes the appearance.
    Pdf(Vec<u8>),
}

/// What may be changed after a certification signature (DocMDP, ISO 32000-2, 12.8.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certify {
    /// P=1: nothing; nobody else can sign.
    NoChanges,
    /// P=2: forms may be filled and further signatures added.
    FormFill,
    /// P=3: also annotations.
    Annotations,
}

impl Certify {
    /// The value of `/P`.
    pub const fn level(self) -> u8 {
        match self {
            Self::NoChanges => 1,
            Self::FormFill => 2,
            Self::Annotations => 3,
        }
    }
}

impl Request {
    /// An invisible signature in a new field, with nothing but its time.
    pub const fn invisible(time: Timestamp, contents_bytes: usize) -> Self {
        Self {
            field: FieldChoice::Auto,
            visible: None,
            reason: None,
            location: None,
            signer_name: None,
            time,
            certify: None,
            contents_bytes,
            lock: None,
            fills: Vec::new(),
        }
    }

    /// Checks what can be checked without the document, so that a caller can refuse before anybody is asked for consent.
    ///
    /// # Errors
    /// [`Error::ContentsRoom`], [`Error::TextTooLong`], [`Error::FieldName`], [`Error::TooManyLockedFields`].
    pub fn check(&self) -> Result<(), Error> {
        if !(MIN_CONTENTS_BYTES..=MAX_CONTENTS_BYTES).contains(&self.contents_bytes) {
            return Err(Error::ContentsRoom {
                bytes: self.contents_bytes,
            });
        }
        let texts = [&self.reason, &self.location, &self.signer_name];
        for text in texts.into_iter().flatten() {
            check_length(text)?;
        }
        if let FieldChoice::Named(name) = &self.field {
            check_length(name)?;
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(Error::FieldName { field: name.clone() });
            }
        }
        if let Some(FieldLock::Include(names) | FieldLock::Exclude(names)) = &self.lock {
            if names.len() > MAX_LOCKED_FIELDS {
                return Err(Error::TooManyLockedFields { count: names.len() });
            }
            for name in names {
                check_length(name)?;
            }
        }
        Ok(())
    }
}

fn check_length(text: &str) -> Result<(), Error> {
    let chars = text.chars().count();
    if chars > MAX_TEXT_CHARS {
        return Err(Error::TextTooLong { chars });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_at_their_edges() {
        let mut request = Request::invisible(Timestamp::from_seconds(0), MAX_CONTENTS_BYTES);
        assert!(request.check().is_ok());
        request.reason = Some("理".repeat(MAX_TEXT_CHARS));
        assert!(request.check().is_ok());
        request.reason = Some("理".repeat(MAX_TEXT_CHARS + 1));
        assert!(matches!(request.check(), Err(Error::TextTooLong { .. })));
        request.reason = None;
        request.contents_bytes += 1;
        assert!(matches!(request.check(), Err(Error::ContentsRoom { .. })));
        request.contents_bytes = MIN_CONTENTS_BYTES - 1;
        assert!(matches!(request.check(), Err(Error::ContentsRoom { .. })));
    }

    #[test]
    fn a_field_needs_a_name_that_can_be_shown() {
        for name in ["", "a\nb"] {
            let mut request = Request::invisible(Timestamp::from_seconds(0), 4096);
            request.field = FieldChoice::Named(name.to_owned());
            assert!(matches!(request.check(), Err(Error::FieldName { .. })), "{name:?}");
        }
    }
}
