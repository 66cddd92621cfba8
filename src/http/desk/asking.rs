//! `POST /pairing`: a form of a site that asks to be allowed, where the browser lets no script through. The person answers in the daemon's own prompt.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError, Refusal};
use super::Desk;
use crate::app::desk::PairingReturn;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum::{Extension, Json};
use serde::Deserialize;

/// The query of `POST /pairing`.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct AskingQuery {
    /// Where the browser goes back to with the answer: an address of the origin that sends the form, without `#`.
    return_url: String,
    /// 16 to 128 letters, digits, `-` or `_`; stands beside the key in the answer, so that the page knows that it asked.
    state: String,
}

/// Asks for the site of `Origin` to be allowed, by a form that navigates. The browser comes back to `return_url` with `#hankod=STATE.KEY`; without a key
/// behind the point where the person said no, or nothing in time.
#[utoipa::path(post, path = "/pairing", params(AskingQuery), responses(
    (status = 303, description = "The page on which the person reads what to do"),
    (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn ask(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<AskingQuery>, QueryRejection>,
) -> Result<Redirect, HttpError> {
    let Query(AskingQuery { return_url, state }) = query.map_err(|_| Refusal::BadAddress)?;
    let origin = caller.site()?;
    let asked = desk
        .app
        .request_pairing_by_form(origin, &return_url, &state, caller.lang);
    let id = asked.await?;
    Ok(Redirect::to(&format!("/pairing/{id}?lang={}", caller.lang.tag())))
}

/// How that stands, for the page that waits.
#[utoipa::path(get, path = "/v1/pairings/{id}/return", params(("id" = String, Path)),
    responses((status = 200, body = PairingReturn), (status = 404, body = ErrorBody)))]
pub(super) async fn stands(
    State(desk): State<Desk>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Json<PairingReturn>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(desk.app.pairing_return(&id).await?))
}
