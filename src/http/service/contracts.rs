//! `/v1/contracts`: contracts of the calling application. Every answer about one contract carries its version as ETag.
//!
//! A change names the version that it means in `If-Match`; a repeated `Idempotency-Key` gets the same contract and does nothing again.

mod acts;
mod asking;
mod drafts;
mod finding;
mod papers;
mod shown;

use super::Service;
use crate::app::contracts::ContractView;
use crate::app::failure::{Failure, FailureKind};
use crate::http::error::HttpError;
use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::Path;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const READ_BYTES: usize = 64 * 1024;

/// The addresses.
pub(super) fn routes() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(drafts::create, finding::find))
        .routes(routes!(drafts::show, drafts::change))
        .routes(routes!(drafts::signers, drafts::change_signers))
        .routes(routes!(drafts::fields, drafts::change_fields))
        .routes(routes!(drafts::documents, drafts::add_document))
        .routes(routes!(drafts::document))
        .routes(routes!(finding::events))
        .routes(routes!(finding::csv))
        .routes(routes!(acts::ask_review))
        .routes(routes!(acts::comment))
        .routes(routes!(acts::approve))
        .routes(routes!(acts::ask_correction))
        .routes(routes!(acts::withdraw))
        .routes(routes!(acts::send))
        .routes(routes!(finding::mails))
        .routes(routes!(papers::certificate))
        .routes(routes!(papers::certificate_behind_link))
        .routes(routes!(papers::evidence))
        .routes(routes!(shown::page))
        .routes(routes!(shown::judged))
        .routes(routes!(papers::print))
}

/// A document's file.
pub(super) async fn file(path: &Path, bytes: u64) -> Result<Response, HttpError> {
    let gone = |_| Failure::new(FailureKind::NotFound, "contract_document_missing");
    let file = tokio::fs::File::open(path).await.map_err(gone)?;
    let body = Body::from_stream(ReaderStream::with_capacity(file, READ_BYTES));
    let mut answer = ([(header::CONTENT_TYPE, "application/pdf")], body).into_response();
    answer.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    Ok(answer)
}

/// A contract with its ETag.
fn told(status: StatusCode, view: &ContractView) -> Response {
    let mut answer = (status, Json(view)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", view.version)) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}
