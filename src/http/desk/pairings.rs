//! `/v1/pairings`: a site asks to be known. The person answers in the daemon's own prompt, never here.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::{Checked, Desk};
use crate::app::desk::PairingView;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderName, LOCATION};
use axum::{Extension, Json};
use serde::Deserialize;

/// The body of `POST /v1/pairings`: nothing is asked; who asks stands in `Origin`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PairingRequest {}

/// Asks for the site of `Origin` to be allowed. The prompt shows the origin and the same six digits as the answer.
#[utoipa::path(post, path = "/v1/pairings", request_body = PairingRequest, responses(
    (status = 202, body = PairingView, description = "The person is being asked"),
    (status = 429, body = ErrorBody, description = "This site is asking already")))]
pub(super) async fn request(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    Checked(PairingRequest {}): Checked<PairingRequest>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<PairingView>), HttpError> {
    let pairing = desk.app.request_pairing(caller.site()?, caller.lang).await?;
    let location = format!("/v1/pairings/{}", pairing.id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(pairing)))
}

/// How it stands. Once allowed, one answer carries the key.
#[utoipa::path(get, path = "/v1/pairings/{id}", params(("id" = String, Path, description = "From the first call")),
    responses((status = 200, body = PairingView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Json<PairingView>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.pairing(&id, caller.site()?).await?))
}
