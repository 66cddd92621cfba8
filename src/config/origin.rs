//! A web origin as browsers write it: scheme, host, port (RFC 6454, 6.2), nothing else.
//!
//! `null`, paths, credentials, hosts outside ASCII and schemes other than http and https are refused; nothing is looked up.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::text::Explain;

/// Longest origin accepted, in bytes: `https://`, a host name of 253, a port.
pub const MAX_ORIGIN_BYTES: usize = 8 + 253 + 6;

/// A checked origin in its canonical form: lower case, no default port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OriginError {
    /// Empty, or longer than [`MAX_ORIGIN_BYTES`].
    #[error("the origin is empty or too long")]
    Length,
    /// `null`: what browsers send for pages without an origin of their own.
    #[error("the origin is null")]
    Null,
    /// Not http or https.
    #[error("the origin's scheme is not http or https")]
    Scheme,
    /// A path, query, fragment, user name or password stands in it.
    #[error("the origin has more than scheme, host and port")]
    Extra,
    /// The host is not a DNS name in ASCII or an IP address.
    #[error("the origin's host is not valid")]
    Host,
    /// The port is not 1 to 65535.
    #[error("the origin's port is not valid")]
    Port,
}

impl Origin {
    /// Reads `scheme://host[:port]`. Upper case becomes lower case and a default port is dropped, as browsers do.
    ///
    /// # Errors
    /// As [`OriginError`].
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.is_empty() || text.len() > MAX_ORIGIN_BYTES {
            return Err(OriginError::Length);
        }
        if text == "null" {
            return Err(OriginError::Null);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::Scheme)?;
        let (scheme, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return Err(OriginError::Scheme),
        };
        if rest.contains(['/', '\\', '?', '#', '@']) {
            return Err(OriginError::Extra);
        }
        let (host, port) = split_port(rest)?;
        let host = host_of(host)?;
        Ok(Self(match port {
            Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }

    /// The canonical text, as in an `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Explain for OriginError {
    fn code(&self) -> &'static str {
        match self {
            Self::Length => "origin_length",
            Self::Null => "origin_null",
            Self::Scheme => "origin_scheme",
            Self::Extra => "origin_extra",
            Self::Host => "origin_host",
            Self::Port => "origin_port",
        }
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<u16>), OriginError> {
    let end = match rest.strip_prefix('[') {
        Some(inner) => inner.find(']').ok_or(OriginError::Host)? + 2,
        None => rest.find(':').unwrap_or(rest.len()),
    };
    let (host, port) = rest.split_at(end);
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').ok_or(OriginError::Host)?;
    let plain = !digits.starts_with('0') && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    let port = plain.then(|| digits.parse().ok()).flatten();
    Ok((host, Some(port.ok_or(OriginError::Port)?)))
}

fn host_of(host: &str) -> Result<String, OriginError> {
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| OriginError::Host)?;
        // Browsers write a mapped address in hexadecimal, Rust in dotted decimal; there is no page that needs one.
        return match address.to_ipv4_mapped() {
            None => Ok(format!("[{address}]")),
            Some(_) => Err(OriginError::Host),
        };
    }
    let host = host.to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    // A host that ends in a number is an IPv4 address, or nothing (WHATWG URL, 3.5).
    if last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()) {
        let address: Ipv4Addr = host.parse().map_err(|_| OriginError::Host)?;
        return Ok(address.to_string());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    (host.len() <= 253 && host.split('.').all(label))
        .then_some(host)
        .ok_or(OriginError::Host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn origins_take_the_form_that_browsers_send() {
        for (text, canonical) in [
            ("https://keiyaku.example.jp", "https://keiyaku.example.jp"),
            ("HTTPS://Keiyaku.Example.JP:443", "https://keiyaku.example.jp"),
            ("http://127.0.0.1:18443", "http://127.0.0.1:18443"),
            ("http://[0:0::1]:80", "http://[::1]"),
            (
                "https://xn--eckwd4c7c.xn--zckzah:8443",
                "https://xn--eckwd4c7c.xn--zckzah:8443",
            ),
            ("http://localhost:443", "http://localhost:443"),
        ] {
            assert_eq!(Origin::parse(text).map(|o| o.0), Ok(canonical.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_its_reason() {
        for (text, error) in [
            ("", OriginError::Length),
            (&format!("https://{}", "a".repeat(300)), OriginError::Length),
            ("null", OriginError::Null),
            ("file://", OriginError::Scheme),
            ("chrome-extension://abc", OriginError::Scheme),
            ("example.jp", OriginError::Scheme),
            ("https://example.jp/", OriginError::Extra),
            ("https://example.jp?x", OriginError::Extra),
            ("https://user@example.jp", OriginError::Extra),
            ("https://a\\b", OriginError::Extra),
            ("https://", OriginError::Host),
            ("https://契約.jp", OriginError::Host),
            ("https://example.jp.", OriginError::Host),
            ("https://-a.jp", OriginError::Host),
            ("https://a b.jp", OriginError::Host),
            ("https://127.1", OriginError::Host),
            ("https://0x7f000001", OriginError::Host),
            ("https://2130706433", OriginError::Host),
            ("https://[::ffff:127.0.0.1]", OriginError::Host),
            ("https://[::1", OriginError::Host),
            ("https://[::1]x", OriginError::Host),
            ("https://a.jp\n", OriginError::Host),
            ("https://a.jp:", OriginError::Port),
            ("https://a.jp:0", OriginError::Port),
            ("https://a.jp:0443", OriginError::Port),
            ("https://a.jp:65536", OriginError::Port),
            ("https://a.jp:+80", OriginError::Port),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|https?://[a-z0-9.:@/\\[\\]-]{0,40}") {
            if let Ok(origin) = Origin::parse(&text) {
                prop_assert_eq!(Origin::parse(origin.as_str()), Ok(origin.clone()));
                prop_assert!(origin.0.is_ascii() && origin.0.len() <= MAX_ORIGIN_BYTES);
            }
        }
    }
}
