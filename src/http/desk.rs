//! The desk role: its router, and what all handlers share. One file a group of addresses below.
//!
//! Handlers translate between HTTP and [`crate::app`]; none decides anything about a signature.

mod about;
mod asking;
mod events;
mod forms;
mod pairings;
mod receipts;
mod seals;
mod signings;
mod tokens;
mod verify;
mod view;

use super::caller::guard;
use super::error::{HttpError, Refusal};
use super::limits::{InFlight, Limits};
use super::pages;
use crate::app::App;
use crate::secret::ApiKey;
use axum::Router;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) app: App,
    pub(super) limits: Limits,
    pub(super) in_flight: InFlight,
    /// The value of the page's cookie; new with each start.
    pub(super) page_key: Arc<ApiKey>,
    /// `true` once the daemon ends; event streams then close.
    pub(super) ending: watch::Receiver<bool>,
    openapi: Arc<str>,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "hankod desk API",
    description = "PAdES signatures with the cards of this computer, for allowed web sites and desktop programs. Errors are \
        `{\"error\",\"message\",\"detail\"}`; `error` is stable."
))]
struct Document;

/// The router of the desk role with the guard before it.
///
/// # Errors
/// What the system says when it gives no random bytes for the page's cookie.
pub fn router(app: App, limits: Limits, ending: watch::Receiver<bool>) -> Result<Router, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let (api, document) = api();
    let desk = Desk {
        app,
        limits,
        in_flight: InFlight::default(),
        page_key: Arc::new(page_key(&random)),
        ending,
        openapi: document.to_json().unwrap_or_default().into(),
    };
    Ok(api
        .merge(pages::routes())
        .route("/openapi.json", get(about::openapi))
        .layer(from_fn_with_state(desk.clone(), guard))
        .with_state(desk))
}

/// The handlers that the OpenAPI document describes, and the document.
fn api() -> (Router<Desk>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(about::health))
        .routes(routes!(pairings::request))
        .routes(routes!(pairings::show))
        .routes(routes!(asking::ask))
        .routes(routes!(asking::stands))
        .routes(routes!(tokens::tokens))
        .routes(routes!(tokens::certificates))
        .routes(routes!(events::events))
        .routes(routes!(signings::create))
        .routes(routes!(signings::show, signings::cancel))
        .routes(routes!(signings::document))
        .routes(routes!(signings::preview))
        .routes(routes!(signings::page))
        .routes(routes!(signings::picture))
        .routes(routes!(signings::seal))
        .routes(routes!(signings::confirm))
        .routes(routes!(signings::more_time))
        .routes(routes!(forms::leave))
        .routes(routes!(verify::verify))
        .routes(routes!(view::view))
        .routes(routes!(receipts::receipts))
        .routes(routes!(seals::list, seals::keep))
        .routes(routes!(seals::forget))
        .routes(routes!(seals::picture))
        .routes(routes!(seals::named))
        .split_for_parts()
}

#[expect(clippy::expect_used, reason = "64 bytes are fewer than MAX_SECRET_BYTES")]
fn page_key(random: &[u8; 32]) -> ApiKey {
    ApiKey::new(hex::encode(random).into_bytes()).expect("a short key")
}

/// A JSON body, read within its limit and deadline and refused with the parser's reason.
pub(super) struct Checked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Desk> for Checked<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, HttpError> {
        json_body(request, desk, super::routes::MAX_JSON_BYTES).await.map(Self)
    }
}

/// A JSON body of at most `max_bytes`.
async fn json_body<T: DeserializeOwned>(request: Request, desk: &Desk, max_bytes: u64) -> Result<T, HttpError> {
    let whole = axum::body::to_bytes(request.into_body(), usize::try_from(max_bytes).unwrap_or(usize::MAX));
    let bytes = tokio::time::timeout(Duration::from_millis(desk.limits.header_deadline_ms), whole)
        .await
        .map_err(|_| Refusal::Stalled)?
        .map_err(|_| Refusal::TooLarge { max_bytes })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::BadJson {
            reason: error.to_string(),
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::super::routes::DESK;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_has_one_rule_and_every_rule_an_address() {
        let without_names = |path: &str| -> String {
            path.split('/')
                .map(|s| if s.starts_with('{') { "{}" } else { s })
                .collect::<Vec<_>>()
                .join("/")
        };
        let document = serde_json::to_value(api().1).unwrap();
        let mut served: BTreeSet<String> = pages::PATHS
            .iter()
            .chain(&["/openapi.json"])
            .map(|p| format!("GET {}", without_names(p)))
            .collect();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                served.insert(format!("{} {}", method.to_uppercase(), without_names(path)));
            }
        }
        let ruled: BTreeSet<String> = DESK.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        assert_eq!(served, ruled);
    }

    #[test]
    fn the_addresses_of_the_desk_role() {
        let mut lines: Vec<String> = DESK
            .iter()
            .map(|r| format!("{} {} {:?} {:?}", r.method, r.path, r.audience, r.body))
            .collect();
        lines.sort();
        assert_eq!(
            lines.join("\n"),
            include_str!("desk/addresses.txt").trim_end(),
            "change desk/addresses.txt knowingly"
        );
    }
}
