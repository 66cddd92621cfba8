//! The CSC API (Cloud Signature Consortium), versions 2.0 and 1.0.4 at `/csc/v2` and `/csc/v1`: what other vendors' products speak.
//!
//! Both versions' names of parameters are taken at both addresses, because clients mix them. Errors are CSC's own, nearly all `400
//! invalid_request` with the specification's texts; a `PIN` here would be a credential's own passphrase and is never a token's PIN.

mod credentials;
mod document;
mod fields;
mod info;
mod sign;
mod timestamp;

use super::Service;
use crate::app::failure::{Failure, FailureKind};
use crate::http::error::HttpError;
use crate::text::{Explain, Lang};
use axum::Json;
use axum::Router;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use fields::Fields;
use serde_json::json;
use std::time::Duration;

/// Longest body, in bytes: a thousand hashes and room.
const MAX_BODY_BYTES: usize = 512 * 1024;
/// Longest body with documents, in bytes. Larger ones go elsewhere than through JSON.
const MAX_DOCUMENT_BODY_BYTES: usize = 32 << 20;

/// The addresses, under `/csc/{version}`.
pub(super) fn routes() -> Router<Service> {
    let methods = Router::new()
        .route("/info", post(info::info))
        .route("/credentials/list", post(credentials::list))
        .route("/credentials/info", post(credentials::info))
        .route("/credentials/authorize", post(sign::authorize))
        .route("/credentials/authorizeCheck", post(sign::authorize_check))
        .route("/credentials/extendTransaction", post(sign::extend))
        .route("/signatures/signHash", post(sign::sign_hash))
        .route("/signatures/signDoc", post(document::sign_doc))
        .route("/signatures/timestamp", post(timestamp::timestamp));
    Router::new().nest("/csc/v1", methods.clone()).nest("/csc/v2", methods)
}

/// Whether a path belongs here.
pub(super) fn is_ours(path: &str) -> bool {
    path.starts_with("/csc/")
}

/// An error as CSC tells it.
#[derive(Debug)]
pub(super) struct CscError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl CscError {
    /// `400 invalid_request` with one of the specification's texts.
    fn invalid(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description: description.into(),
        }
    }
}

impl From<Failure> for CscError {
    fn from(failure: Failure) -> Self {
        let told = |status, error| Self {
            status,
            error,
            description: failure.explain(Lang::En),
        };
        match (failure.kind(), failure.code()) {
            // How a PIN stands is its operator's affair alone.
            (FailureKind::Pin, _) => {
                log::error!(code = failure.code(), failure:%; "a key cannot be used");
                Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    error: "temporarily_unavailable",
                    description: "The key cannot be used now".to_owned(),
                }
            }
            (_, "certificate_not_found" | "credential_not_allowed") => Self::invalid("Invalid parameter credentialID"),
            (_, "approval_not_found") => Self::invalid("Invalid parameter handle"),
            (_, "sad_invalid") => Self::invalid("Invalid parameter SAD"),
            (_, "sad_hash") => Self::invalid("Hash is not authorized by the SAD"),
            (_, "algorithm_not_for_key") => Self::invalid("Invalid parameter signAlgo"),
            (FailureKind::TooMany, _) => told(StatusCode::TOO_MANY_REQUESTS, "slow_down"),
            (FailureKind::Unavailable | FailureKind::Timeout, _) => {
                told(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            (FailureKind::Invalid | FailureKind::TooLarge | FailureKind::Unreadable, _) => {
                told(StatusCode::BAD_REQUEST, "invalid_request")
            }
            (FailureKind::Unknown, _) => told(StatusCode::UNAUTHORIZED, "invalid_token"),
            (FailureKind::Forbidden, _) => told(StatusCode::FORBIDDEN, "access_denied"),
            _ => told(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }
}

impl IntoResponse for CscError {
    fn into_response(self) -> Response {
        // Clients drop the body of an error; the log is where its operator finds it.
        log::info!(code = "csc_refused", error = self.error, description = self.description.as_str(); "a CSC call was refused");
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut answer = (self.status, Json(body)).into_response();
        let headers = answer.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        answer
    }
}

/// What the guard refused, as CSC tells it.
pub(super) fn told(error: &HttpError) -> Response {
    let status = error.status();
    let name = match status {
        StatusCode::UNAUTHORIZED => "invalid_token",
        StatusCode::FORBIDDEN => "access_denied",
        StatusCode::TOO_MANY_REQUESTS => "slow_down",
        _ => "invalid_request",
    };
    let description = error.explain(Lang::En);
    CscError {
        status,
        error: name,
        description,
    }
    .into_response()
}

/// A JSON object, read within its limit and deadline; an empty body is an empty object.
pub(super) struct Body(Fields);

/// The same with room for documents.
pub(super) struct LargeBody(Fields);

impl FromRequest<Service> for LargeBody {
    type Rejection = CscError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, CscError> {
        let patience = Duration::from_millis(service.limits.idle_deadline_ms);
        read(request, MAX_DOCUMENT_BODY_BYTES, patience).await.map(Self)
    }
}

impl FromRequest<Service> for Body {
    type Rejection = CscError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, CscError> {
        let patience = Duration::from_millis(service.limits.header_deadline_ms);
        read(request, MAX_BODY_BYTES, patience).await.map(Self)
    }
}

async fn read(request: Request, max_bytes: usize, patience: Duration) -> Result<Fields, CscError> {
    // A page's form or script without CORS cannot send this type.
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_json = kind.and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        let name = kind.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("application/json")
    });
    if !is_json {
        return Err(CscError::invalid("The Content-Type is not application/json"));
    }
    let whole = axum::body::to_bytes(request.into_body(), max_bytes);
    let read = tokio::time::timeout(patience, whole).await;
    let bytes = read.map_err(|_| CscError::invalid("The request did not arrive in time"))?;
    let bytes = bytes.map_err(|_| CscError::invalid("The request is too large"))?;
    Fields::parse(&bytes)
}
