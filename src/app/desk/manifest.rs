//! The manifest of a signing: what is signed, how, and what is drawn. Shapes are held against their limits here.
//!
//! Whether a certificate, page or level exists is judged by the use case.

use super::{Level, Revocation};
use crate::app::failure::{Failure, FailureKind};
use crate::app::filter::CertificateFilter;
use crate::contract::field::MAX_VALUE_CHARS;
use crate::der::DigestAlgorithm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Longest file name of a document, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 255;
/// Farthest point of a seal from the page's corner, in points (ISO 32000-1, Annex C: pages of 14,400 units).
pub const MAX_COORDINATE_POINTS: f64 = 14_400.0;
/// Longest reason, place or seal text, in characters.
pub const MAX_TEXT_CHARS: usize = 200;
/// Most fields of one document that are filled in.
const MAX_FIELDS: usize = 1_000;

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
    /// A name seal made from this text: round up to four characters, square beyond.
    Name(String),
    /// A round name seal (丸印), 1 to 6 characters.
    Round(String),
    /// A square name seal (角印), 1 to 25 characters.
    Square(String),
    /// The PNG or SVG in the request's `seal` part.
    Image {},
    /// A seal that the person keeps, by its id; on the daemon's own page only.
    Kept(String),
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
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
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
    /// Fields of the document that are filled in the revision that signs: full name and text, `on` for a box.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Its digest, in place of a `document` part. Only for callers that were allowed to (`hankod site allow --digests`): nobody can look at such a
    /// document before it is signed. Then all documents of the request come so, with one algorithm, without field and appearance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DocumentDigest>,
}

/// The digest of a document that stays with whoever asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentDigest {
    /// How it was made.
    pub algorithm: DigestName,
    /// Hexadecimal.
    pub value: String,
    /// What the signature is for.
    #[serde(default)]
    pub format: DetachedFormat,
}

/// Digests that are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub enum DigestName {
    /// 64 hexadecimal digits.
    #[serde(rename = "sha-256")]
    Sha256,
    /// 96 hexadecimal digits.
    #[serde(rename = "sha-384")]
    Sha384,
    /// 128 hexadecimal digits; the one for Ed25519 keys.
    #[serde(rename = "sha-512")]
    Sha512,
}

/// What a detached signature is for. Both are CMS SignedData (RFC 5652) with the signer's certificates, without the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetachedFormat {
    /// A file beside the document, or an ASiC container: CAdES B-B (ETSI EN 319 122-1), with the time that this computer claims.
    #[default]
    Cades,
    /// The `/Contents` of a PDF that whoever asks has prepared: without a claimed time, as PAdES demands (ETSI EN 319 142-1). The digest is that of the ByteRange.
    Pades,
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
    /// the signing fails. Where data of a long-term level cannot be had, that follows in the same way. Not for encrypted
    /// documents: `later_encrypted`.
    #[serde(default)]
    pub augment_later: bool,
    /// Leaves room for a timestamp that whoever asks puts into a B-B signature; other levels have it anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timestamp_room: bool,
    /// How fresh the data of a long-term level must be about the signer; without it as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
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
            check_fields(&document.fields)?;
            check_appearance(document.appearance.as_ref())?;
            // Whoever asks from outside does not know what the person keeps.
            if matches!(
                document.appearance,
                Some(Appearance {
                    seal: Seal::Kept(_),
                    ..
                })
            ) {
                return Err(Failure::new(FailureKind::NotFound, "seal_not_found"));
            }
        }
        self.sign.check()?;
        self.check_digests()
    }

    /// The documents stay with whoever asks, and digests came in their place.
    pub fn is_of_digests(&self) -> bool {
        self.documents.iter().any(|document| document.digest.is_some())
    }

    fn check_digests(&self) -> Result<(), Failure> {
        if !self.is_of_digests() {
            return Ok(());
        }
        let algorithm = |document: &DocumentRequest| Some(document.digest.as_ref()?.algorithm);
        let first = self.documents.first().and_then(algorithm);
        if first.is_none() || self.documents.iter().any(|document| algorithm(document) != first) {
            return Err(Failure::new(FailureKind::Invalid, "manifest_digests_mixed"));
        }
        for document in &self.documents {
            if document.digest.as_ref().and_then(DocumentDigest::bytes).is_none() {
                return Err(Failure::new(FailureKind::Invalid, "manifest_bad_digest"));
            }
            if document.field.is_some() || document.appearance.is_some() || !document.fields.is_empty() {
                return Err(Failure::new(FailureKind::Invalid, "manifest_digest_terms"));
            }
        }
        self.sign.check_for_digests()
    }
}

impl DocumentDigest {
    /// Its bytes, if they are as many as the algorithm makes.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = hex::decode(&self.value).ok()?;
        (bytes.len() == self.algorithm.algorithm().bytes()).then_some(bytes)
    }
}

impl DigestName {
    /// The algorithm.
    pub(crate) const fn algorithm(self) -> DigestAlgorithm {
        match self {
            Self::Sha256 => DigestAlgorithm::Sha256,
            Self::Sha384 => DigestAlgorithm::Sha384,
            Self::Sha512 => DigestAlgorithm::Sha512,
        }
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

    /// What can only be done to a document must not be chosen for a digest.
    ///
    /// # Errors
    /// `manifest_digest_terms`.
    pub(crate) fn check_for_digests(&self) -> Result<(), Failure> {
        match self.appearances.iter().all(Option::is_none) {
            true => self.sign.check_for_digests(),
            false => Err(Failure::new(FailureKind::Invalid, "manifest_digest_terms")),
        }
    }
}

impl SigningChoice {
    /// What can only be done to a document must not be asked for a digest.
    ///
    /// # Errors
    /// `manifest_digest_terms`.
    pub(crate) fn check_for_digests(&self) -> Result<(), Failure> {
        let bare = self.level == Level::BB && self.certify.is_none() && !self.augment_later;
        match bare && self.reason.is_none() && self.location.is_none() {
            true => Ok(()),
            false => Err(Failure::new(FailureKind::Invalid, "manifest_digest_terms")),
        }
    }

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

fn check_fields(fields: &BTreeMap<String, String>) -> Result<(), Failure> {
    let sane = |(name, text): (&String, &String)| {
        (1..=MAX_TEXT_CHARS).contains(&name.chars().count()) && text.chars().count() <= MAX_VALUE_CHARS
    };
    match fields.len() <= MAX_FIELDS && fields.iter().all(sane) {
        true => Ok(()),
        false => Err(Failure::new(FailureKind::Invalid, "manifest_bad_fields")
            .with("max", MAX_FIELDS.to_string())
            .with("chars", MAX_VALUE_CHARS.to_string())),
    }
}

fn check_appearance(appearance: Option<&Appearance>) -> Result<(), Failure> {
    let Some(appearance) = appearance else { return Ok(()) };
    if let Seal::Name(text) | Seal::Round(text) | Seal::Square(text) | Seal::Kept(text) = &appearance.seal {
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
