//! `/v1/seals`: the seals that the person keeps, and name seals as they will look; for the daemon's own page.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::super::routes::MAX_SEAL_JSON_BYTES;
use super::{Desk, json_body};
use crate::app::seals::{NewSeal, SealView, Style};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;

/// The kept seals.
#[utoipa::path(get, path = "/v1/seals", responses((status = 200, body = Vec<SealView>), (status = 403, body = ErrorBody)))]
pub(super) async fn list(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<SealView>>, HttpError> {
    caller.known()?;
    Ok(Json(desk.app.seals().await?))
}

/// Keeps a seal: a name seal, or a picture as PNG or SVG.
#[utoipa::path(post, path = "/v1/seals", request_body = NewSeal, responses(
    (status = 201, body = SealView), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn keep(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<SealView>), HttpError> {
    caller.known()?;
    let seal: NewSeal = json_body(request, &desk, MAX_SEAL_JSON_BYTES).await?;
    Ok((StatusCode::CREATED, Json(desk.app.keep_seal(seal).await?)))
}

/// Forgets a seal.
#[utoipa::path(delete, path = "/v1/seals/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub(super) async fn forget(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    caller.known()?;
    desk.app.forget_seal(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The picture of a kept seal.
#[utoipa::path(get, path = "/v1/seals/{id}/picture", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 404, body = ErrorBody)))]
pub(super) async fn picture(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    caller.known()?;
    Ok(png(desk.app.kept_seal_picture(&id).await?))
}

/// The query of `GET /v1/name-seals`.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct NameSealQuery {
    /// The characters.
    words: String,
    /// Ring or square.
    shape: Shape,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Round,
    Square,
}

/// A name seal as it will look.
#[utoipa::path(get, path = "/v1/name-seals", params(NameSealQuery),
    responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 422, body = ErrorBody)))]
pub(super) async fn named(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<NameSealQuery>, QueryRejection>,
) -> Result<Response, HttpError> {
    caller.known()?;
    let Query(NameSealQuery { words, shape }) = query.map_err(|_| Refusal::BadAddress)?;
    let style = match shape {
        Shape::Round => Style::Round,
        Shape::Square => Style::Square,
    };
    Ok(png(desk.app.name_seal_picture(&words, style).await?))
}

fn png(picture: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "image/png")], picture).into_response()
}
