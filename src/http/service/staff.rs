//! `/v1/session`, `/v1/invitation`, `/v1/people`: who signs in, who is invited, who may do what. From the server's own pages alone.

use super::{Service, body, cookie, guard};
use crate::app::failure::{Failure, FailureKind};
use crate::app::people::{Decider, PersonView, PersonWanted, SectionWanted};
use crate::app::sign_in::{InvitationView, Shown, Staff, StaffView};
use crate::http::error::{ErrorBody, HttpError, Refusal};
use crate::secret::Pin;
use axum::Extension;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The addresses.
pub(super) fn routes() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, show, act_for, sign_out))
        .routes(routes!(invitation, enrol))
        .routes(routes!(people, add))
        .routes(routes!(change, revoke))
        .routes(routes!(invite))
}

/// A JSON body, and from where it came.
pub(super) struct Said<T> {
    said: T,
    ip: Option<IpAddr>,
}

impl<T: DeserializeOwned> FromRequest<Service> for Said<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, HttpError> {
        let (parts, body) = request.into_parts();
        let (said, _) = body::json(service, &parts, body).await?;
        Ok(Self {
            said,
            ip: guard::ip(&parts),
        })
    }
}

/// What somebody shows to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The mail address.
    address: String,
    /// The password.
    password: String,
    /// Six digits from the telephone.
    code: String,
}

/// For which section somebody acts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acting {
    /// Its id.
    section: String,
}

/// An invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Invited {
    /// What stands behind `#` in its address.
    invitation: String,
}

/// An invitation that is taken up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Enrolling {
    /// What stands behind `#` in its address.
    invitation: String,
    /// The new password.
    password: String,
    /// Six digits from the telephone.
    code: String,
}

/// What somebody may do in the administrator's section.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Roles {
    /// drafter, approver, custodian, auditor, administrator.
    roles: Vec<String>,
}

/// A person, and where they enrol: told once.
#[derive(Serialize, ToSchema)]
pub(super) struct Added {
    person: PersonView,
    invitation: Option<String>,
}

/// Where a person enrols: told once.
#[derive(Serialize, ToSchema)]
pub(super) struct Invitation {
    invitation: String,
}

fn shown(password: String, code: String, ip: Option<IpAddr>) -> Result<Shown, HttpError> {
    let password = Pin::new(password.into_bytes());
    let password = password.ok_or(Failure::new(FailureKind::Forbidden, "sign_in_refused"))?;
    Ok(Shown { password, code, ip })
}

/// The answer to whom a session was opened, or ended.
fn opened(service: &Service, secret: &str) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie::set(secret, service.app.own_origin()) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

/// Signs in: the cookie of the answer is the session.
#[utoipa::path(post, path = "/v1/session", request_body = SignIn, responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn sign_in(
    State(service): State<Service>,
    Said { said, ip }: Said<SignIn>,
) -> Result<Response, HttpError> {
    let shown = shown(said.password, said.code, ip)?;
    Ok(opened(&service, &service.app.sign_in(&said.address, shown).await?))
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/session", responses((status = 200, body = StaffView), (status = 401, body = ErrorBody)))]
pub(super) async fn show(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
) -> Result<Json<StaffView>, HttpError> {
    Ok(Json(service.app.staff_view(&staff).await?))
}

/// Acts for another section from now on.
#[utoipa::path(put, path = "/v1/session", request_body = Acting, responses((status = 204), (status = 403, body = ErrorBody)))]
pub(super) async fn act_for(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
    Said { said, .. }: Said<Acting>,
) -> Result<Response, HttpError> {
    Ok(opened(&service, &service.app.act_for(&staff, &said.section).await?))
}

/// Signs out.
#[utoipa::path(delete, path = "/v1/session", responses((status = 204)))]
pub(super) async fn sign_out(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
) -> Result<Response, HttpError> {
    service.app.sign_out(&staff).await?;
    Ok(opened(&service, ""))
}

/// Whom an invitation is for, and the secret for their telephone; changes nothing.
#[utoipa::path(post, path = "/v1/invitation", request_body = Invited, responses(
    (status = 200, body = InvitationView), (status = 404, body = ErrorBody)))]
pub(super) async fn invitation(
    State(service): State<Service>,
    Said { said, .. }: Said<Invited>,
) -> Result<Json<InvitationView>, HttpError> {
    Ok(Json(service.app.invitation(&said.invitation).await?))
}

/// Takes an invitation up, and signs in.
#[utoipa::path(put, path = "/v1/invitation", request_body = Enrolling, responses(
    (status = 204), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn enrol(
    State(service): State<Service>,
    Said { said, ip }: Said<Enrolling>,
) -> Result<Response, HttpError> {
    let shown = shown(said.password, said.code, ip)?;
    Ok(opened(&service, &service.app.enrol(&said.invitation, shown).await?))
}

/// The people of the administrator's section.
#[utoipa::path(get, path = "/v1/people", responses((status = 200, body = Vec<PersonView>), (status = 403, body = ErrorBody)))]
pub(super) async fn people(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
) -> Result<Json<Vec<PersonView>>, HttpError> {
    Ok(Json(
        service.app.people(&Decider::Administrator(Box::new(staff))).await?,
    ))
}

/// Gives a person roles in the administrator's section; somebody new is invited.
#[utoipa::path(post, path = "/v1/people", request_body = PersonWanted, responses(
    (status = 201, body = Added), (status = 422, body = ErrorBody)))]
pub(super) async fn add(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
    Said { said, .. }: Said<PersonWanted>,
) -> Result<Response, HttpError> {
    let section = SectionWanted {
        organisation: staff.section.organisation.clone(),
        name: staff.section.name.clone(),
        address: None,
        telephone: None,
    };
    let decider = Decider::Administrator(Box::new(staff));
    let (person, invitation) = service.app.add_person(&decider, section, said).await?;
    Ok((StatusCode::CREATED, Json(Added { person, invitation })).into_response())
}

/// Writes what a person may do in the administrator's section anew.
#[utoipa::path(put, path = "/v1/people/{id}", request_body = Roles, params(("id" = String, Path)), responses(
    (status = 200, body = PersonView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
    address: Result<Path<String>, PathRejection>,
    Said { said, .. }: Said<Roles>,
) -> Result<Json<PersonView>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    Ok(Json(service.app.change_roles(&staff, &id, &said.roles).await?))
}

/// Revokes a person's account.
#[utoipa::path(delete, path = "/v1/people/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn revoke(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
    address: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    service
        .app
        .revoke_person(&Decider::Administrator(Box::new(staff)), &id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Invites a person anew, who lost the telephone or the password.
#[utoipa::path(post, path = "/v1/people/{id}/invitation", params(("id" = String, Path)), responses(
    (status = 200, body = Invitation), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn invite(
    State(service): State<Service>,
    Extension(staff): Extension<Staff>,
    address: Result<Path<String>, PathRejection>,
) -> Result<Json<Invitation>, HttpError> {
    let Path(id) = address.map_err(|_| Refusal::BadAddress)?;
    let invitation = service
        .app
        .invite_again(&Decider::Administrator(Box::new(staff)), &id)
        .await?;
    Ok(Json(Invitation { invitation }))
}
