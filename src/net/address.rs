//! Addresses: which are read, and which lead somewhere private.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;

use super::{Error, MAX_URL_BYTES};

/// An http or https address whose parts were checked: no user, no fragment, no white space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    /// `https`
    pub(super) secure: bool,
    /// Host and port.
    pub(super) place: HostPort,
    /// Path and query.
    pub(super) path: String,
}

/// A host (name or address, lower case, without brackets) and a port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostPort {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Url {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.chars().take(200).collect());
        if text.len() > MAX_URL_BYTES || text.contains(['@', '#']) {
            return Err(wrong());
        }
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        Ok(Self {
            secure,
            place: HostPort { host, port },
            path,
        })
    }

    /// The address that a `Location` header of this one's answer names.
    pub(super) fn join(&self, location: &str) -> Result<Self, Error> {
        if location.starts_with('/') && !location.starts_with("//") {
            let scheme = if self.secure { "https" } else { "http" };
            return Self::parse(&format!("{scheme}://{}{location}", self.place.header()));
        }
        Self::parse(location)
    }

    /// Host and port.
    pub fn place(&self) -> &HostPort {
        &self.place
    }
}

impl HostPort {
    /// Reads `HOST:PORT` or `[V6]:PORT`.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.chars().take(200).collect());
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = port.parse().map_err(|_| wrong())?;
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(wrong());
        }
        Ok(Self { host, port })
    }

    /// As it stands in a `Host` header.
    pub(super) fn header(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.place, self.path)
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header())
    }
}

/// `true` when the address is reachable over the public Internet: not loopback, private, link-local, shared, test,
/// benchmark, multicast or reserved (RFC 6890), also not by way of an IPv4 address embedded in an IPv6 one.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, _, _)
    );
    !reserved
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let segments = v6.segments();
    if let Some(v4) = v6.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    // 64:ff9b::/96 carries an IPv4 address in its last 32 bits (RFC 6052).
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = v6.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Global unicast is 2000::/3; of it, documentation (2001:db8::/32, 3fff::/20), 6to4 and Teredo are not taken.
    let global = segments[0] & 0xe000 == 0x2000;
    let excluded = segments[0] == 0x2002 || (segments[0] == 0x2001 && (segments[1] == 0xdb8 || segments[1] < 0x200));
    global && !excluded && segments[0] != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_refused() {
        let url = Url::parse("https://TSA.example.jp/stamp?a=1").unwrap();
        assert_eq!(
            (url.place.host.as_str(), url.place.port, url.path.as_str()),
            ("tsa.example.jp", 443, "/stamp?a=1")
        );
        assert_eq!(Url::parse("http://[::1]:3180/").unwrap().place.header(), "[::1]:3180");
        assert_eq!(url.to_string(), "https://tsa.example.jp:443/stamp?a=1");
        for bad in [
            "",
            "tsa",
            "ftp://a/",
            "ldap://a/",
            "http://",
            "http://u:p@a/",
            "http://a/#f",
            "http://a b/",
            "file:///etc/passwd",
        ] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn redirects_stay_addresses() {
        let url = Url::parse("https://a.test/x").unwrap();
        assert_eq!(url.join("/y").unwrap(), Url::parse("https://a.test/y").unwrap());
        assert_eq!(
            url.join("http://b.test/").unwrap(),
            Url::parse("http://b.test/").unwrap()
        );
        assert!(url.join("//b.test/").is_err() && url.join("javascript:1").is_err());
    }

    #[test]
    fn private_addresses_are_known() {
        for private in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2001:200::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
