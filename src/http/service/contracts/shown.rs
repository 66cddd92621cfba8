//! A contract's documents as pages and as the verifier judges them.

use super::super::Service;
use super::super::guard::language;
use super::asking::Asking;
use crate::app::contracts::{Judged, PageView};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

/// Page `p` of the newest revision of document `n`, as picture and text; both count from 1.
#[utoipa::path(get, path = "/v1/contracts/{id}/documents/{n}/pages/{p}",
    params(("id" = String, Path), ("n" = u16, Path), ("p" = u32, Path)), responses(
    (status = 200, body = PageView), (status = 404, body = ErrorBody)))]
pub(super) async fn page(
    State(service): State<Service>,
    address: Result<Path<(String, u16, u32)>, PathRejection>,
    headers: HeaderMap,
    asking: Asking,
) -> Result<Json<PageView>, HttpError> {
    let Path((id, n, p)) = address.map_err(|_| Refusal::BadAddress)?;
    let lang = language(&headers);
    Ok(Json(service.app.contract_page(&asking.asker, &id, (n, p), lang).await?))
}

/// What the verifier says of the newest revision of document `n`, now.
#[utoipa::path(get, path = "/v1/contracts/{id}/documents/{n}/verification", params(("id" = String, Path), ("n" = u16, Path)), responses(
    (status = 200, body = Judged), (status = 404, body = ErrorBody)))]
pub(super) async fn judged(
    State(service): State<Service>,
    address: Result<Path<(String, u16)>, PathRejection>,
    headers: HeaderMap,
    asking: Asking,
) -> Result<Json<Judged>, HttpError> {
    let Path((id, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let lang = language(&headers);
    Ok(Json(service.app.contract_judged(&asking.asker, &id, n, lang).await?))
}
