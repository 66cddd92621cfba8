//! `/v1/verify` of a server: anybody asks what is to be thought of a signed PDF, and which file of a contract it is. Nothing is kept.

use super::Service;
use super::guard::language;
use crate::app::contracts::KnownFile;
use crate::http::error::{ErrorBody, HttpError, Refusal};
use crate::http::upload;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which contract it should belong to.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// 締結証明書ID, as it stands on the documents.
    certificate_id: Option<String>,
}

/// What is thought of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    /// The report, as docs/verification.md describes it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    report: crate::app::verify::Report,
    /// Which file of the contract it is; absent when no ID was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    contract_file: Option<KnownFile>,
}

/// Verifies one PDF by the configured anchors; a bad signature is a report, not an error.
#[utoipa::path(post, path = "/v1/verify", params(Settings), request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 200, body = Verified), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn verify(
    State(service): State<Service>,
    settings: Result<Query<Settings>, QueryRejection>,
    request: Request,
) -> Result<Json<Verified>, HttpError> {
    let Query(settings) = settings.map_err(|_| Refusal::BadAddress)?;
    let lang = language(request.headers());
    let document = upload::receive_one(request, service.app.uploads(), &service.limits).await?;
    let report = service.app.verify(document, false, lang).await?;
    let sha256 = report.files.first().and_then(|file| file.sha256.as_deref());
    let contract_file = match (settings.certificate_id, sha256) {
        (Some(id), Some(sha256)) => Some(service.app.known_file(&id, sha256).await?),
        _ => None,
    };
    Ok(Json(Verified { report, contract_file }))
}
