//! `GET /v1/receipts`: what the person signed, for the daemon's own page.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::Desk;
use crate::app::receipts::ReceiptPage;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::Deserialize;

/// The query of `GET /v1/receipts`.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptsQuery {
    /// Only those older than this entry of the audit log.
    before: Option<u64>,
    /// Hexadecimal SHA-256: only those of this file, signed or not.
    digest: Option<String>,
}

/// The person's receipts, newest first, 20 at a time.
#[utoipa::path(get, path = "/v1/receipts", params(ReceiptsQuery), responses(
    (status = 200, body = ReceiptPage), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn receipts(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<ReceiptsQuery>, QueryRejection>,
) -> Result<Json<ReceiptPage>, HttpError> {
    caller.known()?;
    let Query(ReceiptsQuery { before, digest }) = query.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.receipts(before, digest.as_deref()).await?))
}
