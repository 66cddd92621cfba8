//! A signing: what a request brought, where it stands, what comes of it. Plain data.

use super::{DocumentDigest, Level, OwnFile, Said, SigningRequest};
use crate::app::due::WorkState;
use crate::app::spool::SpoolShare;
use crate::secret::Password;
use crate::verify::running::Running;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::sync::Arc;
use utoipa::ToSchema;

/// Longest PNG of a seal, in bytes.
pub const MAX_SEAL_BYTES: usize = 4 << 20;
/// Longest address that results are posted to, in bytes.
pub const MAX_RETURN_URL_BYTES: usize = 2_048;

/// A document that lies on the daemon's disk, as it came.
#[derive(Debug)]
pub struct UploadedDocument {
    /// The file; removed when this is dropped.
    pub path: OwnFile,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, ready to go on with what is appended.
    pub running: Running,
}

/// What the site's own server says of the request, where the administrator demands it: [`crate::access::BackendProof`].
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendSays {
    /// 16 to 128 letters, digits, `-` or `_`; never used twice.
    pub nonce: String,
    /// RFC 3339.
    pub time: String,
    /// Base64 of an Ed25519 signature, or of an ECDSA one (P-256, SHA-256, DER), over the text of docs/browsers.md.
    pub signature: String,
}

/// Everything that `POST /v1/signings` brought.
#[derive(Debug)]
pub struct SigningUpload {
    /// The manifest.
    pub request: SigningRequest,
    /// SHA-256 of the manifest as it came.
    pub manifest_sha256: [u8; 32],
    /// What the site's server says, where it says something; unchecked.
    pub backend: Option<BackendSays>,
    /// The documents, as many and in the order of the manifest; none where digests stand in it.
    pub documents: Vec<UploadedDocument>,
    /// The PNG of a seal, where one was sent.
    pub seal: Option<Vec<u8>>,
    /// Passwords of encrypted documents, as many as documents.
    pub passwords: Vec<Option<Password>>,
    /// What it takes of the room for uploads.
    pub share: Arc<SpoolShare>,
    /// Where a form wants the results to be posted; unchecked.
    pub return_url: Option<String>,
}

/// Where a signing stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigningState {
    /// The person has not said yes on the daemon's page yet.
    AwaitingConfirmation,
    /// Waits for its turn.
    Queued,
    /// The PIN prompt is open.
    AwaitingPin,
    /// The token works.
    Signing,
    /// Signed files can be fetched.
    Done,
    /// Nothing was released; `error` says why.
    Failed,
    /// Cancelled by the site or the person.
    Cancelled,
}

impl SigningState {
    /// Nothing will change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// One document of a signing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SigningDocument {
    /// From 1.
    pub n: u32,
    /// As given, neutralised for display.
    pub name: String,
    /// Length of the input; absent where a digest came in its place.
    pub bytes: Option<u64>,
    /// Hexadecimal SHA-256 of the input; absent where another digest came in its place.
    pub sha256: Option<String>,
    /// The digest that came in place of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DocumentDigest>,
    /// Where the signed file is, once it is.
    pub signed: Option<String>,
    /// The level that its evidence reaches by now, once it is signed.
    pub level: Option<Level>,
    /// What keeps it from the level wanted: for each certificate, which revocation information is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Said>,
    /// What is still to come, or came, after the signature; absent where nothing was left to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<LaterView>,
}

/// The work that completes a signed document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LaterView {
    /// The level that was asked for.
    pub level: Level,
    /// Where it stands.
    pub state: WorkState,
    /// Why it waits or failed, or is done with less than was asked for.
    pub reason: Option<Said>,
    /// When it is tried next, RFC 3339.
    pub next_try: Option<String>,
}

/// `GET /v1/signings/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SigningView {
    /// Opaque.
    pub id: String,
    /// Where it stands.
    pub state: SigningState,
    /// Number to compare with the prompt; empty for a signing of which only the work after it is remembered.
    pub check: String,
    /// The page on which the person can look at every document; empty as above.
    pub confirm: String,
    /// Its documents; of a signing of which only the work after it is remembered those that it is about.
    pub documents: Vec<SigningDocument>,
    /// Until it is cancelled for want of a confirmation, or its files are removed; absent while it moves on by itself.
    pub seconds_left: Option<u64>,
    /// Why it failed.
    pub error: Option<Said>,
}

/// A signed file on the daemon's disk.
#[derive(Debug)]
pub struct SignedFile {
    /// A name to save it under, such as `契約書.signed.pdf`.
    pub name: String,
    /// What it is: `application/pdf`, or `application/pkcs7-signature` for a digest's signature.
    pub media_type: &'static str,
    /// Open at its beginning.
    pub file: File,
    /// Its length.
    pub bytes: u64,
}
