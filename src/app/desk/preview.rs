//! What the person sees before signing: every document, its pages, the terms. Plain data.

use super::{Appearance, DocumentDigest, Said, SigningChoice, SigningState};
use serde::Serialize;
use utoipa::ToSchema;

/// One document as the person sees it before signing.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct PreviewDocument {
    /// From 1.
    pub n: u32,
    /// Neutralised for display.
    pub name: String,
    /// Length; absent where a digest came in its place.
    pub bytes: Option<u64>,
    /// Hexadecimal SHA-256; absent where another digest came in its place.
    pub sha256: Option<String>,
    /// The digest that came in place of the document, which cannot be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DocumentDigest>,
    /// Number of pages; absent where the file could not be read.
    pub pages: Option<u32>,
    /// Signatures that it already carries.
    pub signatures: u32,
    /// The empty field that is asked to be signed.
    pub field: Option<String>,
    /// The seal asked for.
    pub appearance: Option<Appearance>,
    /// Fields that are filled in with the signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<PreviewField>,
    /// Address of the PNG that the seal shows, where one was sent.
    pub seal: Option<String>,
    /// What the person must know: cannot be signed, encrypted, certified.
    pub warnings: Vec<Said>,
}

/// A field that is filled in with the signature; all texts are neutralised for display.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PreviewField {
    /// Its full name.
    pub field: String,
    /// What the document calls it for people; its full name where it has no other.
    pub label: String,
    /// What goes into it; `on` ticks a box.
    pub text: String,
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
    /// Until it is cancelled for want of a confirmation; the page can ask for as much again.
    pub seconds_left: Option<u64>,
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
