//! Who calls a server, settled before anything else looks at a request: address, key or certificate, scope, rate, number; in this order.
//!
//! A refused request reaches no handler. Browsers have no business here: no answer ever carries a CORS header.

use super::Service;
use super::csc;
use super::routes::{Need, Rule, SERVER};
use crate::access::Principal;
use crate::app::access_token::ACCESS_TOKEN_PREFIX;
use crate::app::clients::ClientView;
use crate::app::failure::{Failure, FailureKind};
use crate::http::error::{HttpError, Refusal};
use crate::http::limits::{Counted, Held};
use crate::http::routes::covers;
use crate::http::tls::ClientCertificate;
use crate::secret::ApiKey;
use crate::text::Lang;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;

/// Headers of every answer: nothing is kept, framed or guessed at.
const SAFE: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// What handlers learn about their caller.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) client: ClientView,
}

/// The outermost layer.
pub(super) async fn guard(State(service): State<Service>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (lang, is_csc) = (language(&parts.headers), csc::is_ours(parts.uri.path()));
    let answer = match admit(&service, &parts).await {
        Err(error) => error.into_response(),
        Ok(admitted) => {
            let counted = match &admitted {
                None => Counted::Strangers,
                Some(client) => Counted::Known(Principal::Client { id: client.id.clone() }),
            };
            match service.in_flight.enter(counted, service.limits.max_requests_per_caller) {
                None => HttpError::from(Refusal::TooMany).into_response(),
                Some(permit) => {
                    if let Some(client) = admitted {
                        parts.extensions.insert(Caller { client });
                    }
                    let answer = next.run(Request::from_parts(parts, body)).await;
                    answer.map(|body| Body::new(Held { body, _permit: permit }))
                }
            }
        }
    };
    let mut answer = match answer.extensions().get::<HttpError>() {
        Some(error) if is_csc => csc::told(error),
        Some(error) => error.told(lang),
        None => answer,
    };
    for (name, value) in SAFE {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What the table knows and the router does not, such as `/csc/v3`.
pub(super) async fn nothing() -> HttpError {
    Refusal::NoRoute.into()
}

/// The client; `None` on addresses that anybody may ask.
async fn admit(service: &Service, request: &Parts) -> Result<Option<ClientView>, HttpError> {
    let rule = find(request)?;
    if let Some(origin) = request.headers.get(header::ORIGIN) {
        let own = service.app.own_origin().filter(|_| rule.need == Need::Link);
        if own.is_none_or(|own| origin.as_bytes() != own.as_bytes()) {
            return Err(Refusal::UnknownOrigin.into());
        }
    }
    if matches!(rule.need, Need::Nothing | Need::Link) {
        return Ok(None);
    }
    let client = identify(service, request).await?;
    match rule.need {
        Need::Nothing | Need::Link | Need::Client => {}
        Need::Scope(scope) => service.app.check_scope(&client, scope)?,
        Need::Either(one, other) => match service.app.check_scope(&client, other) {
            Ok(()) => {}
            Err(_) => service.app.check_scope(&client, one)?,
        },
    }
    let counted = service.rates.count(&client.id, client.per_minute, Instant::now());
    counted.map_err(|seconds| {
        Failure::new(FailureKind::TooMany, "client_too_often").with("seconds", seconds.to_string())
    })?;
    Ok(Some(client))
}

fn find(request: &Parts) -> Result<&'static Rule, Refusal> {
    let path = request.uri.path();
    let mut here = SERVER.iter().filter(|rule| covers(rule.path, path)).peekable();
    if here.peek().is_none() {
        return Err(Refusal::NoRoute);
    }
    here.find(|rule| rule.method == request.method)
        .ok_or(Refusal::WrongMethod)
}

/// A key that is shown counts, good or bad; without one the certificate of the connection does.
async fn identify(service: &Service, request: &Parts) -> Result<ClientView, HttpError> {
    let mut shown = request.headers.get_all(header::AUTHORIZATION).iter();
    match (
        shown.next(),
        shown.next(),
        request.extensions.get::<ClientCertificate>(),
    ) {
        (Some(value), None, _) => {
            let key = value.as_bytes().strip_prefix(b"Bearer ").ok_or(Refusal::BadKey)?;
            if let Some(token) = jwt(key) {
                return Ok(service.app.client_by_jwt(token).await?);
            }
            let key = ApiKey::new(key.to_vec()).ok_or(Refusal::BadKey)?;
            match key.expose().starts_with(ACCESS_TOKEN_PREFIX.as_bytes()) {
                true => Ok(service.app.client_by_access_token(&key).await?),
                false => Ok(service.app.client_by_key(&key).await?),
            }
        }
        (None, _, Some(certificate)) => Ok(service.app.client_by_certificate(&certificate.0).await?),
        (None, _, None) => Err(Refusal::MissingKey.into()),
        (Some(_), Some(_), _) => Err(Refusal::BadKey.into()),
    }
}

/// A bearer that has the form of a JSON Web Token: no key and no access token of ours has a dot.
fn jwt(bearer: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bearer).ok()?;
    (text.split('.').count() == 3).then_some(text)
}

/// The first of our languages in `Accept-Language`; Japanese without one.
fn language(headers: &HeaderMap) -> Lang {
    let header = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    header.map_or_else(Lang::default, Lang::from_accept_language)
}
