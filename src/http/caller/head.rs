//! What the headers of a request alone tell about its caller. Pure: no key is looked up here, no site, no connection.
//!
//! The rows of the attack table in SECURITY.md are the tests below.

use super::super::error::Refusal;
use super::super::routes::{Audience, BodyKind, Found, MAX_JSON_BYTES, MAX_SEAL_JSON_BYTES, Rule, find};
use crate::access::Origin;
use crate::secret::ApiKey;
use axum::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN,
    TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, Method, Uri};

const SHORTEST_KEY_BYTES: usize = 16;
const LONGEST_KEY_BYTES: usize = 256;

/// Where a request says that it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// No `Origin`: a program, a navigation, or the daemon's own page reading.
    Unsaid,
    /// The daemon's own page.
    Own,
    /// Another page.
    Site(Origin),
}

/// A request whose host, address and origin are in order.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) rule: &'static Rule,
    pub(super) source: Source,
    pub(super) preflight: bool,
    port: u16,
}

/// A request whose headers are in order; its credential has not been looked at yet.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) rule: &'static Rule,
    pub(super) source: Source,
    pub(super) credential: Credential,
}

/// What a caller shows. Where nothing is demanded, an empty cookie stands here and nobody looks at it.
#[derive(Debug)]
pub(super) enum Credential {
    /// `Authorization: Bearer`.
    Key(ApiKey),
    /// The page's cookie.
    Cookie(String),
}

/// The page's cookie has our port in its name: cookies do not know ports, and another daemon may answer on the next one.
pub(in super::super) fn cookie_name(port: u16) -> String {
    format!("hankod-{port}")
}

/// Host, then address, then origin.
pub(super) fn place(method: &Method, uri: &Uri, headers: &HeaderMap, port: u16) -> Result<Placed, Refusal> {
    let host = one(headers, &HOST)
        .map_err(|()| Refusal::WrongHost)?
        .filter(|host| is_ours(host, port))
        .ok_or(Refusal::WrongHost)?;
    if uri.authority().is_some() || uri.scheme().is_some() || !uri.path().starts_with('/') {
        return Err(Refusal::WrongTarget);
    }
    let preflight = *method == Method::OPTIONS;
    let announced = one(headers, &ACCESS_CONTROL_REQUEST_METHOD).ok().flatten();
    let meant = match (preflight, announced) {
        (false, _) => method.clone(),
        (true, Some(text)) => Method::from_bytes(text.as_bytes()).map_err(|_| Refusal::WrongMethod)?,
        (true, None) => return Err(Refusal::WrongMethod),
    };
    let rule = match find(&meant, uri.path()) {
        Found::Rule(rule) => rule,
        Found::OtherMethod => return Err(Refusal::WrongMethod),
        Found::Nothing => return Err(Refusal::NoRoute),
    };
    let source = match one(headers, &ORIGIN).map_err(|()| Refusal::BadOrigin)? {
        None => Source::Unsaid,
        Some(text) if text.strip_prefix("http://") == Some(host) => Source::Own,
        Some(text) => Source::Site(canonical(text).ok_or(Refusal::BadOrigin)?),
    };
    let named = preflight || matches!(rule.audience, Audience::Stranger | Audience::Form | Audience::Asking);
    if source == Source::Unsaid && named {
        return Err(Refusal::MissingOrigin);
    }
    if matches!(rule.audience, Audience::Form | Audience::Asking) {
        // A form that navigates has no preflight, and the daemon's own page sends none.
        if preflight {
            return Err(Refusal::WrongFetch);
        }
        if source == Source::Own {
            return Err(Refusal::UnknownOrigin);
        }
    }
    Ok(Placed {
        rule,
        source,
        preflight,
        port,
    })
}

/// Credential, then type, then fetch mode, then size.
pub(super) fn examine(placed: Placed, headers: &HeaderMap, max_upload_bytes: u64) -> Result<Examined, Refusal> {
    let credential = credential(&placed, headers)?;
    body_type(placed.rule.body, headers)?;
    fetch_mode(placed.rule.audience, headers)?;
    body_size(placed.rule.body, headers, max_upload_bytes)?;
    Ok(Examined {
        rule: placed.rule,
        source: placed.source,
        credential,
    })
}

/// An origin exactly as browsers write it; one that would have to be put in order first did not come from a browser.
fn canonical(text: &str) -> Option<Origin> {
    Origin::parse(text).ok().filter(|origin| origin.as_str() == text)
}

/// `127.0.0.1`, `[::1]` or `localhost`, with our port. Port 80 may be left out, as browsers do.
fn is_ours(host: &str, port: u16) -> bool {
    let (name, given) = match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => (&host[..at], &host[at + 1..]),
        _ => (host, "80"),
    };
    matches!(name, "127.0.0.1" | "[::1]" | "localhost") && given == port.to_string()
}

fn credential(placed: &Placed, headers: &HeaderMap) -> Result<Credential, Refusal> {
    if !matches!(placed.rule.audience, Audience::Known | Audience::Person) {
        return Ok(Credential::Cookie(String::new()));
    }
    if let Some(value) = one(headers, &AUTHORIZATION).map_err(|()| Refusal::BadKey)? {
        // The daemon's page has a cookie and no key; a key beside its origin was taken from somewhere else.
        if placed.source == Source::Own {
            return Err(Refusal::BadKey);
        }
        return bearer(value).map(Credential::Key).ok_or(Refusal::BadKey);
    }
    // A site never speaks through the cookie, which a browser sends from every port of this host.
    let from_own_page = match placed.source {
        Source::Own => true,
        Source::Unsaid => placed.rule.method == Method::GET && fetch_header(headers, "site") == Some("same-origin"),
        Source::Site(_) => false,
    };
    let cookie = page_cookie(headers, placed.port).filter(|_| from_own_page);
    cookie.map(Credential::Cookie).ok_or(Refusal::MissingKey)
}

fn bearer(value: &str) -> Option<ApiKey> {
    let key = value.strip_prefix("Bearer ")?;
    let sane = (SHORTEST_KEY_BYTES..=LONGEST_KEY_BYTES).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    sane.then(|| ApiKey::new(key.as_bytes().to_vec()))?
}

fn page_cookie(headers: &HeaderMap, port: u16) -> Option<String> {
    let name = cookie_name(port);
    headers.get_all(COOKIE).iter().find_map(|header| {
        header
            .to_str()
            .ok()?
            .split(';')
            .find_map(|pair| pair.trim().strip_prefix(&name)?.strip_prefix('=').map(str::to_owned))
    })
}

fn body_type(body: BodyKind, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = one(headers, &CONTENT_TYPE).map_err(|()| Refusal::WrongContentType)?;
    let fits = match body {
        BodyKind::Empty => true,
        BodyKind::Json | BodyKind::SealJson => given.is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            matches!(
                text.as_str(),
                "application/json" | "application/json; charset=utf-8" | "application/json;charset=utf-8"
            )
        }),
        BodyKind::Multipart => given.is_some_and(|text| multer::parse_boundary(text).is_ok()),
        BodyKind::Pdf => given.is_some_and(|text| text.eq_ignore_ascii_case("application/pdf")),
    };
    if fits { Ok(()) } else { Err(Refusal::WrongContentType) }
}

/// What browsers tell by themselves and scripts cannot change. Absent in programs and old browsers, and then nothing is concluded.
fn fetch_mode(audience: Audience, headers: &HeaderMap) -> Result<(), Refusal> {
    let of = |name| fetch_header(headers, name);
    let opened = of("mode") == Some("navigate") && of("dest") == Some("document");
    let by_script =
        of("mode").is_none_or(|m| matches!(m, "cors" | "same-origin")) && of("dest").is_none_or(|d| d == "empty");
    let part_of_page = of("site").is_none_or(|s| matches!(s, "same-origin" | "none"))
        && of("dest").is_none_or(|d| matches!(d, "script" | "style" | "image" | "font" | "manifest" | "empty"));
    let fits = match audience {
        Audience::Anyone => by_script || opened,
        Audience::Stranger | Audience::Known | Audience::Person => by_script,
        Audience::Form | Audience::Asking => opened,
        Audience::Visitor => opened || part_of_page,
    };
    if fits { Ok(()) } else { Err(Refusal::WrongFetch) }
}

fn body_size(body: BodyKind, headers: &HeaderMap, max_upload_bytes: u64) -> Result<(), Refusal> {
    let max_bytes = match body {
        BodyKind::Empty => 0,
        BodyKind::Json => MAX_JSON_BYTES,
        BodyKind::SealJson => MAX_SEAL_JSON_BYTES,
        BodyKind::Multipart | BodyKind::Pdf => max_upload_bytes,
    };
    let announced = match one(headers, &CONTENT_LENGTH).map_err(|()| Refusal::TooLarge { max_bytes })? {
        Some(text) => text.parse::<u64>().map_err(|_| Refusal::TooLarge { max_bytes })?,
        // A body in chunks is counted as it comes; where none is wanted, none may come.
        None if body == BodyKind::Empty && headers.contains_key(TRANSFER_ENCODING) => 1,
        None => 0,
    };
    if announced > max_bytes {
        return Err(Refusal::TooLarge { max_bytes });
    }
    Ok(())
}

fn fetch_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // A value that is not text is no value that a browser sends; as "?" it fits nothing.
    headers
        .get(format!("sec-fetch-{name}"))
        .map(|value| value.to_str().unwrap_or("?"))
}

/// The one value of a header; an error when there are several or it is not text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    first.map(|value| value.to_str().map_err(|_| ())).transpose()
}

#[cfg(test)]
mod tests;
