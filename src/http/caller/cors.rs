//! The headers that let one page read an answer, and those that keep every answer harmless.
//!
//! Never `*`: an answer is readable by the origin that asked, when it may, and by nobody else.

use super::super::routes::Rule;
use crate::access::Origin;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

const PERMISSIONS_POLICY: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()";
/// For answers that are not pages: nothing may run or load, nobody may frame them.
const NOTHING_RUNS: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The answer to a preflight whose origin may ask.
pub(super) fn preflight(rule: &Rule) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    if let Ok(method) = HeaderValue::from_str(rule.method.as_str()) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method);
    }
    let allowed = HeaderValue::from_static("authorization, content-type, prefer");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Puts on every answer who may read it and what it may do.
pub(super) fn stamp(headers: &mut HeaderMap, readable_by: Option<&Origin>) {
    if let Some(value) = readable_by.and_then(|origin| HeaderValue::from_str(origin.as_str()).ok()) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, value);
        let exposed = HeaderValue::from_static("content-disposition, location, preference-applied, retry-after");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    headers.insert(VARY, HeaderValue::from_static("origin, accept-language, cookie"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        same_origin.clone(),
    );
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), same_origin);
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(PERMISSIONS_POLICY),
    );
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NOTHING_RUNS));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
