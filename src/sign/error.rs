//! Why a document cannot be signed as asked. Nothing here is a warning: each of these ends the operation before a byte is written.

use crate::text::{Explain, Lang, say};
use crate::{cms, pdf};

/// Everything that [`super::prepare`] and [`super::Prepared::put_contents`] refuse.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The field exists and holds something else than signatures.
    #[error("field {field:?} is not a signature field")]
    NotASignatureField {
        /// Full name.
        field: String,
    },
    /// The field already holds a signature.
    #[error("field {field:?} is already signed")]
    FieldSigned {
        /// Full name.
        field: String,
    },
    /// A name that no new field can have: empty, with a control character or a `.`, or below a field that is there already.
    #[error("{field:?} cannot be a field's name")]
    FieldName {
        /// The name asked for.
        field: String,
    },
    /// An earlier signature's FieldMDP locks the field.
    #[error("field {field:?} is locked by the signature in {by:?}")]
    FieldLocked {
        /// Full name of the locked field.
        field: String,
        /// Full name of the field whose signature locks it.
        by: String,
    },
    /// An earlier signature allows no change at all (DocMDP P=1).
    #[error("the signature in {by:?} forbids any change")]
    CertifiedNoChanges {
        /// Full name of the certifying signature's field.
        by: String,
    },
    /// A certification leaves no room for a new field that shows something; an empty field made before it may be signed.
    #[error("the certification in {by:?} allows no new visible field")]
    CertifiedNoNewSeal {
        /// Full name of the certifying signature's field.
        by: String,
    },
    /// A certification must be the first signature.
    #[error("a certification must be the first signature")]
    CertifyNotFirst,
    /// The field's seed value dictionary (`/SV`) demands what this signature is not.
    #[error("the field demands {rule:?}")]
    SeedValue {
        /// What it demands.
        rule: SeedRule,
    },
    /// The field has its own `/Lock` and the request another one.
    #[error("field {field:?} has its own lock")]
    LockConflict {
        /// Full name.
        field: String,
    },
    /// The form is also an XFA form, whose other half a signature cannot cover.
    #[error("the form is a hybrid XFA form")]
    XfaForm,
    /// `/NeedAppearances true` in a signed document: each viewer would redraw what was signed.
    #[error("the signed form asks viewers to draw its fields anew")]
    NeedAppearances,
    /// The rectangle is empty, not finite, or not on the page.
    #[error("the rectangle does not lie on the page of {width} x {height} points")]
    RectOutside {
        /// Width of the page as displayed, in points, rounded.
        width: i64,
        /// Height of the page as displayed, in points, rounded.
        height: i64,
    },
    /// The seal's picture cannot be read.
    #[error("the picture cannot be read")]
    PictureInvalid,
    /// The seal's picture is beyond its limits.
    #[error("the picture is too large")]
    PictureTooLarge,
    /// Signed like this, a PDF/A file would be one no more.
    #[error("the file would no longer be PDF/A-{part}: {why:?}")]
    PdfaWouldBreak {
        /// The part of ISO 19005 the file claims.
        part: u8,
        /// What its standard forbids.
        why: PdfaBreak,
    },
    /// A visible signature was asked for in a field without an area.
    #[error("field {field:?} has no area on a page")]
    FieldInvisible {
        /// Full name.
        field: String,
    },
    /// A field to be filled that is not there, is a signature, or has no area.
    #[error("field {field:?} cannot be filled")]
    FieldNotFillable {
        /// Full name.
        field: String,
    },
    /// The document cannot be read or updated.
    #[error(transparent)]
    Pdf(#[from] pdf::Error),
    /// A text is longer than [`super::MAX_TEXT_CHARS`].
    #[error("a text has {chars} characters")]
    TextTooLong {
        /// Its length.
        chars: usize,
    },
    /// More locked fields than [`super::MAX_LOCKED_FIELDS`].
    #[error("{count} fields to lock")]
    TooManyLockedFields {
        /// How many were named.
        count: usize,
    },
    /// The room asked for is outside [`super::MIN_CONTENTS_BYTES`]`..=`[`super::MAX_CONTENTS_BYTES`].
    #[error("{bytes} bytes of room for the signature")]
    ContentsRoom {
        /// The room asked for.
        bytes: usize,
    },
    /// No signature stands in the field, or what stands there is none that can be stamped.
    #[error("no signature to stamp in field {field:?}")]
    NothingToStamp {
        /// Full name.
        field: String,
    },
    /// Something was appended after the signature, so that its `/Contents` may be signed by others and must stay; a document timestamp serves.
    #[error("the signature in field {field:?} is not the last thing in the file")]
    StampTooLate {
        /// Full name.
        field: String,
    },
    /// The signature in the document.
    #[error(transparent)]
    Cms(#[from] cms::Error),
    /// The CMS does not fit.
    #[error("the signature needs {needed} bytes and has room for {room}")]
    ContentsTooSmall {
        /// Its size in bytes.
        needed: usize,
        /// The room in bytes.
        room: usize,
    },
}

/// A demand of a seed value dictionary (ISO 32000-2, 12.7.5.5, table 237) that is marked as required and not met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeedRule {
    /// Another signature handler (`/Filter`).
    Filter,
    /// Another encoding (`/SubFilter`).
    SubFilter,
    /// A newer signature handler (`/V`).
    Version,
    /// One of its reasons, or none (`/Reasons`).
    Reason,
    /// Another digest (`/DigestMethod`).
    Digest,
    /// A certain certificate or issuer (`/Cert`).
    Certificate,
    /// A timestamp (`/TimeStamp`).
    Timestamp,
    /// A certification, or none (`/MDP`).
    Certification,
    /// A legal attestation (`/LegalAttestation`).
    LegalAttestation,
    /// Revocation data inside the signature, which PAdES forbids (`/AddRevInfo`).
    RevocationInfo,
    /// The document locked after signing (`/LockDocument`).
    LockDocument,
    /// A certain look (`/AppearanceFilter`).
    Appearance,
}

/// What in a signature would break the file's PDF/A conformance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PdfaBreak {
    /// Transparency, which PDF/A-1 forbids and the others tie to an output intent.
    Transparency,
    /// A device colour that is not the output intent's.
    Colour,
    /// A font that is not embedded.
    Font,
}

impl SeedRule {
    const fn id(self) -> &'static str {
        match self {
            Self::Filter => "seed-rule-filter",
            Self::SubFilter => "seed-rule-sub-filter",
            Self::Version => "seed-rule-version",
            Self::Reason => "seed-rule-reason",
            Self::Digest => "seed-rule-digest",
            Self::Certificate => "seed-rule-certificate",
            Self::Timestamp => "seed-rule-timestamp",
            Self::Certification => "seed-rule-certification",
            Self::LegalAttestation => "seed-rule-legal-attestation",
            Self::RevocationInfo => "seed-rule-revocation-info",
            Self::LockDocument => "seed-rule-lock-document",
            Self::Appearance => "seed-rule-appearance",
        }
    }
}

impl PdfaBreak {
    const fn id(self) -> &'static str {
        match self {
            Self::Transparency => "pdfa-break-transparency",
            Self::Colour => "pdfa-break-colour",
            Self::Font => "pdfa-break-font",
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotASignatureField { .. } => "field_not_a_signature",
            Self::FieldSigned { .. } => "field_already_signed",
            Self::FieldName { .. } => "field_name_invalid",
            Self::FieldLocked { .. } => "field_locked",
            Self::CertifiedNoChanges { .. } => "certified_no_changes",
            Self::CertifiedNoNewSeal { .. } => "certified_no_new_seal",
            Self::CertifyNotFirst => "certify_not_first",
            Self::SeedValue { .. } => "seed_value_not_met",
            Self::LockConflict { .. } => "field_has_own_lock",
            Self::XfaForm => "xfa_form",
            Self::NeedAppearances => "form_needs_appearances",
            Self::FieldInvisible { .. } => "field_invisible",
            Self::FieldNotFillable { .. } => "field_not_fillable",
            Self::Pdf(error) => error.code(),
            Self::RectOutside { .. } => "rect_outside_page",
            Self::PictureInvalid => "seal_picture_invalid",
            Self::PictureTooLarge => "seal_picture_too_large",
            Self::PdfaWouldBreak { .. } => "pdfa_would_break",
            Self::TextTooLong { .. } => "signature_text_too_long",
            Self::TooManyLockedFields { .. } => "too_many_locked_fields",
            Self::ContentsRoom { .. } => "contents_room_invalid",
            Self::ContentsTooSmall { .. } => "contents_too_small",
            Self::NothingToStamp { .. } => "nothing_to_stamp",
            Self::StampTooLate { .. } => "stamp_too_late",
            Self::Cms(error) => error.code(),
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotASignatureField { field }
            | Self::FieldSigned { field }
            | Self::FieldName { field }
            | Self::FieldInvisible { field }
            | Self::FieldNotFillable { field }
            | Self::NothingToStamp { field }
            | Self::StampTooLate { field }
            | Self::LockConflict { field } => vec![("field", field.clone())],
            Self::FieldLocked { field, by } => vec![("field", field.clone()), ("by", by.clone())],
            Self::CertifiedNoChanges { by } | Self::CertifiedNoNewSeal { by } => vec![("by", by.clone())],
            Self::Pdf(error) => error.args(),
            Self::Cms(error) => error.args(),
            Self::RectOutside { width, height } => vec![("width", width.to_string()), ("height", height.to_string())],
            Self::PdfaWouldBreak { part, .. } => vec![("part", part.to_string())],
            Self::TextTooLong { chars } => {
                vec![("chars", chars.to_string()), ("max", super::MAX_TEXT_CHARS.to_string())]
            }
            Self::TooManyLockedFields { count } => vec![
                ("count", count.to_string()),
                ("max", super::MAX_LOCKED_FIELDS.to_string()),
            ],
            Self::ContentsRoom { bytes } => vec![
                ("bytes", bytes.to_string()),
                ("min", super::MIN_CONTENTS_BYTES.to_string()),
                ("max", super::MAX_CONTENTS_BYTES.to_string()),
            ],
            Self::ContentsTooSmall { needed, room } => vec![("needed", needed.to_string()), ("room", room.to_string())],
            Self::CertifyNotFirst
            | Self::SeedValue { .. }
            | Self::XfaForm
            | Self::NeedAppearances
            | Self::PictureInvalid
            | Self::PictureTooLarge => Vec::new(),
        }
    }

    fn explain(&self, lang: Lang) -> String {
        // What is demanded or forbidden is itself a phrase in the reader's language.
        let phrase = match self {
            Self::SeedValue { rule } => Some(("rule", say(lang, rule.id(), &[]))),
            Self::PdfaWouldBreak { why, .. } => Some(("why", say(lang, why.id(), &[]))),
            _ => None,
        };
        let args: Vec<_> = self.args().into_iter().chain(phrase).collect();
        let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        say(lang, &self.code().replace('_', "-"), &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stand_inside_their_message() {
        let error = Error::PdfaWouldBreak {
            part: 1,
            why: PdfaBreak::Transparency,
        };
        assert!(error.explain(Lang::Ja).contains("PDF/A-1"));
        assert!(error.explain(Lang::En).contains("transparency in the seal"));
        let error = Error::SeedValue {
            rule: SeedRule::Timestamp,
        };
        assert!(error.explain(Lang::En).contains("demands a timestamp,"));
    }
}
