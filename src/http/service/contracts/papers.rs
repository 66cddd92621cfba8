//! What a concluded contract leaves in people's hands.

use super::super::Service;
use super::super::links::By;
use super::asking::Asking;
use super::file;
use crate::http::error::{ErrorBody, HttpError, Refusal};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;

/// The certificate of conclusion (電子契約締結証明書).
#[utoipa::path(get, path = "/v1/contracts/{id}/certificate", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "It is not concluded")))]
pub(super) async fn certificate(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let (path, bytes) = service.app.contract_certificate(&asking.asker, &id).await?;
    file(&path, bytes).await
}

/// The same for whoever holds a signer's link: no account, no code.
#[utoipa::path(get, path = "/s/{link}/certificate", params(("link" = String, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "It is not concluded")))]
pub(super) async fn certificate_behind_link(
    State(service): State<Service>,
    By(visitor): By,
) -> Result<Response, HttpError> {
    let (path, bytes) = service.app.signing_certificate(&visitor).await?;
    file(&path, bytes).await
}

/// Everything that proves a concluded contract, with instructions to check it without a network.
#[utoipa::path(get, path = "/v1/contracts/{id}/evidence", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "It is not concluded"), (status = 413, body = ErrorBody)))]
pub(super) async fn evidence(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let (zip, bytes) = service.app.contract_evidence(&asking.asker, &id).await?;
    zip_file(&zip, bytes, "attachment; filename=\"evidence.zip\"").await
}

/// The documents as copies for paper, each page marked 写し, and the certificate (印刷用一式).
#[utoipa::path(get, path = "/v1/contracts/{id}/print", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "It is not concluded"), (status = 413, body = ErrorBody)))]
pub(super) async fn print(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let (zip, bytes) = service.app.contract_copies(&asking.asker, &id).await?;
    zip_file(&zip, bytes, "attachment; filename=\"print.zip\"").await
}

async fn zip_file(zip: &std::path::Path, bytes: u64, name: &'static str) -> Result<Response, HttpError> {
    let mut answer = file(zip, bytes).await?;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(answer)
}
