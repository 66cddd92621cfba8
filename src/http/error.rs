//! How a failure is told over HTTP: the status, decided here once, and `{"error","message","detail"}` in the reader's language.
//!
//! What the log says about the same failure is written where it happened; this file adds nothing to it.

use crate::app::failure::{Failure, FailureKind};
use crate::text::{Explain, Lang};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Why a request was turned away before any use case saw it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// `Host` is missing, doubled, or not this daemon (DNS rebinding).
    #[error("Host is not this daemon")]
    WrongHost,
    /// The request target is not a plain path.
    #[error("the target is not a path")]
    WrongTarget,
    /// No such address.
    #[error("no such address")]
    NoRoute,
    /// The address exists, the method does not.
    #[error("no such method here")]
    WrongMethod,
    /// `Origin` is `null`, doubled, or malformed.
    #[error("Origin cannot be used")]
    BadOrigin,
    /// The address wants an `Origin` and there is none.
    #[error("Origin is missing")]
    MissingOrigin,
    /// The origin is not an allowed site.
    #[error("the site is not allowed")]
    UnknownOrigin,
    /// No key and no page cookie.
    #[error("the key is missing")]
    MissingKey,
    /// The key is not one of ours, or not for this origin.
    #[error("the key is not valid")]
    BadKey,
    /// The connection belongs to another user of this machine.
    #[error("the connection belongs to another user")]
    OtherUser,
    /// The system does not tell whose the connection is.
    #[error("the connection's user cannot be told")]
    UnknownUser,
    /// Only the daemon's own page may ask this.
    #[error("only the daemon's page may do this")]
    PageOnly,
    /// The body's type is not the one this address takes.
    #[error("the Content-Type is wrong")]
    WrongContentType,
    /// `Sec-Fetch-*` say that this is a navigation, a frame, or a request without CORS.
    #[error("not a request by a script of an allowed page")]
    WrongFetch,
    /// The body is longer than this address takes.
    #[error("more than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// The documents that lie here leave no room for this upload.
    #[error("no room for uploads")]
    UploadsFull,
    /// Too many requests of this caller are under way.
    #[error("too many requests at once")]
    TooMany,
    /// The JSON is not what the address takes.
    #[error("the JSON is wrong: {reason}")]
    BadJson {
        /// What the parser said.
        reason: String,
    },
    /// The multipart body is not what the address takes.
    #[error("the upload is wrong: {reason}")]
    BadUpload {
        /// What is wrong.
        reason: String,
    },
    /// A part of the path or query is malformed.
    #[error("the address is malformed")]
    BadAddress,
    /// The client stopped sending.
    #[error("the client stopped sending")]
    Stalled,
    /// A change does not say which version it changes.
    #[error("If-Match is missing")]
    NoIfMatch,
    /// A header is doubled or malformed.
    #[error("a header is malformed")]
    BadHeader,
}

impl Explain for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongHost => "wrong_host",
            Self::WrongTarget => "wrong_target",
            Self::NoRoute => "no_such_address",
            Self::WrongMethod => "method_not_allowed",
            Self::BadOrigin => "bad_origin",
            Self::MissingOrigin => "missing_origin",
            Self::UnknownOrigin => "site_not_allowed",
            Self::MissingKey => "missing_key",
            Self::BadKey => "bad_key",
            Self::OtherUser => "other_user",
            Self::UnknownUser => "unknown_user",
            Self::PageOnly => "own_page_only",
            Self::WrongContentType => "wrong_content_type",
            Self::WrongFetch => "wrong_fetch_mode",
            Self::TooLarge { .. } => "body_too_large",
            Self::UploadsFull => "uploads_full",
            Self::TooMany => "too_many_requests",
            Self::BadJson { .. } => "bad_json",
            Self::BadUpload { .. } => "bad_upload",
            Self::BadAddress => "bad_address",
            Self::Stalled => "upload_stalled",
            Self::NoIfMatch => "if_match_missing",
            Self::BadHeader => "bad_header",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLarge { max_bytes } => vec![("max_bytes", max_bytes.to_string())],
            Self::BadJson { reason } | Self::BadUpload { reason } => vec![("reason", reason.clone())],
            _ => Vec::new(),
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::WrongTarget | Self::BadJson { .. } | Self::BadUpload { .. } | Self::BadAddress | Self::BadHeader => {
                StatusCode::BAD_REQUEST
            }
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadOrigin
            | Self::MissingOrigin
            | Self::UnknownOrigin
            | Self::OtherUser
            | Self::UnknownUser
            | Self::PageOnly
            | Self::WrongFetch => StatusCode::FORBIDDEN,
            Self::MissingKey | Self::BadKey => StatusCode::UNAUTHORIZED,
            Self::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UploadsFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::NoIfMatch => StatusCode::PRECONDITION_REQUIRED,
        }
    }
}

/// The status of a failed use case.
fn status_of(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::Invalid | FailureKind::Unreadable | FailureKind::Usage => StatusCode::UNPROCESSABLE_ENTITY,
        FailureKind::Unknown => StatusCode::UNAUTHORIZED,
        FailureKind::Forbidden | FailureKind::Pin => StatusCode::FORBIDDEN,
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::Conflict | FailureKind::Cancelled => StatusCode::CONFLICT,
        FailureKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FailureKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        FailureKind::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
        FailureKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What every handler answers when it cannot do what was asked.
#[derive(Clone, Debug)]
pub struct HttpError {
    status: StatusCode,
    why: Why,
}

#[derive(Clone, Debug)]
enum Why {
    Refusal(Refusal),
    Failure(Failure),
}

impl Why {
    fn explain(&self) -> &dyn Explain {
        match self {
            Self::Refusal(refusal) => refusal,
            Self::Failure(failure) => failure,
        }
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status(),
            why: Why::Refusal(refusal),
        }
    }
}

impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        let status = match failure.code() {
            // RFC 9110, 13.1.1: the version of If-Match is not the one that stands there.
            "contract_changed" => StatusCode::PRECONDITION_FAILED,
            _ => status_of(failure.kind()),
        };
        Self {
            status,
            why: Why::Failure(failure),
        }
    }
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Stable `snake_case` code.
    pub error: String,
    /// What happened and what to do, by `Accept-Language` (ja or en).
    pub message: String,
    /// The values that the message names.
    pub detail: BTreeMap<String, String>,
}

impl HttpError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.why.explain().code()
    }

    /// The status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened and what to do.
    pub(super) fn explain(&self, lang: Lang) -> String {
        self.why.explain().explain(lang)
    }

    /// The whole answer in `lang`.
    pub fn told(&self, lang: Lang) -> Response {
        let why = self.why.explain();
        let body = ErrorBody {
            error: why.code().to_owned(),
            message: why.explain(lang),
            detail: why
                .args()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), crate::text::plain(&value)))
                .collect(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(
            self.status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl HttpError {
    /// The same as a page, for a browser that went to an address and shows what comes back.
    pub(super) fn page(&self, lang: Lang) -> Response {
        let html = crate::console::refused(lang, self.code(), &self.explain(lang));
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, super::pages::POLICY),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status, headers, html).into_response()
    }
}

impl IntoResponse for HttpError {
    /// An empty answer that carries the error; `caller::guard` tells it in the language that the request asked for.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has;

    #[test]
    fn every_refusal_is_told_in_both_languages() {
        let text = || "x".to_owned();
        let all = [
            Refusal::WrongHost,
            Refusal::WrongTarget,
            Refusal::NoRoute,
            Refusal::WrongMethod,
            Refusal::BadOrigin,
            Refusal::MissingOrigin,
            Refusal::UnknownOrigin,
            Refusal::MissingKey,
            Refusal::BadKey,
            Refusal::OtherUser,
            Refusal::UnknownUser,
            Refusal::PageOnly,
            Refusal::WrongContentType,
            Refusal::WrongFetch,
            Refusal::TooLarge { max_bytes: 1 },
            Refusal::TooMany,
            Refusal::BadJson { reason: text() },
            Refusal::BadUpload { reason: text() },
            Refusal::BadAddress,
            Refusal::Stalled,
            Refusal::NoIfMatch,
            Refusal::BadHeader,
        ];
        let mut codes: Vec<_> = all.iter().map(Explain::code).collect();
        for code in &codes {
            let id = code.replace('_', "-");
            assert!(has(Lang::Ja, &id) && has(Lang::En, &id), "{id}");
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all.len(), "each refusal has its own code");
    }
}
