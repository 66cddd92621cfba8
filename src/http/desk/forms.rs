//! `POST /confirm`: a form of an allowed site leaves documents for the person, where the browser lets no script through.
//!
//! Nothing is signed and no card is looked at here; the browser goes on to the daemon's own page.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError};
use super::super::upload::{self, Sender};
use super::Desk;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Redirect;

/// Takes a manifest and its PDFs from a form that navigates, closed or open, and shows them to the person. The results are posted to `return_url`
/// as `multipart/form-data`: `result` (JSON: `state`, `documents`, `error`), then one `document` for each signed file.
#[utoipa::path(post, path = "/confirm",
    request_body(content = upload::NavigationForm, content_type = "multipart/form-data"), responses(
    (status = 303, description = "The page on which the person looks and agrees"),
    (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
    (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn leave(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Redirect, HttpError> {
    let origin = caller.site()?;
    let upload = upload::receive(
        request,
        &Sender::Browser(desk.app.form_keys(origin, caller.port).await?),
        desk.app.uploads(),
        &desk.limits,
        desk.app.spool_room(),
    )
    .await?;
    let id = desk.app.create_by_form(origin, upload, caller.lang).await?;
    Ok(Redirect::to(&format!("/confirm/{id}?lang={}", caller.lang.tag())))
}
