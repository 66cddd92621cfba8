//! What the desk API takes and shows: the manifest of a signing, and the views of tokens, certificates, signings and pages.
//!
//! Plain data. Shapes are checked when they are read (unknown fields are refused); whether a certificate, page or level exists is judged by the use case.

mod events;
mod level;
mod manifest;
mod pairing;
mod preview;
mod signing;
mod token;

pub use super::own_file::OwnFile;
pub use events::Event;
pub use level::{Level, Revocation};
pub use manifest::{
    Algorithm, Appearance, CertificateSelector, Certify, Confirmation, DetachedFormat, DigestName, DocumentDigest,
    DocumentRequest, MAX_COORDINATE_POINTS, MAX_NAME_BYTES, MAX_TEXT_CHARS, Seal, SigningChoice, SigningRequest, Start,
};
pub use pairing::{Health, PairingReturn, PairingState, PairingView, ProofView};
pub use preview::{PagePicture, PageView, Preview, PreviewDocument, PreviewField};
pub use signing::{
    BackendSays, LaterView, MAX_RETURN_URL_BYTES, MAX_SEAL_BYTES, SignedFile, SigningDocument, SigningState,
    SigningUpload, SigningView, UploadedDocument,
};
pub use token::{CardKind, CertificateUsage, CertificateView, PinState, TokenView};

use crate::text::{Explain, Lang};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A code with its words in the reader's language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// Stable `snake_case` name.
    pub code: String,
    /// What it means and what to do.
    pub message: String,
}

impl Said {
    /// What `what` says of itself.
    pub(crate) fn of(what: &impl Explain, lang: Lang) -> Self {
        Self {
            code: what.code().to_owned(),
            message: what.explain(lang),
        }
    }
}
