//! The server role: its router, and what all its handlers share. One file a group of addresses below.
//!
//! Who calls is settled in [`guard`]; handlers translate between HTTP and [`crate::app`] and decide nothing about a signature.

mod about;
mod body;
mod contracts;
mod cookie;
mod csc;
mod guard;
mod links;
mod oauth;
mod pages;
mod rate;
mod routes;
mod staff;
mod verify;

use super::limits::{InFlight, Limits};
use crate::app::App;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use rate::Rates;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) app: App,
    pub(super) limits: Limits,
    pub(super) in_flight: InFlight,
    rates: Rates,
    openapi: Arc<str>,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "hankod server API",
    description = "Contracts for the applications of an organisation. Errors are `{\"error\",\"message\",\"detail\"}`; `error` is stable. \
        The CSC API is described by its own specification."
))]
struct Document;

/// The router of the server role with the guard before it.
pub fn router(app: App, limits: Limits) -> Router {
    let (api, document) = api();
    let service = Service {
        app,
        limits,
        in_flight: InFlight::default(),
        rates: Rates::default(),
        openapi: document.to_json().unwrap_or_default().into(),
    };
    api.route("/openapi.json", get(about::openapi))
        .route("/v1/client", get(about::client))
        .route("/oauth2/token", post(oauth::token))
        .merge(csc::routes())
        .merge(pages::routes())
        .fallback(guard::nothing)
        .layer(from_fn_with_state(service.clone(), guard::guard))
        .with_state(service)
}

/// The handlers that the OpenAPI document describes, and the document.
fn api() -> (Router<Service>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(contracts::routes())
        .merge(links::routes())
        .merge(staff::routes())
        .routes(routes!(verify::verify))
        .split_for_parts()
}

/// The router of the admin listener, on loopback: how the daemon is, for its administrator's tools. It asks nobody who they are and tells no name.
pub fn admin_router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(about::alive))
        .route("/readyz", get(about::ready))
        .with_state(app)
}

#[cfg(test)]
mod tests;
