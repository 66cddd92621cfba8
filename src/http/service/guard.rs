//! Who calls a server, settled before anything else looks at a request: address, key or certificate, scope, rate, number; in this order.
//!
//! A refused request reaches no handler. Browsers come from the server's own pages alone, as signers behind their links or as staff with their cookie: no
//! answer ever carries a CORS header.

use super::routes::{Need, Rule, SERVER};
use super::{Service, cookie, csc};
use crate::access::Principal;
use crate::access::client::Scope;
use crate::access::person::Role;
use crate::app::access_token::ACCESS_TOKEN_PREFIX;
use crate::app::clients::ClientView;
use crate::app::failure::{Failure, FailureKind};
use crate::app::sign_in::Staff;
use crate::http::error::{HttpError, Refusal};
use crate::http::limits::{Counted, Held};
use crate::http::peer::Peer;
use crate::http::routes::covers;
use crate::http::tls::ClientCertificate;
use crate::secret::ApiKey;
use crate::text::Lang;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::time::Instant;

/// Headers of every answer: nothing is kept, framed or guessed at, and no link is told to another site.
const SAFE: [(HeaderName, &str); 4] = [
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Tries to sign in or to enrol from one address within a minute.
const MAX_VISITS_PER_MINUTE: u32 = 60;
/// Calls of one person within a minute: a page with many pictures, and a hurried reader.
const MAX_STAFF_PER_MINUTE: u32 = 1_200;
/// Files that anybody may have verified from one place within a minute.
const MAX_ANYBODY_PER_MINUTE: u32 = 30;

/// Longest link that is counted for itself.
const MAX_LINK_CHARS: usize = 100;

/// What handlers learn about their caller.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) client: ClientView,
}

/// Who calls.
enum Admitted {
    Anybody,
    Client(ClientView),
    Staff(Staff),
}

/// The outermost layer.
pub(super) async fn guard(State(service): State<Service>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (lang, is_csc) = (language(&parts.headers), csc::is_ours(parts.uri.path()));
    let answer = match admit(&service, &parts).await {
        Err(error) => error.into_response(),
        Ok(admitted) => {
            let counted = match &admitted {
                Admitted::Anybody => link(parts.uri.path()).map_or(Counted::Strangers, Counted::Link),
                Admitted::Client(client) => Counted::Known(Principal::Client { id: client.id.clone() }),
                Admitted::Staff(staff) => Counted::Known(staff.principal()),
            };
            match service.in_flight.enter(counted, service.limits.max_requests_per_caller) {
                None => HttpError::from(Refusal::TooMany).into_response(),
                Some(permit) => {
                    match admitted {
                        Admitted::Anybody => {}
                        Admitted::Client(client) => {
                            parts.extensions.insert(Caller { client });
                        }
                        Admitted::Staff(staff) => {
                            parts.extensions.insert(staff);
                        }
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
        // A page brings a policy of its own.
        let header = answer.headers_mut().entry(name);
        header.or_insert(HeaderValue::from_static(value));
    }
    answer
}

/// What the table knows and the router does not, such as `/csc/v3`.
pub(super) async fn nothing() -> HttpError {
    Refusal::NoRoute.into()
}

async fn admit(service: &Service, request: &Parts) -> Result<Admitted, HttpError> {
    let rule = find(request)?;
    check_origin(service, request, rule)?;
    match rule.need {
        Need::Nothing | Need::Link => Ok(Admitted::Anybody),
        Need::Anybody => {
            let place = ip(request).map(|ip| format!("anybody {ip}")).unwrap_or_default();
            count(service, &place, MAX_ANYBODY_PER_MINUTE)?;
            Ok(Admitted::Anybody)
        }
        Need::Visitor => {
            let peer = request.extensions.get::<Peer>();
            let ip = peer
                .map(|peer| format!("visitor {}", peer.remote.ip()))
                .unwrap_or_default();
            count(service, &ip, MAX_VISITS_PER_MINUTE)?;
            Ok(Admitted::Anybody)
        }
        Need::Staff(roles) => staff(service, request, roles).await.map(Admitted::Staff),
        Need::Contracts(roles) if is_signed_in(request) => {
            let staff = staff(service, request, roles).await?;
            if rule.method == Method::GET {
                service.app.note_look(&staff, request.uri.path(), ip(request)).await?;
            }
            Ok(Admitted::Staff(staff))
        }
        Need::Contracts(_) => client(service, request, &[Scope::Contracts]).await,
        Need::Client => client(service, request, &[]).await,
        Need::Scope(scope) => client(service, request, &[scope]).await,
        Need::Either(one, other) => client(service, request, &[one, other]).await,
    }
}

/// A browser on a page of ours, or no browser. What a cookie stands for is changed only where the browser says that a page of ours asks.
fn check_origin(service: &Service, request: &Parts, rule: &Rule) -> Result<(), Refusal> {
    let by_cookie = match rule.need {
        Need::Visitor | Need::Staff(_) => true,
        // A page that is signed out already asks without cookie, and learns that it is.
        Need::Contracts(_) => is_signed_in(request) || is_page(request),
        Need::Nothing | Need::Anybody | Need::Client | Need::Link | Need::Scope(_) | Need::Either(..) => false,
    };
    // Browsers name the page even where it loads its own scripts.
    let open = matches!(rule.need, Need::Link | Need::Anybody | Need::Nothing);
    let own = service.app.own_origin().filter(|_| by_cookie || open);
    let foreign = |site: &HeaderValue| !matches!(site.as_bytes(), b"same-origin" | b"none");
    match request.headers.get(header::ORIGIN) {
        Some(origin) if own.is_none_or(|own| origin.as_bytes() != own.as_bytes()) => Err(Refusal::UnknownOrigin),
        None if by_cookie && rule.method != Method::GET => Err(Refusal::MissingOrigin),
        None if by_cookie && request.headers.get("sec-fetch-site").is_some_and(foreign) => Err(Refusal::WrongFetch),
        _ => Ok(()),
    }
}

/// The client, when it has one of these scopes; none named: any client.
async fn client(service: &Service, request: &Parts, scopes: &[Scope]) -> Result<Admitted, HttpError> {
    let client = identify(service, request).await?;
    let mut lacking = None;
    for scope in scopes {
        lacking = service.app.check_scope(&client, *scope).err();
        if lacking.is_none() {
            break;
        }
    }
    match lacking {
        Some(failure) => Err(failure.into()),
        None => {
            count(service, &client.id, client.per_minute)?;
            Ok(Admitted::Client(client))
        }
    }
}

/// Whoever is signed in, when they have one of these roles.
async fn staff(service: &Service, request: &Parts, roles: &[Role]) -> Result<Staff, HttpError> {
    let session = cookie::session(&request.headers, service.app.own_origin());
    let session = session.ok_or(Failure::new(FailureKind::Unknown, "sign_in_needed"))?;
    let staff = service.app.staff(session).await?;
    count(service, &staff.principal().to_string(), MAX_STAFF_PER_MINUTE)?;
    match roles.is_empty() || staff.has(roles) {
        true => Ok(staff),
        false => Err(Failure::new(FailureKind::Forbidden, "role_missing").into()),
    }
}

/// A cookie counts only where no key is shown: a key never stands for more than it is.
fn is_signed_in(request: &Parts) -> bool {
    let shown = request.headers.contains_key(header::AUTHORIZATION);
    !shown && cookie::any(&request.headers)
}

/// A browser asks, and shows no key.
fn is_page(request: &Parts) -> bool {
    request.headers.contains_key(header::ORIGIN) && !request.headers.contains_key(header::AUTHORIZATION)
}

fn count(service: &Service, caller: &str, per_minute: u32) -> Result<(), Failure> {
    let counted = service.rates.count(caller, per_minute, Instant::now());
    counted
        .map_err(|seconds| Failure::new(FailureKind::TooMany, "client_too_often").with("seconds", seconds.to_string()))
}

/// From where.
pub(super) fn ip(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<Peer>().map(|peer| peer.remote.ip())
}

fn find(request: &Parts) -> Result<&'static Rule, Refusal> {
    let path = request.uri.path();
    let mut here = SERVER.iter().filter(|rule| covers(rule.path, path)).peekable();
    if here.peek().is_none() {
        return Err(Refusal::NoRoute);
    }
    // Whoever looks at a page with HEAD gets the head of what GET gives.
    let seen = |rule: &Rule| rule.method == Method::GET && request.method == Method::HEAD && rule.need == Need::Link;
    here.find(|rule| rule.method == request.method || seen(rule))
        .ok_or(Refusal::WrongMethod)
}

/// The link in a signer's address: each is counted for itself, so that many readers do not keep one another out.
fn link(path: &str) -> Option<String> {
    let link = path.strip_prefix("/s/")?.split('/').next()?;
    (link.len() <= MAX_LINK_CHARS).then(|| link.to_owned())
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
pub(super) fn language(headers: &HeaderMap) -> Lang {
    let header = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    header.map_or_else(Lang::default, Lang::from_accept_language)
}
