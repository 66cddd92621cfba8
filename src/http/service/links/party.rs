//! What the page of a party signer (当事者型) asks: what is to be signed, files for other software, the signed files back, all open requests (署名待ち).

use super::super::Service;
use super::{By, Said};
use crate::app::contracts::{Agreement, PartyManifest, PendingView, SigningView};
use crate::app::failure::{Failure, FailureKind};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use crate::http::upload;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// In which the session stands beside a file.
const SESSION: &str = "signer-session";

/// Who is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::service) struct Known {
    /// What the right code opened.
    session: String,
}

/// A party signer agrees: what the person's own hankod is to sign.
#[utoipa::path(post, path = "/s/{link}/party", request_body = Agreement, params(("link" = String, Path)), responses(
    (status = 200, body = PartyManifest), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(in crate::http::service) async fn manifest(
    State(service): State<Service>,
    Said(visitor, agreement): Said<Agreement>,
) -> Result<Json<PartyManifest>, HttpError> {
    Ok(Json(service.app.party_manifest(&visitor, agreement).await?))
}

/// The same for other software: the values stand in the files already.
#[utoipa::path(post, path = "/s/{link}/party/files", request_body = Agreement, params(("link" = String, Path)), responses(
    (status = 200, body = PartyManifest), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(in crate::http::service) async fn files(
    State(service): State<Service>,
    Said(visitor, agreement): Said<Agreement>,
) -> Result<Json<PartyManifest>, HttpError> {
    Ok(Json(service.app.party_files(&visitor, agreement).await?))
}

/// Document `n` as other software signs it.
#[utoipa::path(get, path = "/s/{link}/party/documents/{n}", params(("link" = String, Path), ("n" = u16, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http::service) async fn file(
    State(service): State<Service>,
    address: Result<Path<(String, u16)>, PathRejection>,
    By(visitor): By,
) -> Result<Response, HttpError> {
    let Path((_, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let (path, bytes) = service.app.party_file(&visitor, n).await?;
    super::super::contracts::file(&path, bytes).await
}

/// Document `n`, signed: the file that was given with one revision behind it. Sent again, it changes nothing.
#[utoipa::path(post, path = "/s/{link}/party/documents/{n}",
    params(("link" = String, Path), ("n" = u16, Path), ("Signer-Session" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 202, body = SigningView), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::http::service) async fn take(
    State(service): State<Service>,
    address: Result<Path<(String, u16)>, PathRejection>,
    request: Request,
) -> Result<Response, HttpError> {
    let Path((_, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let (mut parts, body) = request.into_parts();
    let By(visitor) = By::from_request_parts(&mut parts, &service).await?;
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if header(CONTENT_TYPE.as_str()) != Some("application/pdf") {
        return Err(Refusal::WrongContentType.into());
    }
    let session = header(SESSION)
        .ok_or(Failure::new(FailureKind::Forbidden, "session_over"))?
        .to_owned();
    service.app.check_signer(&visitor, &session).await?;
    let request = Request::from_parts(parts, body);
    let upload = upload::receive_one(request, service.app.uploads(), &service.limits).await?;
    let view = service.app.party_signed(&visitor, &session, n, upload).await?;
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// Every open request to the mail address that this signer has proven, oldest first; the session is good for each of their links.
#[utoipa::path(post, path = "/s/{link}/pending", request_body = Known, params(("link" = String, Path)), responses(
    (status = 200, body = Vec<PendingView>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http::service) async fn pending(
    State(service): State<Service>,
    Said(visitor, Known { session }): Said<Known>,
) -> Result<Json<Vec<PendingView>>, HttpError> {
    Ok(Json(service.app.pending_requests(&visitor, &session).await?))
}
