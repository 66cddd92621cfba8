//! What the desk API takes and shows: the manifest of a signing, and the views of tokens, certificates, signings and pages.
//!
//! Plain data. Shapes are checked when they are read (unknown fields are refused); whether a certificate, page or level exists is judged by the use case.

mod events;
mod level;

pub use events::Event;
pub use level::{Level, Revocation};

use super::failure::{Failure, FailureKind};
use super::filter::CertificateFilter;
pub use super::own_file::OwnFile;
use super::spool::SpoolShare;
use crate::der::Hasher;
use crate::secret::Password;
use crate::text::{Explain, Lang};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use utoipa::ToSchema;

/// Longest file name of a document, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 255;
/// Farthest point of a seal from the page's corner, in points (ISO 32000-1, Annex C: pages of 14,400 units).
pub const MAX_COORDINATE_POINTS: f64 = 14_400.0;
/// Longest PNG of a seal, in bytes.
pub const MAX_SEAL_BYTES: usize = 4 << 20;
/// Longest address that results are posted to, in bytes.
pub const MAX_RETURN_URL_BYTES: usize = 2_048;
/// Longest reason, place or seal text, in characters.
pub const MAX_TEXT_CHARS: usize = 200;

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

/// `GET /health`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `hankod`.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// Versions of this API that are answered.
    pub api: &'static [&'static str],
    /// For a nonce from an allowed site: one proof for each of the site's keys, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ProofView>,
}

/// A proof that this daemon holds a key which it handed out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProofView {
    /// The pairing that the key came from.
    pub pairing: String,
    /// Hexadecimal HMAC-SHA256 under the key over nonce, zero byte, origin, zero byte, port in decimal.
    pub hmac: String,
}

/// Where a site's wish to be known stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairingState {
    /// The person has not answered yet.
    Pending,
    /// Allowed; the key is in this answer and in no other.
    Allowed,
    /// Allowed, and the key has been fetched.
    Fetched,
    /// The person said no.
    Refused,
    /// Nobody answered in time.
    Expired,
}

/// `POST /v1/pairings`, `GET /v1/pairings/{id}`.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PairingView {
    /// Opaque.
    pub id: String,
    /// Six digits; the page and the prompt show the same.
    pub code: String,
    /// Where it stands.
    pub state: PairingState,
    /// The key for `Authorization: Bearer`, handed out once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How a token's PIN stands, as its flags tell (PKCS#11 `CKF_USER_PIN_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// No warning.
    Normal,
    /// At least one wrong try since the last right one.
    Low,
    /// One try is left.
    Final,
    /// Blocked.
    Locked,
}

/// What a card is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// A My Number card.
    Jpki,
    /// A PIV card (NIST SP 800-73).
    Piv,
    /// Another one.
    Unknown,
}

/// A card or HSM token, or a reader without one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Opaque; stays while the same card is in the same reader.
    pub id: String,
    /// The reader's or slot's name.
    pub reader: String,
    /// `false`: the reader is empty.
    pub present: bool,
    /// What the card is; absent where it is none.
    pub card: Option<CardKind>,
    /// The token's label.
    pub label: String,
    /// The manufacturer's words.
    pub manufacturer: String,
    /// The serial number as the token tells it (not unique: every My Number card says zeros).
    pub serial: String,
    /// How the PIN stands.
    pub pin: PinState,
    /// Exact number of tries, where the card tells it.
    pub tries_left: Option<u32>,
    /// The PIN is typed on the reader, not on the computer.
    pub pinpad: bool,
    /// Why the token cannot be used now.
    pub problem: Option<Said>,
}

/// Which certificates are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateUsage {
    /// Those that can sign now.
    #[default]
    Signing,
    /// All, the others with the reason.
    All,
}

/// A certificate on a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// What the manifest's `certificate` takes.
    pub select: CertificateSelector,
    /// The token that holds its key.
    pub token: String,
    /// The token's label.
    pub token_label: String,
    /// The holder's name (CN), or empty where the card shows it only after the PIN.
    pub name: String,
    /// The holder's organisation (O).
    pub organization: Option<String>,
    /// The issuer's name.
    pub issuer: String,
    /// Hexadecimal serial number.
    pub serial: String,
    /// RFC 3339.
    pub not_before: Option<String>,
    /// RFC 3339.
    pub not_after: Option<String>,
    /// Key type and size, such as `RSA 2048` or `P-256`.
    pub key: String,
    /// Whether it can sign now.
    pub usable: bool,
    /// Why it cannot; empty when `usable`.
    pub reasons: Vec<Said>,
}

/// Which certificate signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CertificateSelector {
    /// Hexadecimal SHA-256 of the certificate.
    Sha256(String),
    /// The one signing certificate of this token, for cards that show it only after the PIN.
    Token(String),
}

/// When the work begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At once; the PIN prompt is the act of consent.
    #[default]
    AtOnce,
    /// When the person says so on the daemon's own page.
    AfterConfirmation,
}

/// What later changes a certification leaves allowed (DocMDP, ISO 32000-2, 12.8.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Certify {
    /// P 1
    NoChanges,
    /// P 2
    Form,
    /// P 3
    Annotations,
}

/// Padding and hash family of an RSA signature; other keys have one choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// What the key and its token do best.
    #[default]
    Auto,
    /// PKCS#1 v1.5.
    RsaPkcs1,
    /// PSS with SHA-256.
    RsaPss,
}

/// What is drawn as the seal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Seal {
    /// A name seal made from this text.
    Name(String),
    /// The PNG in the request's `seal` part.
    Image {},
}

/// A visible signature.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appearance {
    /// What is drawn.
    pub seal: Seal,
    /// Page, from 1.
    pub page: u32,
    /// Left, bottom, width, height in points from the page's lower left corner as it is shown.
    pub rect: [f64; 4],
    /// Draw the date beside the seal.
    #[serde(default)]
    pub date: bool,
}

/// One document in the manifest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentRequest {
    /// The file's name, for people; never used as a path.
    pub name: String,
    /// An existing empty signature field; without it a new one is made.
    #[serde(default)]
    pub field: Option<String>,
    /// A visible seal; without it the signature is invisible.
    #[serde(default)]
    pub appearance: Option<Appearance>,
}

/// How to sign: the part of the manifest that the person may choose on the page.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningChoice {
    /// Which certificate; may be left open until the confirmation.
    #[serde(default)]
    pub certificate: Option<CertificateSelector>,
    /// Which certificates may sign at all; what the person chooses stays within it.
    #[serde(default, skip_serializing_if = "CertificateFilter::is_empty")]
    pub filter: CertificateFilter,
    /// Level.
    #[serde(default)]
    pub level: Level,
    /// Padding.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Certifies the document; without it an approval signature.
    #[serde(default)]
    pub certify: Option<Certify>,
    /// `/Reason`
    #[serde(default)]
    pub reason: Option<String>,
    /// `/Location`
    #[serde(default)]
    pub location: Option<String>,
    /// Where no timestamping authority answers: the signature goes out without its timestamp, and gets it as soon as one does. Without this
    /// the signing fails. Not for encrypted documents.
    #[serde(default)]
    pub augment_later: bool,
}

/// The manifest: the first part of `POST /v1/signings`, JSON.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningRequest {
    /// How to sign.
    #[serde(default)]
    pub sign: SigningChoice,
    /// The documents, in the order of the `document` parts.
    pub documents: Vec<DocumentRequest>,
    /// When to begin.
    #[serde(default)]
    pub start: Start,
}

/// `POST /v1/signings/{id}/confirmation`: what the person chose on the daemon's page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// How to sign; the certificate stands in it.
    pub sign: SigningChoice,
    /// Seals by document, in order; `null` is invisible. As many as there are documents.
    pub appearances: Vec<Option<Appearance>>,
    /// The check number that stood above the documents.
    pub check: String,
}

impl SigningRequest {
    /// Holds the shapes against their limits; whether pages, fields and certificates exist is judged later.
    ///
    /// # Errors
    /// `manifest_without_documents`, `manifest_too_many_documents`, `manifest_bad_name`, and those of [`Confirmation::check`].
    pub fn check(&self, max_documents: u64) -> Result<(), Failure> {
        if self.documents.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "manifest_without_documents"));
        }
        if self.documents.len() as u64 > max_documents {
            return Err(Failure::new(FailureKind::TooLarge, "manifest_too_many_documents")
                .with("max", max_documents.to_string()));
        }
        for document in &self.documents {
            if document.name.trim().is_empty() || document.name.len() > MAX_NAME_BYTES {
                return Err(
                    Failure::new(FailureKind::Invalid, "manifest_bad_name").with("max", MAX_NAME_BYTES.to_string())
                );
            }
            short(document.field.as_deref())?;
            check_appearance(document.appearance.as_ref())?;
        }
        self.sign.check()
    }
}

impl Confirmation {
    /// Holds the shapes against their limits.
    ///
    /// # Errors
    /// `manifest_text_too_long`, `manifest_bad_rectangle`, `manifest_bad_certificate`.
    pub fn check(&self) -> Result<(), Failure> {
        self.appearances.iter().try_for_each(|a| check_appearance(a.as_ref()))?;
        short(Some(&self.check))?;
        self.sign.check()
    }
}

impl SigningChoice {
    fn check(&self) -> Result<(), Failure> {
        short(self.reason.as_deref())?;
        short(self.location.as_deref())?;
        self.filter.check()?;
        let sane = match &self.certificate {
            None => true,
            Some(CertificateSelector::Sha256(hex)) => hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            Some(CertificateSelector::Token(id)) => !id.is_empty() && id.chars().count() <= MAX_TEXT_CHARS,
        };
        sane.then_some(())
            .ok_or(Failure::new(FailureKind::Invalid, "manifest_bad_certificate"))
    }
}

fn short(text: Option<&str>) -> Result<(), Failure> {
    match text {
        Some(text) if text.chars().count() > MAX_TEXT_CHARS => {
            Err(Failure::new(FailureKind::Invalid, "manifest_text_too_long").with("max", MAX_TEXT_CHARS.to_string()))
        }
        _ => Ok(()),
    }
}

fn check_appearance(appearance: Option<&Appearance>) -> Result<(), Failure> {
    let Some(appearance) = appearance else { return Ok(()) };
    if let Seal::Name(text) = &appearance.seal {
        short(Some(text))?;
    }
    let [x, y, width, height] = appearance.rect;
    let on_a_page = |v: f64| v.is_finite() && v.abs() <= MAX_COORDINATE_POINTS;
    let sane = appearance.page > 0 && appearance.rect.iter().all(|v| on_a_page(*v)) && x >= 0.0 && y >= 0.0;
    if sane && width > 0.0 && height > 0.0 {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Invalid, "manifest_bad_rectangle"))
    }
}

/// A document that lies on the daemon's disk, as it came.
#[derive(Debug)]
pub struct UploadedDocument {
    /// The file; removed when this is dropped.
    pub path: OwnFile,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, ready to go on with what is appended.
    pub running: Hasher,
}

/// Everything that `POST /v1/signings` brought.
#[derive(Debug)]
pub struct SigningUpload {
    /// The manifest.
    pub request: SigningRequest,
    /// The documents, as many and in the order of the manifest.
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
    /// Length of the input.
    pub bytes: u64,
    /// Hexadecimal SHA-256 of the input.
    pub sha256: String,
    /// Where the signed file is, once it is.
    pub signed: Option<String>,
    /// The level that its evidence reaches, once it is signed.
    pub level: Option<Level>,
    /// What keeps it from the level wanted: for each certificate, which revocation information is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Said>,
}

/// `GET /v1/signings/{id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SigningView {
    /// Opaque.
    pub id: String,
    /// Where it stands.
    pub state: SigningState,
    /// Number to compare with the prompt.
    pub check: String,
    /// The page on which the person can look at every document.
    pub confirm: String,
    /// Its documents.
    pub documents: Vec<SigningDocument>,
    /// Why it failed.
    pub error: Option<Said>,
}

/// One document as the person sees it before signing.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct PreviewDocument {
    /// From 1.
    pub n: u32,
    /// Neutralised for display.
    pub name: String,
    /// Length.
    pub bytes: u64,
    /// Hexadecimal SHA-256.
    pub sha256: String,
    /// Number of pages; absent where the file could not be read.
    pub pages: Option<u32>,
    /// Signatures that it already carries.
    pub signatures: u32,
    /// The empty field that is asked to be signed.
    pub field: Option<String>,
    /// The seal asked for.
    pub appearance: Option<Appearance>,
    /// Address of the PNG that the seal shows, where one was sent.
    pub seal: Option<String>,
    /// What the person must know: cannot be signed, encrypted, certified.
    pub warnings: Vec<Said>,
}

/// `GET /v1/signings/{id}/preview`: what will be signed.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Preview {
    /// Opaque.
    pub id: String,
    /// Where it stands.
    pub state: SigningState,
    /// The site that asks; absent for the daemon's own page.
    pub origin: Option<String>,
    /// The same number stands in the prompt.
    pub check: String,
    /// The site asked by a form of the browser: no card is looked at before the person goes on.
    pub by_form: bool,
    /// Where the results are posted to, for a form that named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// What was asked for; the certificate may be open.
    pub sign: SigningChoice,
    /// Every document.
    pub documents: Vec<PreviewDocument>,
}

/// A page as picture and as text.
#[derive(Clone, PartialEq, Debug)]
pub struct PagePicture {
    /// PNG.
    pub png: Vec<u8>,
    /// Width and height of the page as shown, in points.
    pub size: [f64; 2],
    /// The text in reading order as the file gives it.
    pub text: String,
    /// Substituted fonts, parts that could not be drawn.
    pub warnings: Vec<Said>,
}

/// `GET /v1/signings/{id}/documents/{n}/pages/{page}`.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct PageView {
    /// Width and height of the page as shown, in points.
    pub size: [f64; 2],
    /// The text.
    pub text: String,
    /// Substituted fonts, parts that could not be drawn.
    pub warnings: Vec<Said>,
    /// Address of the PNG.
    pub picture: String,
}

/// A signed file on the daemon's disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedFile {
    /// A name to save it under, such as `契約書.signed.pdf`.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}
