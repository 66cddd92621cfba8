//! The list, the search, its CSV, and what happened to a contract.

use super::super::Service;
use super::asking::Asking;
use crate::app::contracts::{EventView, FoundPage, MailView, SearchWanted};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The application's contracts by counterparty, date, amount and further keys, any of them together; newest first.
#[utoipa::path(get, path = "/v1/contracts", params(SearchWanted), responses(
    (status = 200, body = FoundPage), (status = 422, body = ErrorBody)))]
pub(super) async fn find(
    State(service): State<Service>,
    wanted: Result<Query<SearchWanted>, QueryRejection>,
    asking: Asking,
) -> Result<Json<FoundPage>, HttpError> {
    let Query(wanted) = wanted.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.find_contracts(&asking.asker, &wanted).await?))
}

/// The same as CSV (UTF-8 with its mark).
#[utoipa::path(get, path = "/v1/contracts.csv", params(SearchWanted), responses(
    (status = 200, body = String, content_type = "text/csv"), (status = 422, body = ErrorBody)))]
pub(super) async fn csv(
    State(service): State<Service>,
    wanted: Result<Query<SearchWanted>, QueryRejection>,
    asking: Asking,
) -> Result<Response, HttpError> {
    let Query(wanted) = wanted.map_err(|_| Refusal::BadAddress)?;
    let csv = service.app.contracts_csv(&asking.asker, &wanted).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"contracts.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// From where the events are told.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// Only those after the event of this `seq`.
    #[serde(default)]
    after: i64,
}

/// What happened to a contract, oldest first, at most a thousand at once.
#[utoipa::path(get, path = "/v1/contracts/{id}/events", params(("id" = String, Path), After), responses(
    (status = 200, body = Vec<EventView>), (status = 404, body = ErrorBody)))]
pub(super) async fn events(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    from: Result<Query<After>, QueryRejection>,
    asking: Asking,
) -> Result<Json<Vec<EventView>>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let Query(from) = from.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.contract_events(&asking.asker, &id, from.after).await?))
}

/// The mails about a contract, oldest first, and where each stands.
#[utoipa::path(get, path = "/v1/contracts/{id}/mails", params(("id" = String, Path)), responses(
    (status = 200, body = Vec<MailView>), (status = 404, body = ErrorBody)))]
pub(super) async fn mails(
    State(service): State<Service>,
    address: Result<Path<String>, PathRejection>,
    asking: Asking,
) -> Result<Json<Vec<MailView>>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.contract_mails(&asking.asker, &id).await?))
}
