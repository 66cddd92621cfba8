//! Acts on a contract: each is a POST that may name the person whom the application acts for, and what they say.

use super::super::Service;
use super::asking::Asked;
use super::told;
use crate::app::contracts::{ContractView, Saying};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// What a person does.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Act {
    /// The person whom the application acts for, as events tell it; else the application's own name.
    by: Option<String>,
    /// Comment or reason.
    text: String,
}

type Address = Result<Path<String>, PathRejection>;

async fn say(service: &Service, address: Address, asked: Asked<Act>, saying: Saying) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let conditions = asked.conditions();
    let asker = asked.asking.asker.speaking_for(asked.body.by.as_deref())?;
    let said = (saying, asked.body.text.as_str());
    let view = service.app.say_about_contract(&asker, &id, said, conditions).await?;
    Ok(told(StatusCode::OK, &view))
}

/// Shows a draft to those who review it.
#[utoipa::path(post, path = "/v1/contracts/{id}/review", request_body = Act, params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody)))]
pub(super) async fn ask_review(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    say(&service, address, asked, Saying::AskReview).await
}

/// A reviewer says something.
#[utoipa::path(post, path = "/v1/contracts/{id}/comment", request_body = Act, params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody)))]
pub(super) async fn comment(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    say(&service, address, asked, Saying::Comment).await
}

/// An approver agrees.
#[utoipa::path(post, path = "/v1/contracts/{id}/approve", request_body = Act, params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody)))]
pub(super) async fn approve(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    say(&service, address, asked, Saying::Approve).await
}

/// A reviewer asks for corrections; it is a draft again.
#[utoipa::path(post, path = "/v1/contracts/{id}/correction", request_body = Act, params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody)))]
pub(super) async fn ask_correction(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    say(&service, address, asked, Saying::AskCorrection).await
}

/// The sender takes it back.
#[utoipa::path(post, path = "/v1/contracts/{id}/withdraw", request_body = Act, params(("id" = String, Path)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody)))]
pub(super) async fn withdraw(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    say(&service, address, asked, Saying::Withdraw).await
}

/// Fixes the version and asks the first signers.
#[utoipa::path(post, path = "/v1/contracts/{id}/send", request_body = Act, params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = ContractView), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody),
    (status = 503, body = ErrorBody, description = "Mail, address or key for it are not set up")))]
pub(super) async fn send(
    State(service): State<Service>,
    address: Address,
    asked: Asked<Act>,
) -> Result<Response, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let conditions = asked.conditions();
    let asker = asked.asking.asker.speaking_for(asked.body.by.as_deref())?;
    Ok(told(
        StatusCode::OK,
        &service.app.send_contract(&asker, &id, conditions).await?,
    ))
}
