//! Who asks: an origin as a checked value, and the principal that a key or the daemon's own page stands for.
//!
//! Nothing here decides what a principal may do.

use std::fmt;

/// Longest origin, in bytes: scheme, a host name of 253 bytes, a port.
pub const MAX_ORIGIN_BYTES: usize = 270;

/// A web origin (RFC 6454) in its serialised form: `https://example.jp`, `http://127.0.0.1:10805`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Origin(String);

impl Origin {
    /// Reads an `Origin` header's value exactly as browsers write it: scheme `http` or `https`, lower-case host, port unless it is the scheme's own.
    ///
    /// `None` for `null`, for several origins, and for anything with a path, user, upper case or a default port written out.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (address, after) = v6.split_once(']')?;
                address.parse::<std::net::Ipv6Addr>().ok()?;
                match after {
                    "" => (address, None),
                    _ => (address, Some(after.strip_prefix(':')?)),
                }
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let host_is_sane = !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_' | b':'));
        let port_is_sane = port.is_none_or(|p| {
            p != default_port
                && !p.starts_with('0')
                && p.bytes().all(|b| b.is_ascii_digit())
                && p.parse::<u16>().is_ok()
        });
        (text.len() <= MAX_ORIGIN_BYTES && host_is_sane && port_is_sane).then(|| Self(text.to_owned()))
    }

    /// The serialised form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// On whose behalf a use case runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Principal {
    /// An allowed site.
    Site(Origin),
    /// An allowed desktop program, by the name it was allowed under.
    Program(String),
    /// The person at the daemon's own page.
    Person,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_sends_is_an_origin() {
        for good in [
            "https://keiyaku.example.jp",
            "http://127.0.0.1:10805",
            "http://[::1]:10805",
            "https://a.test:8443",
            "https://xn--fiq228c.jp",
        ] {
            assert!(Origin::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "null",
            "https://",
            "https://a.test/",
            "https://a.test:443",
            "http://a.test:80",
            "https://A.test",
            "https://a.test https://b.test",
            "https://u@a.test",
            "file://",
            "chrome-extension://abc",
            "https://a.test:0",
            "https://a.test:99999",
            "https://a.test:08",
            "http://[::1",
            "https://契約.jp",
        ] {
            assert!(Origin::parse(bad).is_none(), "{bad}");
        }
    }
}
