//! `/v1/verify/view`: a PDF comes from the daemon's own page, its report and the pictures of changed pages go back. Nothing is kept.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError};
use super::super::upload;
use super::Desk;
use crate::app::view::View;
use axum::extract::{Request, State};
use axum::{Extension, Json};

/// Verifies one PDF: `file` is its report, `pictures` the pages that changed since a signature, before and after.
#[utoipa::path(post, path = "/v1/verify/view",
    request_body(content = Vec<u8>, content_type = "application/pdf"), responses(
    (status = 200, description = "The report, and pictures in Base64", body = serde_json::Value),
    (status = 400, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody)))]
pub(super) async fn view(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<View>, HttpError> {
    caller.known()?;
    let document = upload::receive_one(request, desk.app.uploads(), &desk.limits).await?;
    Ok(Json(desk.app.verify_view(document, caller.lang).await?))
}
