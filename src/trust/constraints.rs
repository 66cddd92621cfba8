//! nameConstraints (RFC 5280, 4.2.1.10): which names the certificates below a CA may bear.
//!
//! Directory names, mail addresses, DNS names, URIs and IP addresses are compared; a name of any other form is forbidden as soon
//! as a constraint speaks about that form. Nothing is forgiven: what does not parse is forbidden.

use super::names;
use crate::der::tlv::{self, Cursor, Malformed};
use crate::der::{Certificate, oid};
use crate::text::plain;

/// Most names of one certificate, and most subtrees of one constraint.
const MAX_NAMES: usize = 1024;

/// Most comparisons of one certificate with one constraint.
const MAX_COMPARISONS: usize = 65_536;

const MAIL: u8 = tlv::primitive(1);
const DNS: u8 = tlv::primitive(2);
const DIRECTORY: u8 = tlv::context(4);
const URI: u8 = tlv::primitive(6);
const IP: u8 = tlv::primitive(7);

/// A GeneralName: its tag, and its content; of a directoryName the Name inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct GeneralName {
    tag: u8,
    value: Vec<u8>,
}

/// The constraints of one CA.
#[derive(Clone, Debug)]
pub(super) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl GeneralName {
    /// A GeneralName as it stands.
    pub(super) fn read(raw: tlv::Tlv<'_>) -> Self {
        Self {
            tag: raw.tag,
            value: raw.value.to_vec(),
        }
    }

    /// A directoryName.
    pub(super) const fn of(name: Vec<u8>) -> Self {
        Self {
            tag: DIRECTORY,
            value: name,
        }
    }

    /// Two names of the same form and value; directory names by their text.
    pub(super) fn same(&self, other: &Self) -> bool {
        let directories = self.directory().zip(other.directory());
        self == other || directories.is_some_and(|(one, other)| names::same(one, other))
    }

    /// The Name, of a directoryName.
    pub(super) fn directory(&self) -> Option<&[u8]> {
        (self.tag == DIRECTORY).then_some(&self.value)
    }

    /// For people; safe to show.
    fn shown(&self) -> String {
        match self.tag {
            MAIL | DNS | URI => plain(&String::from_utf8_lossy(&self.value)),
            DIRECTORY => "DN".to_owned(),
            _ => hex::encode(&self.value),
        }
    }
}

impl NameConstraints {
    /// Reads the extension's value.
    pub(super) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Cursor::new(value);
        let mut parts = outer.take(tlv::SEQUENCE)?.cursor();
        outer.end()?;
        let permitted = subtrees(parts.optional(tlv::context(0))?)?;
        let excluded = subtrees(parts.optional(tlv::context(1))?)?;
        parts.end()?;
        // RFC 5280: "MUST NOT issue certificates where name constraints is an empty sequence".
        if permitted.is_empty() && excluded.is_empty() {
            return Err(Malformed);
        }
        Ok(Self { permitted, excluded })
    }

    /// The first of a certificate's names that is forbidden here.
    pub(super) fn forbidden(&self, names: &[GeneralName]) -> Option<String> {
        if names.len() * (self.permitted.len() + self.excluded.len()) > MAX_COMPARISONS {
            return Some("...".to_owned());
        }
        let refused = |name: &&GeneralName| !self.allows(name).unwrap_or(false);
        names.iter().find(refused).map(GeneralName::shown)
    }

    fn allows(&self, name: &GeneralName) -> Result<bool, Malformed> {
        let mut speaks = false;
        let mut permitted = false;
        for base in self.permitted.iter().filter(|base| base.tag == name.tag) {
            speaks = true;
            permitted |= within(name, base)?;
        }
        let mut excluded = false;
        for base in self.excluded.iter().filter(|base| base.tag == name.tag) {
            excluded |= within(name, base)?;
        }
        Ok((permitted || !speaks) && !excluded)
    }
}

/// Every name that a certificate bears: its subject, subjectAltName, and the subject's mail addresses where no other stand.
pub(super) fn names_of(certificate: &Certificate) -> Result<Vec<GeneralName>, Malformed> {
    let mut names = match certificate.extensions().get(oid::SUBJECT_ALT_NAME) {
        Some(extension) => general_names(&extension.value)?,
        None => Vec::new(),
    };
    let subject = certificate.subject().der();
    if !names.iter().any(|name| name.tag == MAIL) {
        let mails = names::texts(subject, oid::EMAIL_ADDRESS.as_bytes())?;
        names.extend(mails.into_iter().map(|mail| GeneralName {
            tag: MAIL,
            value: mail.into_bytes(),
        }));
    }
    if !certificate.subject().attributes().is_empty() {
        names.push(GeneralName {
            tag: DIRECTORY,
            value: subject.to_vec(),
        });
    }
    Ok(names)
}

/// GeneralNames.
pub(super) fn general_names(value: &[u8]) -> Result<Vec<GeneralName>, Malformed> {
    let mut outer = Cursor::new(value);
    let list = outer.take(tlv::SEQUENCE)?;
    outer.end()?;
    general_names_in(list.cursor())
}

/// The GeneralNames that a cursor is over.
pub(super) fn general_names_in(mut cursor: Cursor<'_>) -> Result<Vec<GeneralName>, Malformed> {
    let mut names = Vec::new();
    while !cursor.is_empty() {
        if names.len() == MAX_NAMES {
            return Err(Malformed);
        }
        names.push(GeneralName::read(cursor.any()?));
    }
    Ok(names)
}

fn subtrees(list: Option<tlv::Tlv<'_>>) -> Result<Vec<GeneralName>, Malformed> {
    let mut bases = Vec::new();
    let Some(list) = list else { return Ok(bases) };
    let mut cursor = list.cursor();
    while !cursor.is_empty() {
        let mut subtree = cursor.take(tlv::SEQUENCE)?.cursor();
        bases.push(GeneralName::read(subtree.any()?));
        // minimum and maximum are not used in this profile: minimum is 0 and so absent.
        subtree.end()?;
        if bases.len() > MAX_NAMES {
            return Err(Malformed);
        }
    }
    Ok(bases)
}

fn within(name: &GeneralName, base: &GeneralName) -> Result<bool, Malformed> {
    match name.tag {
        DIRECTORY => names::is_within(&name.value, &base.value),
        MAIL => mail_within(&ascii(&name.value)?, &ascii(&base.value)?),
        DNS => Ok(host_within(&ascii(&name.value)?, &ascii(&base.value)?)),
        URI => uri_within(&ascii(&name.value)?, &ascii(&base.value)?),
        IP => ip_within(&name.value, &base.value),
        _ => Err(Malformed),
    }
}

fn ascii(value: &[u8]) -> Result<String, Malformed> {
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text.to_ascii_lowercase()),
        _ => Err(Malformed),
    }
}

/// The name itself and everything below it; with a leading dot only what is below.
fn host_within(host: &str, base: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if base.is_empty() || (!base.starts_with('.') && host == base) {
        return true;
    }
    let dotted = format!(".{}", base.trim_start_matches('.'));
    host.ends_with(&dotted)
}

// The local part's case is folded too: two mailboxes that differ by it alone are one in practice.
fn mail_within(mail: &str, base: &str) -> Result<bool, Malformed> {
    let (_, host) = mail.rsplit_once('@').ok_or(Malformed)?;
    if base.contains('@') {
        return Ok(mail == base);
    }
    Ok(exact_host_within(host, base))
}

fn uri_within(uri: &str, base: &str) -> Result<bool, Malformed> {
    let (_, rest) = uri.split_once("://").ok_or(Malformed)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host_and_port.split(':').next().unwrap_or("");
    let is_name = host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
    if is_name {
        Ok(exact_host_within(host, base))
    } else {
        Err(Malformed)
    }
}

/// Mail and URI constraints: a host means that host alone, a leading dot everything below it.
fn exact_host_within(host: &str, base: &str) -> bool {
    if base.starts_with('.') {
        host.ends_with(base)
    } else {
        base.is_empty() || host == base
    }
}

fn ip_within(address: &[u8], base: &[u8]) -> Result<bool, Malformed> {
    if !matches!(address.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return Err(Malformed);
    }
    let (network, mask) = base.split_at(base.len() / 2);
    let masked = |bytes: &[u8]| bytes.iter().zip(mask).map(|(b, m)| b & m).collect::<Vec<_>>();
    Ok(address.len() == network.len() && masked(address) == masked(network))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tag: u8, value: &[u8]) -> GeneralName {
        GeneralName {
            tag,
            value: value.to_vec(),
        }
    }

    #[test]
    fn each_form_has_its_own_tree() {
        let cases: &[(u8, &[u8], &[u8], bool)] = &[
            (DNS, b"a.example.jp", b"example.jp", true),
            (DNS, b"EXAMPLE.jp", b"example.jp", true),
            (DNS, b"badexample.jp", b"example.jp", false),
            (DNS, b"example.jp", b".example.jp", false),
            (DNS, b"a.jp", b"", true),
            (MAIL, b"taro@example.jp", b"example.jp", true),
            (MAIL, b"taro@a.example.jp", b"example.jp", false),
            (MAIL, b"taro@a.example.jp", b".example.jp", true),
            (MAIL, b"taro@example.jp", b"jiro@example.jp", false),
            (MAIL, b"x@y@example.jp", b"example.jp", true),
            (URI, b"http://u@a.example.jp:80/x@y", b".example.jp", true),
            (URI, b"http://example.jp.evil.org/", b"example.jp", false),
            (URI, b"https://example.jp?x", b"example.jp", true),
            (IP, &[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0], true),
            (IP, &[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0], false),
        ];
        for (tag, value, base, expected) in cases {
            let said = within(&name(*tag, value), &name(*tag, base));
            assert_eq!(said, Ok(*expected), "{:?}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn what_cannot_be_compared_is_forbidden() {
        let other = tlv::context(0);
        for (tag, value, base) in [
            (other, &b"x"[..], &b"x"[..]),
            (URI, b"http://10.0.0.1/", b"example.jp"),
            (URI, b"mailto:a", b"example.jp"),
            (MAIL, b"taro", b"example.jp"),
            (DNS, b"a\0.jp", b"jp"),
            (IP, b"abc", b"abcdefgh"),
        ] {
            let permitted = NameConstraints {
                permitted: vec![name(tag, base)],
                excluded: Vec::new(),
            };
            let excluded = NameConstraints {
                permitted: Vec::new(),
                excluded: vec![name(tag, base)],
            };
            assert!(permitted.forbidden(&[name(tag, value)]).is_some(), "{value:?}");
            assert!(excluded.forbidden(&[name(tag, value)]).is_some(), "{value:?}");
        }
    }
}
