//! `GET /health` and `GET /openapi.json`: what this daemon is and how it is spoken to.

use super::super::caller::Caller;
use super::super::error::{HttpError, Refusal};
use super::Desk;
use crate::access::Nonce;
use crate::app::desk::Health;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;

/// The query of `GET /health`.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct HealthQuery {
    /// 16 to 128 letters, digits, `-` or `_`; answered by `proofs` when the origin is an allowed site.
    nonce: Option<String>,
}

/// Name, version, API versions; readable by any origin. With a nonce, proof that this is the daemon the site was allowed by.
#[utoipa::path(get, path = "/health", params(HealthQuery), responses((status = 200, body = Health)))]
pub(super) async fn health(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<HealthQuery>, QueryRejection>,
) -> Result<Json<Health>, HttpError> {
    let Query(query) = query.map_err(|_| Refusal::BadAddress)?;
    let mut health = desk.app.health();
    if let Some(nonce) = query.nonce {
        let nonce = Nonce::parse(&nonce).map_err(|_| Refusal::BadAddress)?;
        if let Some(origin) = &caller.origin {
            health.proofs = desk.app.prove(origin, caller.port, &nonce).await?;
        }
    }
    Ok(Json(health))
}

/// The OpenAPI document, generated from the handlers.
pub(super) async fn openapi(State(desk): State<Desk>) -> impl IntoResponse {
    let csp: HeaderName = axum::http::header::CONTENT_SECURITY_POLICY;
    (
        [(CONTENT_TYPE, "application/json"), (csp, "default-src 'none'")],
        desk.openapi.to_string(),
    )
}
