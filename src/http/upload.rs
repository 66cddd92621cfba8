//! Uploads streamed to disk: `multipart/form-data` (RFC 7578) with the manifest first, then a seal and passwords if there are any, then the documents
//! in the manifest's order; or a body that is one document.
//!
//! Nothing is kept in memory but the manifest, the seal and a few chunks; what was written is removed unless the whole upload was good.

mod closed;
mod pace;
mod spool;

use super::error::{HttpError, Refusal};
use super::limits::Limits;
use crate::access::FormKeys;
use crate::app::desk::{
    BackendSays, MAX_RETURN_URL_BYTES, MAX_SEAL_BYTES, SigningRequest, SigningUpload, UploadedDocument,
};
use crate::app::failure::{Failure, FailureKind};
use crate::app::spool::{SpoolRoom, SpoolShare};
use crate::secret::{MAX_SECRET_BYTES, Password};
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use multer::{Field, Multipart};
use pace::{Gauge, paced};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
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
    /// `application/json`; for sites whose own server must sign each request.
    backend: Option<BackendSays>,
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

/// The parts of `POST /confirm`, in this order: all of them in one part `closed`, which only the daemon can open that gave the site its key, or as they are.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form in the OpenAPI document and is never made"
)]
pub(super) struct NavigationForm {
    /// The whole form, `multipart/form-data`, encrypted as docs/browsers.md says. Then no other part stands beside it.
    #[schema(format = Binary)]
    closed: Option<Vec<u8>>,
    /// `application/json`, or a plain field; always the first part.
    manifest: SigningRequest,
    /// Where the browser posts the results: an address of the origin that sends the form. Without it they are saved by the person.
    return_url: Option<String>,
    /// `application/json`; for sites whose own server must sign each request.
    backend: Option<BackendSays>,
    /// `image/png` or `image/svg+xml`; only where the manifest names an image seal.
    #[schema(format = Binary, content_media_type = "image/png")]
    seal: Option<Vec<u8>>,
    /// `application/pdf`; one part for each document of the manifest, in its order.
    #[schema(format = Binary, content_media_type = "application/pdf")]
    document: Vec<Vec<u8>>,
}

/// Longest `backend`, in bytes.
const MAX_BACKEND_BYTES: u64 = 1024;

/// Who made the form.
#[derive(Debug)]
pub(super) enum Sender {
    /// A script or a program, which can type each part.
    Script,
    /// A browser that navigates: plain fields have no type, and `return_url` may be among them. With the keys that may have closed it.
    Browser(FormKeys),
}

/// What a form is read with.
struct Reader<'a> {
    by_browser: bool,
    folder: &'a Path,
    limits: &'a Limits,
    gauge: &'a Gauge,
    share: &'a Arc<SpoolShare>,
}

/// Reads the whole upload; the documents land in `folder`.
///
/// # Errors
/// `form_not_for_us`, `bad_upload`, `bad_json`, `body_too_large`, `uploads_full`, `upload_stalled`, `password_too_long`, `disk_full`, `output_unwritable`; and what the manifest's own check says.
pub(super) async fn receive(
    request: Request,
    sender: &Sender,
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
    let reader = Reader {
        by_browser: matches!(sender, Sender::Browser(_)),
        folder,
        limits,
        gauge: &gauge,
        share: &share,
    };
    let first = next(&mut parts, &gauge).await?;
    match (sender, first) {
        (Sender::Browser(keys), Some(part)) if part.name() == Some("closed") => {
            let (opening, opened) = closed::opening(part, keys);
            let read = async {
                let mut inner = opened.parts().await?;
                let manifest = next(&mut inner, &gauge).await?;
                reader.read(manifest, &mut inner).await
            };
            let (opening, read) = tokio::join!(opening, read);
            // What could not be opened explains what could not be read.
            opening?;
            let upload = read?;
            match next(&mut parts, &gauge).await? {
                None => Ok(upload),
                Some(_) => Err(bad("a part beside `closed`").into()),
            }
        }
        (_, first) => reader.read(first, &mut parts).await,
    }
}

impl Reader<'_> {
    /// The form from its first part on.
    async fn read<'r>(
        &self,
        manifest: Option<Field<'r>>,
        parts: &mut Multipart<'r>,
    ) -> Result<SigningUpload, HttpError> {
        let manifest = manifest.ok_or_else(|| bad("the manifest is missing"))?;
        let plain = self.by_browser && manifest.content_type().is_none();
        if manifest.name() != Some("manifest") || !(plain || typed(&manifest, &["application/json"])) {
            return Err(bad("the first part must be `manifest`, application/json").into());
        }
        let json = in_memory(manifest, MAX_MANIFEST_BYTES).await?;
        let request: SigningRequest = from_json(&json)?;
        request.check(self.limits.max_documents)?;
        // Digests stand in the manifest, and no document follows it.
        let wanted = match request.is_of_digests() {
            true => 0,
            false => request.documents.len(),
        };
        let mut upload = SigningUpload {
            request,
            manifest_sha256: Sha256::digest(&json).into(),
            backend: None,
            documents: Vec::with_capacity(wanted),
            seal: None,
            passwords: (0..wanted).map(|_| None).collect(),
            share: self.share.clone(),
            return_url: None,
        };
        while let Some(part) = next(parts, self.gauge).await? {
            self.take(part, wanted, &mut upload).await?;
        }
        match upload.documents.len() == wanted {
            true => Ok(upload),
            false => Err(bad("fewer `document` parts than the manifest names").into()),
        }
    }

    /// One part after the manifest. What is not a document stands before the documents, once.
    async fn take(&self, part: Field<'_>, wanted: usize, upload: &mut SigningUpload) -> Result<(), HttpError> {
        let early = upload.documents.is_empty();
        match part.name() {
            Some("return_url") if early && self.by_browser && upload.return_url.is_none() && upload.seal.is_none() => {
                let bytes = in_memory(part, MAX_RETURN_URL_BYTES as u64).await?;
                let text = String::from_utf8(bytes).map_err(|_| bad("`return_url` is not text"))?;
                upload.return_url = Some(text);
            }
            Some("backend") if early && upload.backend.is_none() && typed(&part, &["application/json"]) => {
                upload.backend = Some(from_json(&in_memory(part, MAX_BACKEND_BYTES).await?)?);
            }
            Some("seal")
                if early && wanted > 0 && upload.seal.is_none() && typed(&part, &["image/png", "image/svg+xml"]) =>
            {
                upload.seal = Some(in_memory(part, MAX_SEAL_BYTES as u64).await?);
            }
            Some("document") if upload.documents.len() < wanted => {
                if !typed(&part, &["application/pdf", "application/octet-stream"]) {
                    return Err(bad("a `document` part must be application/pdf").into());
                }
                let document = on_disk(part, self.folder, self.limits.max_document_bytes).await?;
                upload.documents.push(document);
            }
            Some(name) if early && name.starts_with("password-") => {
                let place = place_of_password(name, &mut upload.passwords)?;
                *place = Some(password(part).await?);
            }
            Some("document") => return Err(bad("more `document` parts than the manifest names").into()),
            _ => {
                let known = "`backend` (application/json), `seal` (image/png, image/svg+xml) or `password-N` (text/plain), all before the documents, or `document`";
                return Err(bad(&format!("a part that is not {known}")).into());
            }
        }
        Ok(())
    }
}

fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(|error| Refusal::BadJson {
        reason: error.to_string(),
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
