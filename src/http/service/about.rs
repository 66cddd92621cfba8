//! Who the caller is to us, and how the daemon is.

use super::Service;
use super::guard::Caller;
use crate::app::App;
use crate::text::Explain;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Serialize;

/// What a client learns about itself.
#[derive(Serialize)]
pub(super) struct Myself {
    id: String,
    name: String,
    scopes: Vec<String>,
    per_minute: u32,
    per_day: u32,
}

/// `GET /v1/client`: so that an application can see at its start that its key is good and what it may do.
pub(super) async fn client(Extension(caller): Extension<Caller>) -> Json<Myself> {
    let client = caller.client;
    Json(Myself {
        id: client.id,
        name: client.name,
        scopes: client.scopes,
        per_minute: client.per_minute,
        per_day: client.per_day,
    })
}

/// `GET /openapi.json`
pub(super) async fn openapi(State(service): State<Service>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], service.openapi.to_string())
}

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the state can be written to, and each configured module answers. Certificates that end soon are told, one a line, by their SHA-256.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, String) {
    match app.readiness().await {
        Ok(()) => {
            let soon = app.expiring().await.into_iter();
            let lines = soon.map(|one| format!("certificate_expires_soon {} days={}\n", one.certificate, one.days));
            (StatusCode::OK, format!("ready\n{}", lines.collect::<String>()))
        }
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", failure.code())),
    }
}
