//! `POST /oauth2/token` (RFC 6749, client credentials): a client's id and API key become an access token. No other grant is known.

use super::Service;
use crate::app::access_token::ACCESS_TOKEN_LIFE;
use crate::app::failure::{Failure, FailureKind};
use crate::secret::ApiKey;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

const MAX_BODY_BYTES: usize = 8 * 1024;

/// RFC 6749, 5.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OauthError {
    InvalidRequest,
    InvalidClient,
    UnsupportedGrant,
    TooOften,
    Unavailable,
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::UnsupportedGrant => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::TooOften => (StatusCode::TOO_MANY_REQUESTS, "slow_down"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        };
        let mut answer = (status, Json(json!({ "error": error }))).into_response();
        if self == Self::InvalidClient {
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        answer
    }
}

/// The form of a request for a token.
pub(super) struct Form {
    grant: String,
    client: Option<(String, ApiKey)>,
}

impl FromRequest<Service> for Form {
    type Rejection = OauthError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, OauthError> {
        let basic = basic(request.headers())?;
        let whole = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES);
        let patience = Duration::from_millis(service.limits.header_deadline_ms);
        let read = tokio::time::timeout(patience, whole)
            .await
            .map_err(|_| OauthError::InvalidRequest)?;
        let bytes = read.map_err(|_| OauthError::InvalidRequest)?;
        let (mut grant, mut id, mut secret) = (None, None, None);
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = split(pair, b'=').ok_or(OauthError::InvalidRequest)?;
            match name {
                b"grant_type" => grant = Some(plain(value)?),
                b"client_id" => id = Some(plain(value)?),
                b"client_secret" => secret = Some(key(value)?),
                // Scopes are the client's own; asking for fewer is not offered.
                _ => {}
            }
        }
        let client = match (basic, id, secret) {
            (Some(basic), _, None) => Some(basic),
            (None, Some(id), Some(secret)) => Some((id, secret)),
            (None, _, None) => None,
            // RFC 6749, 2.3: one way of authentication in each request.
            _ => return Err(OauthError::InvalidRequest),
        };
        Ok(Self {
            grant: grant.ok_or(OauthError::InvalidRequest)?,
            client,
        })
    }
}

/// `POST /oauth2/token`
pub(super) async fn token(State(service): State<Service>, form: Form) -> Result<Response, OauthError> {
    if form.grant != "client_credentials" {
        return Err(OauthError::UnsupportedGrant);
    }
    let (id, key) = form.client.ok_or(OauthError::InvalidClient)?;
    let client = service
        .app
        .client_by_key(&key)
        .await
        .map_err(|failure| refused(&failure))?;
    let counted = service.rates.count(&client.id, client.per_minute, Instant::now());
    counted.map_err(|_| OauthError::TooOften)?;
    let token = service
        .app
        .access_token(&id, &key)
        .await
        .map_err(|failure| refused(&failure))?;
    let text = String::from_utf8_lossy(token.expose()).into_owned();
    let body = json!({ "access_token": text, "token_type": "Bearer", "expires_in": ACCESS_TOKEN_LIFE.as_secs() });
    Ok(Json(body).into_response())
}

fn refused(failure: &Failure) -> OauthError {
    match failure.kind() {
        FailureKind::Unknown => OauthError::InvalidClient,
        _ => OauthError::Unavailable,
    }
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, ApiKey)>, OauthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value
        .as_bytes()
        .strip_prefix(b"Basic ")
        .ok_or(OauthError::InvalidClient)?;
    let decoded = Zeroizing::new(STANDARD.decode(text).map_err(|_| OauthError::InvalidClient)?);
    let (id, secret) = split(&decoded, b':').ok_or(OauthError::InvalidClient)?;
    Ok(Some((plain(id)?, key(secret)?)))
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == at)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// Ids and keys are of `A-Z a-z 0-9 _ -`, so that nothing in them is ever percent-encoded.
fn plain(value: &[u8]) -> Result<String, OauthError> {
    let good = value.len() <= 256
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    match good {
        true => Ok(String::from_utf8_lossy(value).into_owned()),
        false => Err(OauthError::InvalidRequest),
    }
}

fn key(value: &[u8]) -> Result<ApiKey, OauthError> {
    ApiKey::new(value.to_vec()).ok_or(OauthError::InvalidRequest)
}
