//! Uploads streamed to disk: `multipart/form-data` (RFC 7578) with the manifest first, then a seal and passwords if there are any, then the documents
//! in the manifest's order; or a body that is one document.
//!
//! Nothing is kept in memory but the manifest, the seal and a few chunks; what was written is removed unless the whole upload was good.

mod pace;
mod spool;

use super::error::{HttpError, Refusal};
use super::limits::Limits;
use crate::app::desk::{MAX_RETURN_URL_BYTES, MAX_SEAL_BYTES, SigningRequest, SigningUpload, UploadedDocument};
use crate::app::failure::{Failure, FailureKind};
use crate::app::spool::SpoolRoom;
use crate::secret::{MAX_SECRET_BYTES, Password};
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use multer::{Field, Multipart};
use pace::{Gauge, paced};
use spool::Spool;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Longest manifest, in bytes: a thousand names of 255 bytes, each character escaped, and room for what goes with them.
const MAX_MANIFEST_BYTES: u64 = 1024 * 1024;

/// The parts of `POST /v1/signings`, in this order.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form in the OpenAPI document and is never made"
)]
pub(super) struct SigningForm {
    /// `application/json`; always the first part.
    manifest: SigningRequest,
    /// `image/png` or `image/svg+xml`; only where the manifest names an image seal.
    #[schema(format = Binary, content_media_type = "image/png")]
    seal: Option<Vec<u8>>,
    /// `text/plain`, UTF-8; named `password-1` for the first document and so on, only for documents that are encrypted. Before the documents.
    #[schema(rename = "password-1")]
    password: Option<String>,
    /// `application/pdf`; one part for each document of the manifest, in its order. None where the manifest holds digests.
    #[schema(format = Binary, content_media_type = "application/pdf")]
    document: Vec<Vec<u8>>,
}

/// The parts of `POST /confirm`, in this order.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form in the OpenAPI document and is never made"
)]
pub(super) struct NavigationForm {
    /// `application/json`, or a plain field; always the first part.
    manifest: SigningRequest,
    /// Where the browser posts the results: an address of the origin that sends the form. Without it they are saved by the person.
    return_url: Option<String>,
    /// `image/png` or `image/svg+xml`; only where the manifest names an image seal.
    #[schema(format = Binary, content_media_type = "image/png")]
    seal: Option<Vec<u8>>,
    /// `application/pdf`; one part for each document of the manifest, in its order.
    #[schema(format = Binary, content_media_type = "application/pdf")]
    document: Vec<Vec<u8>>,
}

/// Who made the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sender {
    /// A script or a program, which can type each part.
    Script,
    /// A browser that navigates: plain fields have no type, and `return_url` may be among them.
    Browser,
}

/// Reads the whole upload; the documents land in `folder`.
///
/// # Errors
/// `bad_upload`, `bad_json`, `body_too_large`, `uploads_full`, `upload_stalled`, `password_too_long`, `disk_full`, `output_unwritable`; and what the manifest's own check says.
pub(super) async fn receive(
    request: Request,
    sender: Sender,
    folder: &Path,
    limits: &Limits,
    room: &SpoolRoom,
) -> Result<SigningUpload, HttpError> {
    let boundary = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
        .ok_or(Refusal::WrongContentType)?;
    let announced = request.body().size_hint().lower();
    let share = Arc::new(room.take(announced).ok_or(Refusal::UploadsFull)?);
    let gauge = Gauge::new(limits.max_upload_bytes, share.clone());
    let body = gauge.watch(paced(request.into_body(), limits.idle_deadline_ms));
    let mut parts = Multipart::new(body.into_data_stream(), boundary);

    let manifest = next(&mut parts, &gauge)
        .await?
        .ok_or_else(|| bad("the manifest is missing"))?;
    let plain = sender == Sender::Browser && manifest.content_type().is_none();
    if manifest.name() != Some("manifest") || !(plain || typed(&manifest, &["application/json"])) {
        return Err(bad("the first part must be `manifest`, application/json").into());
    }
    let json = in_memory(manifest, MAX_MANIFEST_BYTES).await?;
    let request: SigningRequest = serde_json::from_slice(&json).map_err(|error| Refusal::BadJson {
        reason: error.to_string(),
    })?;
    request.check(limits.max_documents)?;

    // Digests stand in the manifest, and nothing follows it.
    let wanted = if request.is_of_digests() {
        0
    } else {
        request.documents.len()
    };
    let mut seal = None;
    let mut passwords: Vec<Option<Password>> = (0..wanted).map(|_| None).collect();
    let mut return_url = None;
    let mut documents: Vec<UploadedDocument> = Vec::with_capacity(wanted);
    while let Some(part) = next(&mut parts, &gauge).await? {
        match part.name() {
            Some("return_url")
                if sender == Sender::Browser && return_url.is_none() && seal.is_none() && documents.is_empty() =>
            {
                let bytes = in_memory(part, MAX_RETURN_URL_BYTES as u64).await?;
                let text = String::from_utf8(bytes).map_err(|_| bad("`return_url` is not text"))?;
                return_url = Some(text);
            }
            Some("seal")
                if wanted > 0
                    && seal.is_none()
                    && documents.is_empty()
                    && typed(&part, &["image/png", "image/svg+xml"]) =>
            {
                seal = Some(in_memory(part, MAX_SEAL_BYTES as u64).await?);
            }
            Some("document") if documents.len() < wanted => {
                if !typed(&part, &["application/pdf", "application/octet-stream"]) {
                    return Err(bad("a `document` part must be application/pdf").into());
                }
                documents.push(on_disk(part, folder, limits.max_document_bytes).await?);
            }
            Some(name) if documents.is_empty() && name.starts_with("password-") => {
                let place = place_of_password(name, &mut passwords)?;
                *place = Some(password(part).await?);
            }
            Some("document") => return Err(bad("more `document` parts than the manifest names").into()),
            _ => {
                let known = "`seal` (image/png, image/svg+xml) or `password-N` (text/plain), both before the documents, or `document`";
                return Err(bad(&format!("a part that is not {known}")).into());
            }
        }
    }
    if documents.len() != wanted {
        return Err(bad("fewer `document` parts than the manifest names").into());
    }
    Ok(SigningUpload {
        request,
        documents,
        seal,
        passwords,
        share,
        return_url,
    })
}

/// Reads a body that is one document; it lands in `folder`.
///
/// # Errors
/// `body_too_large`, `upload_stalled`, `disk_full`, `output_unwritable`.
pub(super) async fn receive_one(
    request: Request,
    folder: &Path,
    limits: &Limits,
) -> Result<UploadedDocument, HttpError> {
    let mut body = paced(request.into_body(), limits.idle_deadline_ms);
    let mut spool = Spool::new(folder);
    let received = feed(&mut body, &mut spool, limits.max_document_bytes).await;
    // Also what is refused is off the disk before the caller hears of it.
    let written = spool.finish().await;
    received?;
    Ok(written?)
}

async fn feed(body: &mut Body, spool: &mut Spool<'_>, max_bytes: u64) -> Result<(), Refusal> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| refusal(&error).unwrap_or(Refusal::Stalled))?;
        let Ok(chunk) = frame.into_data() else { continue };
        bytes += chunk.len() as u64;
        if bytes > max_bytes {
            return Err(Refusal::TooLarge { max_bytes });
        }
        if !spool.put(chunk).await {
            break;
        }
    }
    Ok(())
}

/// Where the password of `password-N` goes; each document has one at most.
fn place_of_password<'a>(
    name: &str,
    passwords: &'a mut [Option<Password>],
) -> Result<&'a mut Option<Password>, Refusal> {
    let number = name.strip_prefix("password-").filter(|n| !n.starts_with(['0', '+']));
    let index = number.and_then(|n| n.parse::<usize>().ok()?.checked_sub(1));
    let place = index
        .and_then(|index| passwords.get_mut(index))
        .filter(|place| place.is_none());
    place.ok_or_else(|| bad("a `password-N` part without a document N, or two for one"))
}

/// A short secret: read into a buffer that never grows and is wiped, and never repeated in an error.
async fn password(mut part: Field<'_>) -> Result<Password, HttpError> {
    if !typed(&part, &["text/plain"]) {
        return Err(bad("a `password-N` part must be text/plain").into());
    }
    let too_long = || Failure::new(FailureKind::Invalid, "password_too_long");
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_BYTES));
    while let Some(chunk) = part.chunk().await.map_err(|error| why(&error))? {
        if bytes.len() + chunk.len() > MAX_SECRET_BYTES {
            return Err(too_long().into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Password::new(std::mem::take(&mut *bytes)).ok_or_else(too_long)?)
}

async fn next<'r>(parts: &mut Multipart<'r>, gauge: &Gauge) -> Result<Option<Field<'r>>, Refusal> {
    gauge.between_parts(true);
    let part = parts.next_field().await.map_err(|error| why(&error));
    gauge.between_parts(false);
    part
}

async fn in_memory(mut part: Field<'_>, max_bytes: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| why(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > max_bytes {
            return Err(Refusal::TooLarge { max_bytes });
        }
    }
    Ok(bytes)
}

async fn on_disk(mut part: Field<'_>, folder: &Path, max_bytes: u64) -> Result<UploadedDocument, HttpError> {
    let mut spool = Spool::new(folder);
    let mut bytes = 0;
    while let Some(chunk) = part.chunk().await.map_err(|error| why(&error))? {
        bytes += chunk.len() as u64;
        if bytes > max_bytes {
            return Err(Refusal::TooLarge { max_bytes }.into());
        }
        if !spool.put(chunk).await {
            break;
        }
    }
    Ok(spool.finish().await?)
}

fn typed(part: &Field<'_>, kinds: &[&str]) -> bool {
    part.content_type()
        .is_some_and(|kind| kinds.contains(&kind.essence_str()))
}

fn bad(reason: &str) -> Refusal {
    Refusal::BadUpload {
        reason: reason.to_owned(),
    }
}

fn why(error: &multer::Error) -> Refusal {
    refusal(error).unwrap_or_else(|| bad(&error.to_string()))
}

/// Our own refusal behind an error of the body's readers, where [`paced`] gave one.
fn refusal(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            return Some(refusal.clone());
        }
        cause = match inner.downcast_ref::<multer::Error>() {
            Some(multer::Error::StreamReadFailed(below)) => Some(&**below),
            _ => inner.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests;
