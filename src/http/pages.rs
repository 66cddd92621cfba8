//! The daemon's own page and its files, from the binary. The only place that sets a cookie, and only for a browser of the daemon's own user.
//!
//! Strict policy: no inline script or style, nothing from elsewhere, never in a frame.

use super::caller::{Caller, cookie_name};
use super::desk::Desk;
use super::error::{HttpError, Refusal};
use super::peer::{Peer, User};
use crate::console::{self, Page};
use crate::text::Lang;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

/// The addresses that [`routes`] answers.
pub(super) const PATHS: &[&str] = &[
    "/",
    "/confirm/{id}",
    "/assets/{file}",
    "/verify",
    "/receipts",
    "/seals",
    "/pairing/{id}",
];

pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route(PATHS[0], get(desk_page))
        .route(PATHS[1], get(confirm_page))
        .route(PATHS[2], get(asset))
        .route(PATHS[3], get(verify_page))
        .route(PATHS[4], get(receipts_page))
        .route(PATHS[5], get(seals_page))
        .route(PATHS[6], get(pairing_page))
}

/// The query of a page: `?lang=en` beats what the browser prefers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    lang: Option<String>,
}

async fn desk_page(state: State<Desk>, peer: Extension<Peer>, caller: Extension<Caller>, query: Asked) -> Response {
    page(state, peer, Page::Desk, language(&caller, query)).await
}

async fn confirm_page(
    state: State<Desk>,
    peer: Extension<Peer>,
    caller: Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    query: Asked,
) -> Response {
    let back = id.ok().and_then(|Path(id)| state.app.return_origin(&id));
    let mut response = page(state, peer, Page::Confirm, language(&caller, query)).await;
    // The results go back by a form to the site that asked by one, and to no other.
    let policy = back.and_then(|origin| HeaderValue::from_str(&format!("{POLICY} {}", origin.as_str())).ok());
    if let Some(policy) = policy {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

async fn verify_page(state: State<Desk>, peer: Extension<Peer>, caller: Extension<Caller>, query: Asked) -> Response {
    page(state, peer, Page::Verify, language(&caller, query)).await
}

async fn receipts_page(state: State<Desk>, peer: Extension<Peer>, caller: Extension<Caller>, query: Asked) -> Response {
    page(state, peer, Page::Receipts, language(&caller, query)).await
}

async fn seals_page(state: State<Desk>, peer: Extension<Peer>, caller: Extension<Caller>, query: Asked) -> Response {
    page(state, peer, Page::Seals, language(&caller, query)).await
}

async fn pairing_page(state: State<Desk>, peer: Extension<Peer>, caller: Extension<Caller>, query: Asked) -> Response {
    page(state, peer, Page::Pairing, language(&caller, query)).await
}

/// The query as it came.
pub(super) type Asked = Result<Query<PageQuery>, QueryRejection>;

/// The language that the query names.
pub(super) fn asked_language(query: Asked) -> Option<Lang> {
    query.ok().and_then(|Query(query)| Lang::from_tag(&query.lang?))
}

/// A page of either role.
pub(super) fn html(page: Page, lang: Lang) -> Response {
    // A party signer's page speaks to the hankod on that person's own machine.
    let policy = match page {
        Page::Signer => POLICY.replace("connect-src 'self'", "connect-src 'self' http://127.0.0.1:*"),
        _ => POLICY.to_owned(),
    };
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, &policy),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, console::page(page, lang)).into_response()
}

fn language(caller: &Caller, query: Asked) -> Lang {
    asked_language(query).unwrap_or(caller.lang)
}

async fn page(State(desk): State<Desk>, Extension(peer): Extension<Peer>, page: Page, lang: Lang) -> Response {
    let mut response = html(page, lang);
    if peer.user().await == User::Ours {
        let value = String::from_utf8_lossy(desk.page_key.expose());
        let name = cookie_name(peer.local.port());
        let cookie = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/");
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
    response
}

/// A file that pages load, of either role.
pub(super) async fn asset(file: Result<Path<String>, PathRejection>) -> Result<Response, HttpError> {
    let Path(file) = file.map_err(|_| Refusal::BadAddress)?;
    let asset = console::asset(&file).ok_or(Refusal::NoRoute)?;
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, asset.content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, asset.content).into_response())
}
