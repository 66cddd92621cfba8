//! `/v1/verify`: a PDF comes, what is to be thought of its signatures goes back.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::super::upload;
use super::Desk;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

/// How it is verified.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Ask no server for revocation data: what the file holds must do.
    #[serde(default)]
    offline: bool,
}

/// Verifies one PDF by the configured anchors, as `hankod verify --format json` does; a bad signature is a report, not an error.
#[utoipa::path(post, path = "/v1/verify", params(Settings),
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 200, body = serde_json::Value, content_type = "application/json", description = "The report, as docs/verification.md describes it"),
    (status = 400, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn verify(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    settings: Result<Query<Settings>, QueryRejection>,
    request: Request,
) -> Result<Response, HttpError> {
    let Query(settings) = settings.map_err(|_| Refusal::BadAddress)?;
    let document = upload::receive_one(request, desk.app.uploads(), &desk.limits).await?;
    let report = desk.app.verify(document, settings.offline, caller.lang).await?;
    Ok(Json(report).into_response())
}
