//! Drafts and their documents.

use super::super::Service;
use super::asking::{Asked, Asking};
use super::told;
use crate::app::contracts::{ContractView, DocumentView, DraftWanted, SignerView};
use crate::contract::field::Field;
use crate::contract::signer::Signer;
use crate::contract::terms::Action;
use crate::http::error::{ErrorBody, HttpError, Refusal};
use crate::http::upload;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

/// Makes a draft. A repeated `Idempotency-Key` gets the contract of the first call.
#[utoipa::path(post, path = "/v1/contracts", request_body = DraftWanted, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = ContractView), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create(State(service): State<Service>, asked: Asked<DraftWanted>) -> Result<Response, HttpError> {
    let conditions = asked.conditions();
    let view = service
        .app
        .create_contract(&asked.asking.asker, asked.body, conditions)
        .await?;
    Ok(told(StatusCode::CREATED, &view))
}

/// One contract.
#[utoipa::path(get, path = "/v1/contracts/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(told(StatusCode::OK, &service.app.contract(&asking.asker, &id).await?))
}

/// Writes a draft's terms anew.
#[utoipa::path(put, path = "/v1/contracts/{id}", request_body = DraftWanted, params(("id" = String, Path), ("If-Match" = String, Header)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 428, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asked: Asked<DraftWanted>,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let conditions = asked.change()?;
    let view = service
        .app
        .change_contract(&asked.asking.asker, &id, asked.body, conditions);
    Ok(told(StatusCode::OK, &view.await?))
}

/// Who signs, and how far they are.
#[utoipa::path(get, path = "/v1/contracts/{id}/signers", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<SignerView>), (status = 404, body = ErrorBody)))]
pub(super) async fn signers(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Json<Vec<SignerView>>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.contract(&asking.asker, &id).await?.signers))
}

/// Writes the signers of a draft anew.
#[utoipa::path(put, path = "/v1/contracts/{id}/signers", request_body = Vec<Object>, params(("id" = String, Path), ("If-Match" = String, Header)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody)))]
pub(super) async fn change_signers(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asked: Asked<Vec<Signer>>,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let conditions = asked.change()?;
    let view = service
        .app
        .change_signers(&asked.asking.asker, &id, asked.body, conditions);
    Ok(told(StatusCode::OK, &view.await?))
}

/// What the signers fill in.
#[utoipa::path(get, path = "/v1/contracts/{id}/fields", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<Object>), (status = 404, body = ErrorBody)))]
pub(super) async fn fields(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Json<Vec<Field>>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.contract(&asking.asker, &id).await?.fields))
}

/// Writes the fields of a draft anew.
#[utoipa::path(put, path = "/v1/contracts/{id}/fields", request_body = Vec<Object>, params(("id" = String, Path), ("If-Match" = String, Header)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody)))]
pub(super) async fn change_fields(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asked: Asked<Vec<Field>>,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let conditions = asked.change()?;
    let view = service
        .app
        .change_fields(&asked.asking.asker, &id, asked.body, conditions);
    Ok(told(StatusCode::OK, &view.await?))
}

/// The documents in their order.
#[utoipa::path(get, path = "/v1/contracts/{id}/documents", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<DocumentView>), (status = 404, body = ErrorBody)))]
pub(super) async fn documents(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Json<Vec<DocumentView>>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.contract(&asking.asker, &id).await?.documents))
}

/// How a document is called and what is done with it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// What it is called.
    name: String,
    /// `sign`, or `view`: only shown.
    #[param(value_type = String)]
    action: Action,
}

/// Adds a PDF to a draft, behind the others.
#[utoipa::path(post, path = "/v1/contracts/{id}/documents", params(("id" = String, Path), About, ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 201, body = ContractView), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn add_document(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    about: Result<Query<About>, QueryRejection>,
    request: Request,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let Query(about) = about.map_err(|_| Refusal::BadAddress)?;
    let (mut parts, body) = request.into_parts();
    let asking = Asking::from_request_parts(&mut parts, &service).await?;
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some("application/pdf") {
        return Err(Refusal::WrongContentType.into());
    }
    let request = Request::from_parts(parts, body);
    let upload = upload::receive_one(request, service.app.uploads(), &service.limits).await?;
    let conditions = asking.conditions(&upload.running.sha256());
    let what = (about.name.as_str(), about.action);
    let view = service
        .app
        .add_contract_document(&asking.asker, &id, what, upload, conditions);
    Ok(told(StatusCode::CREATED, &view.await?))
}

/// The newest revision of document `n`.
#[utoipa::path(get, path = "/v1/contracts/{id}/documents/{n}", params(("id" = String, Path), ("n" = u16, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = ErrorBody)))]
pub(super) async fn document(
    State(service): State<Service>,
    address: Result<Path<(String, u16)>, PathRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Path((id, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let (path, bytes) = service.app.contract_file(&asking.asker, &id, n).await?;
    super::file(&path, bytes).await
}
