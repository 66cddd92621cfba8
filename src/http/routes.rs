//! Every address of the desk role with what it asks of its caller; `caller` enforces it, a test holds it against the router.
//!
//! Nothing here handles a request.

use axum::http::Method;

/// Longest JSON body, in bytes.
pub const MAX_JSON_BYTES: u64 = 256 * 1024;
/// Longest JSON body that holds a picture, in bytes: 4 MiB in Base64 and a little.
pub const MAX_SEAL_JSON_BYTES: u64 = 6 << 20;

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Any page and program; the answer tells nothing about the person.
    Anyone,
    /// Any page with a well-formed origin: it asks to be allowed.
    Stranger,
    /// An allowed site or program with its key, or the daemon's own page.
    Known,
    /// The daemon's own page alone.
    Person,
    /// A form of an allowed site that the browser navigates with; it may leave a request for the person and read nothing.
    Form,
    /// A form of any page that the browser navigates with: it asks to be allowed, and reads nothing.
    Asking,
    /// A browser that opens the daemon's page or loads its files.
    Visitor,
}

/// What the body must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyKind {
    /// Nothing.
    Empty,
    /// `application/json`, at most [`MAX_JSON_BYTES`].
    Json,
    /// `application/json`, at most [`MAX_SEAL_JSON_BYTES`].
    SealJson,
    /// `multipart/form-data`, at most the configured upload limit.
    Multipart,
    /// `application/pdf`, at most the configured limit of one document.
    Pdf,
}

/// One method of one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The method; `HEAD` is not answered.
    pub method: Method,
    /// The path; `{}` stands for one segment.
    pub path: &'static str,
    /// Who may ask.
    pub audience: Audience,
    /// What the body must be.
    pub body: BodyKind,
}

const fn rule(method: Method, path: &'static str, audience: Audience, body: BodyKind) -> Rule {
    Rule {
        method,
        path,
        audience,
        body,
    }
}

/// The desk role.
pub static DESK: &[Rule] = &[
    rule(Method::GET, "/health", Audience::Anyone, BodyKind::Empty),
    rule(Method::POST, "/v1/pairings", Audience::Stranger, BodyKind::Json),
    rule(Method::GET, "/v1/pairings/{}", Audience::Stranger, BodyKind::Empty),
    rule(Method::GET, "/v1/pairings/{}/return", Audience::Person, BodyKind::Empty),
    rule(Method::GET, "/v1/tokens", Audience::Known, BodyKind::Empty),
    rule(Method::GET, "/v1/certificates", Audience::Known, BodyKind::Empty),
    rule(Method::GET, "/v1/events", Audience::Known, BodyKind::Empty),
    rule(Method::POST, "/v1/signings", Audience::Known, BodyKind::Multipart),
    rule(Method::GET, "/v1/signings/{}", Audience::Known, BodyKind::Empty),
    rule(Method::DELETE, "/v1/signings/{}", Audience::Known, BodyKind::Empty),
    rule(
        Method::GET,
        "/v1/signings/{}/documents/{}",
        Audience::Known,
        BodyKind::Empty,
    ),
    rule(
        Method::GET,
        "/v1/signings/{}/preview",
        Audience::Person,
        BodyKind::Empty,
    ),
    rule(
        Method::GET,
        "/v1/signings/{}/documents/{}/pages/{}",
        Audience::Person,
        BodyKind::Empty,
    ),
    rule(
        Method::GET,
        "/v1/signings/{}/documents/{}/pages/{}/picture",
        Audience::Person,
        BodyKind::Empty,
    ),
    rule(
        Method::GET,
        "/v1/signings/{}/documents/{}/seal",
        Audience::Person,
        BodyKind::Empty,
    ),
    rule(
        Method::POST,
        "/v1/signings/{}/confirmation",
        Audience::Person,
        BodyKind::Json,
    ),
    rule(Method::POST, "/v1/signings/{}/time", Audience::Person, BodyKind::Empty),
    rule(Method::POST, "/v1/verify", Audience::Known, BodyKind::Pdf),
    rule(Method::POST, "/v1/verify/view", Audience::Person, BodyKind::Pdf),
    rule(Method::GET, "/v1/receipts", Audience::Person, BodyKind::Empty),
    rule(Method::GET, "/v1/seals", Audience::Person, BodyKind::Empty),
    rule(Method::POST, "/v1/seals", Audience::Person, BodyKind::SealJson),
    rule(Method::DELETE, "/v1/seals/{}", Audience::Person, BodyKind::Empty),
    rule(Method::GET, "/v1/seals/{}/picture", Audience::Person, BodyKind::Empty),
    rule(Method::GET, "/v1/name-seals", Audience::Person, BodyKind::Empty),
    rule(Method::GET, "/", Audience::Visitor, BodyKind::Empty),
    rule(Method::GET, "/verify", Audience::Visitor, BodyKind::Empty),
    rule(Method::GET, "/receipts", Audience::Visitor, BodyKind::Empty),
    rule(Method::GET, "/seals", Audience::Visitor, BodyKind::Empty),
    rule(Method::POST, "/confirm", Audience::Form, BodyKind::Multipart),
    rule(Method::GET, "/confirm/{}", Audience::Visitor, BodyKind::Empty),
    rule(Method::POST, "/pairing", Audience::Asking, BodyKind::Empty),
    rule(Method::GET, "/pairing/{}", Audience::Visitor, BodyKind::Empty),
    rule(Method::GET, "/assets/{}", Audience::Visitor, BodyKind::Empty),
    rule(Method::GET, "/openapi.json", Audience::Visitor, BodyKind::Empty),
];

/// What stands at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Something, but not with this method.
    OtherMethod,
    /// This rule.
    Rule(&'static Rule),
}

/// Looks a request up. For a preflight `method` is the one that it announces.
pub fn find(method: &Method, path: &str) -> Found {
    let mut there = false;
    for rule in DESK.iter().filter(|rule| covers(rule.path, path)) {
        if rule.method == *method {
            return Found::Rule(rule);
        }
        there = true;
    }
    if there { Found::OtherMethod } else { Found::Nothing }
}

pub(super) fn covers(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("{}"), Some(segment)) if !segment.is_empty() => {}
            (Some(expected), Some(segment)) if expected == segment => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_whole() {
        assert!(matches!(find(&Method::GET, "/"), Found::Rule(r) if r.audience == Audience::Visitor));
        assert!(matches!(find(&Method::GET, "/v1/signings/a"), Found::Rule(_)));
        assert_eq!(find(&Method::PUT, "/v1/signings/a"), Found::OtherMethod);
        for path in [
            "",
            "/v1",
            "/v1/signings/",
            "/v1/signings/a/",
            "//health",
            "/health/",
            "/HEALTH",
        ] {
            assert_eq!(find(&Method::GET, path), Found::Nothing, "{path}");
        }
    }
}
