//! The cookie of somebody who is signed in: unreadable for scripts, sent to our own pages' calls alone.
//!
//! Under TLS it is bound to this host (`__Host-`, RFC 6265bis) and never sent in the clear; without TLS the server answers on this machine alone.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

const BOUND: &str = "__Host-hankod";
const LOCAL: &str = "hankod-staff";

/// The session's secret. `own_origin`: of our pages.
pub(super) fn session<'h>(headers: &'h HeaderMap, own_origin: Option<&str>) -> Option<&'h str> {
    value(headers, name(own_origin))
}

/// Whether a browser sends a session at all.
pub(super) fn any(headers: &HeaderMap) -> bool {
    value(headers, BOUND).or_else(|| value(headers, LOCAL)).is_some()
}

/// The header that sets the session; an empty secret ends it.
pub(super) fn set(secret: &str, own_origin: Option<&str>) -> Option<HeaderValue> {
    let name = name(own_origin);
    let secure = if name == BOUND { "; Secure" } else { "" };
    let ends = if secret.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{name}={secret}; HttpOnly; SameSite=Strict; Path=/{secure}{ends}");
    let mut value = HeaderValue::from_str(&cookie).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn name(own_origin: Option<&str>) -> &'static str {
    match own_origin.is_some_and(|origin| origin.starts_with("http://")) {
        true => LOCAL,
        false => BOUND,
    }
}

/// The one value of a cookie; none when it is there twice: somebody put one beside ours.
fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = all.flat_map(|header| header.split(';'));
    let mut ours = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    match (ours.next(), ours.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&'static str]) -> HeaderMap {
        let pair = |cookie: &&'static str| (COOKIE, HeaderValue::from_static(cookie));
        HeaderMap::from_iter(cookies.iter().map(pair))
    }

    #[test]
    fn the_cookie_is_bound_to_a_host_under_tls() {
        let tls = set("abc", Some("https://keiyaku.example.jp")).unwrap();
        assert_eq!(
            tls.to_str().unwrap(),
            "__Host-hankod=abc; HttpOnly; SameSite=Strict; Path=/; Secure"
        );
        let local = set("", Some("http://127.0.0.1:10806")).unwrap();
        assert_eq!(
            local.to_str().unwrap(),
            "hankod-staff=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn one_cookie_of_the_right_name_counts() {
        let (tls, local) = (Some("https://keiyaku.example.jp"), Some("http://127.0.0.1:1"));
        let both = sent(&["a=1; __Host-hankod=x; hankod-staff=y"]);
        assert_eq!((session(&both, tls), session(&both, local)), (Some("x"), Some("y")));
        for bad in [
            &["__Host-hankod=x; __Host-hankod=y"][..],
            &["__Host-hankod=x", "__Host-hankod=y"],
            &["__Host-hankod="],
            &["x__Host-hankod=1"],
            &[],
        ] {
            assert_eq!(session(&sent(bad), tls), None, "{bad:?}");
        }
        assert!(!any(&sent(&["other=1"])) && any(&both));
    }
}
