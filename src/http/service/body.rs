//! A JSON body of a call to the server: of that type alone, within its size and time. Who calls was settled before.

use super::Service;
use crate::http::error::{HttpError, Refusal};
use crate::http::routes::MAX_JSON_BYTES;
use axum::body::{Body, Bytes};
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The whole body and what it says.
///
/// # Errors
/// Another type than `application/json`, which a page's form or script without CORS cannot send; too long, too slow, or not what was asked for.
pub(super) async fn json<T: DeserializeOwned>(
    service: &Service,
    parts: &Parts,
    body: Body,
) -> Result<(T, Bytes), HttpError> {
    let kind = header(parts, &CONTENT_TYPE)?.unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::WrongContentType.into());
    }
    let max_bytes = MAX_JSON_BYTES;
    let whole = axum::body::to_bytes(body, usize::try_from(max_bytes).unwrap_or(usize::MAX));
    let patience = Duration::from_millis(service.limits.header_deadline_ms);
    let read = tokio::time::timeout(patience, whole)
        .await
        .map_err(|_| Refusal::Stalled)?;
    let bytes = read.map_err(|_| Refusal::TooLarge { max_bytes })?;
    let bad = |error: serde_json::Error| Refusal::BadJson {
        reason: error.to_string(),
    };
    Ok((serde_json::from_slice(&bytes).map_err(bad)?, bytes))
}

/// A header that may stand once.
pub(super) fn header<'p>(parts: &'p Parts, name: &HeaderName) -> Result<Option<&'p str>, Refusal> {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refusal::BadHeader),
        (Some(_), Some(_)) => Err(Refusal::BadHeader),
    }
}
