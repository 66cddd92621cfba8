//! Who asks, settled before anything else looks at a request: host, origin, user, key, type, fetch mode, size, number; in this order.
//!
//! What the headers alone tell is judged in `caller::head`, without I/O; here it is held against the allowed sites and keys. A refused request reaches no handler.

mod cors;
mod head;

use super::desk::Desk;
use super::error::{HttpError, Refusal};
use super::limits::{Counted, Held};
use super::peer::{Peer, User};
use super::routes::{Audience, Rule};
use crate::access::{Origin, Principal};
use crate::app::pairings::Known;
use crate::text::Lang;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
pub(super) use head::cookie_name;
use head::{Credential, Examined, Source};

/// What handlers learn about their caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// On whose behalf; absent on addresses that anybody may ask.
    pub who: Option<Known>,
    /// The site's origin, where a site asks.
    pub origin: Option<Origin>,
    /// The language that the answer is read in.
    pub lang: Lang,
    /// Our port, which the proof to a site covers.
    pub port: u16,
}

impl Caller {
    /// The principal, on addresses that only a known caller reaches.
    ///
    /// # Errors
    /// `missing_key`; the guard lets nobody through to such an address without one.
    pub fn known(&self) -> Result<&Principal, HttpError> {
        Ok(&self.identified()?.principal)
    }

    /// The principal with what its key may do.
    ///
    /// # Errors
    /// As [`Caller::known`].
    pub fn identified(&self) -> Result<&Known, HttpError> {
        self.who.as_ref().ok_or_else(|| Refusal::MissingKey.into())
    }

    /// The site's origin, on addresses that demand one.
    ///
    /// # Errors
    /// `missing_origin`; the guard lets nobody through to such an address without one.
    pub fn site(&self) -> Result<&Origin, HttpError> {
        self.origin.as_ref().ok_or_else(|| Refusal::MissingOrigin.into())
    }
}

enum Admitted {
    Preflight(&'static Rule),
    Caller(Caller, Counted),
}

/// The outermost layer: admits or refuses, tells errors in the reader's language, and puts the same safe headers on every answer.
pub(super) async fn guard(
    State(desk): State<Desk>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = language(&parts.headers);
    let reader = is_read_as_page(&parts.headers);
    let mut readable_by = None;
    let admitted = admit(&desk, &peer, &parts, &mut readable_by).await;
    let answer = match admitted {
        Ok(Admitted::Preflight(rule)) => cors::preflight(rule),
        Ok(Admitted::Caller(caller, counted)) => {
            match desk.in_flight.enter(counted, desk.limits.max_requests_per_caller) {
                None => HttpError::from(Refusal::TooMany).into_response(),
                Some(permit) => {
                    parts.extensions.insert(caller);
                    let answer = next.run(Request::from_parts(parts, body)).await;
                    answer.map(|body| Body::new(Held { body, _permit: permit }))
                }
            }
        }
        Err(error) => error.into_response(),
    };
    let mut answer = match answer.extensions().get::<HttpError>() {
        Some(error) if reader => error.page(lang),
        Some(error) => error.told(lang),
        None => answer,
    };
    cors::stamp(answer.headers_mut(), readable_by.as_ref());
    answer
}

async fn admit(
    desk: &Desk,
    peer: &Peer,
    request: &Parts,
    readable_by: &mut Option<Origin>,
) -> Result<Admitted, HttpError> {
    let port = peer.local.port();
    let placed = head::place(&request.method, &request.uri, &request.headers, port)?;
    same_user(placed.rule.audience, peer).await?;
    let site = match &placed.source {
        Source::Site(origin) => Some(origin.clone()),
        Source::Own | Source::Unsaid => None,
    };
    if let Some(origin) = &site {
        let allowed = match placed.rule.audience {
            Audience::Known => desk.app.allows(origin).await,
            Audience::Form => desk.app.takes_forms_of(origin).await,
            Audience::Anyone | Audience::Stranger | Audience::Asking => true,
            Audience::Person | Audience::Visitor => false,
        };
        if !allowed {
            return Err(Refusal::UnknownOrigin.into());
        }
        if !matches!(placed.rule.audience, Audience::Form | Audience::Asking) {
            *readable_by = Some(origin.clone());
        }
    }
    if placed.preflight {
        return Ok(Admitted::Preflight(placed.rule));
    }
    let examined = head::examine(placed, &request.headers, desk.limits.max_upload_bytes)?;
    let who = identify(desk, &examined).await?;
    let counted = match (&who, examined.rule.audience) {
        (Some(who), _) => Counted::Known(who.principal.clone()),
        // Strangers who are slow must not shut the person out of the page.
        (None, Audience::Visitor) if peer.user().await == User::Ours => Counted::Visitors,
        (None, _) => Counted::Strangers,
    };
    let caller = Caller {
        who,
        origin: site,
        lang: language(&request.headers),
        port,
    };
    Ok(Admitted::Caller(caller, counted))
}

/// Loopback is shared by all users of the machine; what asks for more than a greeting or the empty page must be ours.
async fn same_user(audience: Audience, peer: &Peer) -> Result<(), Refusal> {
    if matches!(audience, Audience::Anyone | Audience::Visitor) {
        return Ok(());
    }
    match peer.user().await {
        User::Ours => Ok(()),
        User::Other => Err(Refusal::OtherUser),
        User::Unknown => Err(Refusal::UnknownUser),
    }
}

async fn identify(desk: &Desk, examined: &Examined) -> Result<Option<Known>, HttpError> {
    let site = match &examined.source {
        Source::Site(origin) => Some(origin),
        Source::Own | Source::Unsaid => None,
    };
    match (&examined.credential, examined.rule.audience) {
        (_, Audience::Anyone | Audience::Stranger | Audience::Asking | Audience::Visitor) => Ok(None),
        // The browser names the site; a form can hold no key, because its page cannot know who listens on this port.
        (_, Audience::Form) => Ok(site.map(|origin| Known::by_form(origin.clone()))),
        (Credential::Key(_), Audience::Person) => Err(Refusal::PageOnly.into()),
        (Credential::Key(key), Audience::Known) => Ok(Some(desk.app.authenticate(key, site).await?)),
        (Credential::Cookie(cookie), Audience::Known | Audience::Person) => {
            if desk.page_key.matches(cookie.as_bytes()) {
                Ok(Some(Known::own_page()))
            } else {
                Err(Refusal::BadKey.into())
            }
        }
    }
}

/// A browser that navigates says that it wants HTML; scripts and programs do not.
fn is_read_as_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

/// The first of our languages in `Accept-Language`; Japanese without one.
fn language(headers: &HeaderMap) -> Lang {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(Lang::default, Lang::from_accept_language)
}
