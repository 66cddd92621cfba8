//! `/s/{link}/...`: what a signer does behind their link. GET changes nothing and is no event; a person's POST acts.
//!
//! The link itself is who asks. A browser may call from the server's own pages alone; nothing here ever carries a CORS header.

mod party;

use super::guard::language;
use super::{Service, body};
use crate::app::contracts::{Agreement, PageView, SigningView, Visitor};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use crate::http::peer::Peer;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The addresses.
pub(super) fn routes() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(document))
        .routes(routes!(page))
        .routes(routes!(open))
        .routes(routes!(send_code))
        .routes(routes!(confirm))
        .routes(routes!(sign))
        .routes(routes!(decline))
        .routes(routes!(disown))
        .routes(routes!(party::manifest))
        .routes(routes!(party::files))
        .routes(routes!(party::file, party::take))
        .routes(routes!(party::pending))
}

/// Who calls, by the address.
pub(super) struct By(pub(super) Visitor);

impl FromRequestParts<Service> for By {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &Service) -> Result<Self, HttpError> {
        let link = parts.uri.path().split('/').nth(2).unwrap_or_default().to_owned();
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self(Visitor {
            link,
            ip: parts.extensions.get::<Peer>().map(|peer| peer.remote.ip()),
            agent: agent.map(str::to_owned),
        }))
    }
}

/// The same with a JSON body.
pub(super) struct Said<T>(Visitor, T);

impl<T: DeserializeOwned> FromRequest<Service> for Said<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, HttpError> {
        let (mut parts, body) = request.into_parts();
        let By(visitor) = By::from_request_parts(&mut parts, service).await?;
        let (said, _) = body::json(service, &parts, body).await?;
        Ok(Self(visitor, said))
    }
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Six digits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    /// As the mail says.
    code: String,
}

/// Who gave the right code is known by this for an hour.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    session: String,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// What the person says.
    #[serde(default)]
    text: String,
}

/// What the signer sees.
#[utoipa::path(get, path = "/s/{link}/contract", params(("link" = String, Path)), responses(
    (status = 200, body = SigningView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(State(service): State<Service>, By(visitor): By) -> Result<Json<SigningView>, HttpError> {
    Ok(Json(service.app.signing_view(&visitor).await?))
}

/// The newest revision of document `n`, once the request was opened.
#[utoipa::path(get, path = "/s/{link}/documents/{n}", params(("link" = String, Path), ("n" = u16, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn document(
    State(service): State<Service>,
    address: Result<Path<(String, u16)>, PathRejection>,
    By(visitor): By,
) -> Result<Response, HttpError> {
    let Path((_, n)) = address.map_err(|_| Refusal::BadAddress)?;
    let (path, bytes) = service.app.signing_document(&visitor, n).await?;
    super::contracts::file(&path, bytes).await
}

/// Page `p` of the newest revision of document `n`, as picture and text; both count from 1.
#[utoipa::path(get, path = "/s/{link}/documents/{n}/pages/{p}",
    params(("link" = String, Path), ("n" = u16, Path), ("p" = u32, Path)), responses(
    (status = 200, body = PageView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn page(
    State(service): State<Service>,
    address: Result<Path<(String, u16, u32)>, PathRejection>,
    headers: HeaderMap,
    By(visitor): By,
) -> Result<Json<PageView>, HttpError> {
    let Path((_, n, p)) = address.map_err(|_| Refusal::BadAddress)?;
    let lang = language(&headers);
    Ok(Json(service.app.signing_page(&visitor, (n, p), lang).await?))
}

/// A person opened the request.
#[utoipa::path(post, path = "/s/{link}/open", request_body = Nothing, params(("link" = String, Path)), responses(
    (status = 200, body = SigningView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn open(
    State(service): State<Service>,
    Said(visitor, Nothing {}): Said<Nothing>,
) -> Result<Json<SigningView>, HttpError> {
    Ok(Json(service.app.open_request(&visitor).await?))
}

/// Sends a code to the signer's mail address.
#[utoipa::path(post, path = "/s/{link}/code", request_body = Nothing, params(("link" = String, Path)), responses(
    (status = 202), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn send_code(
    State(service): State<Service>,
    Said(visitor, Nothing {}): Said<Nothing>,
) -> Result<StatusCode, HttpError> {
    service.app.send_code(&visitor).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The code that the mail says.
#[utoipa::path(post, path = "/s/{link}/confirm", request_body = Code, params(("link" = String, Path)), responses(
    (status = 200, body = Session), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn confirm(
    State(service): State<Service>,
    Said(visitor, code): Said<Code>,
) -> Result<Json<Session>, HttpError> {
    let session = service.app.confirm_code(&visitor, &code.code).await?;
    Ok(Json(Session { session }))
}

/// The signer agrees: the signatures are made from now on.
#[utoipa::path(post, path = "/s/{link}/sign", request_body = Agreement, params(("link" = String, Path)), responses(
    (status = 202, body = SigningView), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn sign(
    State(service): State<Service>,
    Said(visitor, agreement): Said<Agreement>,
) -> Result<Response, HttpError> {
    let view = service.app.agree(&visitor, agreement).await?;
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// The signer refuses; the contract ends.
#[utoipa::path(post, path = "/s/{link}/decline", request_body = Reason, params(("link" = String, Path)), responses(
    (status = 200, body = SigningView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn decline(
    State(service): State<Service>,
    Said(visitor, reason): Said<Reason>,
) -> Result<Json<SigningView>, HttpError> {
    Ok(Json(service.app.decline_request(&visitor, &reason.text).await?))
}

/// The addressee knows nothing of it.
#[utoipa::path(post, path = "/s/{link}/disown", request_body = Reason, params(("link" = String, Path)), responses(
    (status = 200, body = SigningView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn disown(
    State(service): State<Service>,
    Said(visitor, reason): Said<Reason>,
) -> Result<Json<SigningView>, HttpError> {
    Ok(Json(service.app.disown_request(&visitor, &reason.text).await?))
}
