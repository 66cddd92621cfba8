//! `GET /v1/tokens` and `GET /v1/certificates`.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::Desk;
use crate::app::desk::{CertificateUsage, CertificateView, TokenView};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::Deserialize;

/// Every reader and token: absent or present, how the PIN stands, whether it is typed on the reader.
#[utoipa::path(get, path = "/v1/tokens", responses(
    (status = 200, body = Vec<TokenView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn tokens(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<TokenView>>, HttpError> {
    caller.known()?;
    Ok(Json(desk.app.tokens(caller.lang).await?))
}

/// The query of `GET /v1/certificates`.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificatesQuery {
    /// `signing` (the default): those that can sign now. `all`: also the others, with the reason.
    #[serde(default)]
    usage: CertificateUsage,
}

/// Certificates on the tokens, those that can sign first.
#[utoipa::path(get, path = "/v1/certificates", params(CertificatesQuery), responses(
    (status = 200, body = Vec<CertificateView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn certificates(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<CertificatesQuery>, QueryRejection>,
) -> Result<Json<Vec<CertificateView>>, HttpError> {
    caller.known()?;
    let Query(query) = query.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.certificates(query.usage, caller.lang).await?))
}
