//! Pages of a server, for people with a browser, and the files that pages load. Reading them changes nothing and is no event: what they show they ask for themselves.

use super::Service;
use super::guard::language;
use crate::console::Page;
use crate::http::pages::{Asked, asked_language, asset, html};
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get};

/// The addresses that [`routes`] answers.
pub(super) const PATHS: &[&str] = &[
    "/assets/{file}",
    "/console",
    "/console/sign-in",
    "/console/join",
    "/console/people",
    "/console/contracts/{id}",
    "/console/contracts/{id}/edit",
    "/s/{link}",
    "/verify",
];

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route(PATHS[0], get(asset))
        .route(PATHS[1], page(Page::Office))
        .route(PATHS[2], page(Page::SignIn))
        .route(PATHS[3], page(Page::Join))
        .route(PATHS[4], page(Page::People))
        .route(PATHS[5], page(Page::Contract))
        .route(PATHS[6], page(Page::Edit))
        .route(PATHS[7], page(Page::Signer))
        .route(PATHS[8], page(Page::Verifier))
}

fn page(page: Page) -> MethodRouter<Service> {
    get(async move |headers: HeaderMap, query: Asked| -> Response {
        html(page, asked_language(query).unwrap_or_else(|| language(&headers)))
    })
}
