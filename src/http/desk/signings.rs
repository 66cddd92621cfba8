//! `/v1/signings`: documents come, the person agrees, signed documents go.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::super::names::attachment;
use super::super::upload::{self, Sender};
use super::{Checked, Desk};
use crate::app::desk::{Confirmation, PageView, Preview, SigningView};
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

/// Longest `Prefer: wait`, in seconds.
const MAX_WAIT_SECONDS: u64 = 60;
const READ_BYTES: usize = 64 * 1024;
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Takes a manifest and its PDFs, or a manifest with digests where the caller may have those signed (`digests_not_allowed` where not). `Prefer: wait=N` (RFC 7240) holds the answer until it is done, at most 60 seconds.
#[utoipa::path(post, path = "/v1/signings",
    request_body(content = upload::SigningForm, content_type = "multipart/form-data"), responses(
    (status = 202, body = SigningView, description = "Under way"), (status = 200, body = SigningView, description = "Done or failed"),
    (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
    (status = 422, body = ErrorBody), (status = 429, body = ErrorBody),
    (status = 507, body = ErrorBody, description = "No room for the documents")))]
pub(super) async fn create(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, HttpError> {
    let known = caller.identified()?.clone();
    let who = &known.principal;
    let patience = wanted_wait(request.headers());
    let upload = upload::receive(
        request,
        &Sender::Script,
        desk.app.uploads(),
        &desk.limits,
        desk.app.spool_room(),
    )
    .await?;
    let id = desk.app.create_signing(&known, upload, caller.lang).await?;
    let view = match patience {
        Some(patience) => desk.app.wait(who, &id, patience, caller.lang).await?,
        None => desk.app.signing(who, &id, caller.lang).await?,
    };
    let status = if view.state.is_final() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    let mut response = (status, [(LOCATION, format!("/v1/signings/{id}"))], Json(view)).into_response();
    applied(&mut response, patience);
    Ok(response)
}

/// How it stands; `Prefer: wait=N` as above.
#[utoipa::path(get, path = "/v1/signings/{id}", params(("id" = String, Path)),
    responses((status = 200, body = SigningView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let who = caller.known()?;
    let patience = wanted_wait(&headers);
    let view = match patience {
        Some(patience) => desk.app.wait(who, &id, patience, caller.lang).await?,
        None => desk.app.signing(who, &id, caller.lang).await?,
    };
    let mut response = Json(view).into_response();
    applied(&mut response, patience);
    Ok(response)
}

/// Cancels: an open PIN prompt closes, what was not released is not released any more, the uploads are removed.
#[utoipa::path(delete, path = "/v1/signings/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody, description = "Over already")))]
pub(super) async fn cancel(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    desk.app.cancel(caller.known()?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The signed PDF of document `n`, from 1; where a digest came in its place, the detached CMS signature (DER).
#[utoipa::path(get, path = "/v1/signings/{id}/documents/{n}", params(("id" = String, Path), ("n" = u32, Path)), responses(
    (status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "application/pkcs7-signature"))),
    (status = 404, body = ErrorBody, description = "No such signing or document, or not signed yet")))]
pub(super) async fn document(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<(String, u32)>, PathRejection>,
) -> Result<Response, HttpError> {
    let Path((id, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let signed = desk.app.signed_file(caller.known()?, &id, n).await?;
    // Where it ends is known: no further read has to find out.
    let file = tokio::fs::File::from_std(signed.file).take(signed.bytes);
    let body = Body::from_stream(ReaderStream::with_capacity(file, READ_BYTES));
    let mut response = ([(CONTENT_TYPE, signed.media_type)], body).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, signed.bytes.into());
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, attachment(&signed.name));
    Ok(response)
}

/// What will be signed, for the daemon's page.
#[utoipa::path(get, path = "/v1/signings/{id}/preview", params(("id" = String, Path)),
    responses((status = 200, body = Preview), (status = 404, body = ErrorBody)))]
pub(super) async fn preview(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Json<Preview>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.preview(caller.known()?, &id, caller.lang).await?))
}

/// One page: its text, its size, what could not be drawn, and where its picture is. Pages count from 1.
#[utoipa::path(get, path = "/v1/signings/{id}/documents/{n}/pages/{page}",
    params(("id" = String, Path), ("n" = u32, Path), ("page" = u32, Path)),
    responses((status = 200, body = PageView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn page(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<(String, u32, u32)>, PathRejection>,
) -> Result<Json<PageView>, HttpError> {
    let Path((id, n, page)) = address.map_err(|_| Refusal::BadAddress)?;
    let shown = desk.app.page(caller.known()?, &id, n, page, caller.lang).await?;
    Ok(Json(PageView {
        size: shown.size,
        text: shown.text,
        warnings: shown.warnings,
        picture: format!("/v1/signings/{id}/documents/{n}/pages/{page}/picture"),
    }))
}

/// The picture of one page.
#[utoipa::path(get, path = "/v1/signings/{id}/documents/{n}/pages/{page}/picture",
    params(("id" = String, Path), ("n" = u32, Path), ("page" = u32, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "image/png"), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn picture(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<(String, u32, u32)>, PathRejection>,
) -> Result<Response, HttpError> {
    let Path((id, n, page)) = address.map_err(|_| Refusal::BadAddress)?;
    let shown = desk.app.page(caller.known()?, &id, n, page, caller.lang).await?;
    Ok(([(CONTENT_TYPE, "image/png")], shown.png).into_response())
}

/// The picture that the site sent as the seal of document `n`, for the daemon's page.
#[utoipa::path(get, path = "/v1/signings/{id}/documents/{n}/seal", params(("id" = String, Path), ("n" = u32, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 404, body = ErrorBody)))]
pub(super) async fn seal(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<(String, u32)>, PathRejection>,
) -> Result<Response, HttpError> {
    let Path((id, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let png = desk.app.seal_picture(caller.known()?, &id, n).await?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// The person says yes on the daemon's page: with this certificate, these seals, to the documents under this check number.
#[utoipa::path(post, path = "/v1/signings/{id}/confirmation", params(("id" = String, Path)), request_body = Confirmation,
    responses((status = 202, body = SigningView), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn confirm(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
    Checked(choice): Checked<Confirmation>,
) -> Result<(StatusCode, Json<SigningView>), HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let who = caller.known()?;
    desk.app.confirm(who, &id, choice).await?;
    let view = desk.app.signing(who, &id, caller.lang).await?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// The person on the daemon's page needs more time: to read before confirming, or to fetch what was signed.
#[utoipa::path(post, path = "/v1/signings/{id}/time", params(("id" = String, Path)),
    responses((status = 200, body = SigningView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn more_time(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Json<SigningView>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.more_time(caller.known()?, &id, caller.lang).await?))
}

fn wanted_wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok());
    let seconds: u64 = preferences
        .flat_map(|value| value.split([',', ';']))
        .find_map(|part| part.trim().strip_prefix("wait=")?.parse().ok())?;
    Some(Duration::from_secs(seconds.min(MAX_WAIT_SECONDS)))
}

fn applied(response: &mut Response, patience: Option<Duration>) {
    let value = patience.and_then(|p| HeaderValue::from_str(&format!("wait={}", p.as_secs())).ok());
    if let Some(value) = value {
        response.headers_mut().insert(PREFERENCE_APPLIED, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_capped() {
        let wait = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", HeaderValue::from_static(value));
            wanted_wait(&headers).map(|d| d.as_secs())
        };
        assert_eq!(wait("wait=5"), Some(5));
        assert_eq!(wait("respond-async, wait=9999999"), Some(MAX_WAIT_SECONDS));
        assert_eq!(wait("wait=-1"), None);
        assert_eq!(wait("return=minimal"), None);
    }
}
