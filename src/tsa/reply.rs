//! TimeStampResp (RFC 3161, 2.4.2): a token, or a refusal in the TSA's words. The token itself is not looked into.

use super::Error;
use crate::cms::{Element, Elements, Rules};
use ::der::Tag;
use ::der::asn1::BitString;
use std::fmt;

/// Largest reply accepted, in bytes: a token with a long chain has about 10,000.
pub const MAX_REPLY_BYTES: usize = 256 * 1024;
/// Characters kept of a refusal's text.
pub const MAX_STATUS_TEXT_CHARS: usize = 200;

/// PKIFailureInfo by bit (RFC 3161, 2.4.2).
const FAILURES: [(usize, &str); 8] = [
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];

/// PKIStatus of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// 2
    Rejection,
    /// 3: ask again later.
    Waiting,
    /// 4
    RevocationWarning,
    /// 5
    RevocationNotification,
    /// A number that RFC 3161 does not know.
    Unknown(u8),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejection => f.write_str("rejection"),
            Self::Waiting => f.write_str("waiting"),
            Self::RevocationWarning => f.write_str("revocationWarning"),
            Self::RevocationNotification => f.write_str("revocationNotification"),
            Self::Unknown(number) => write!(f, "status {number}"),
        }
    }
}

/// The token in a reply, as it stands. A grant with modifications is a grant: what was modified shows in [`super::check`].
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Malformed`], [`Error::Rejected`].
pub fn read_reply(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    if bytes.len() > MAX_REPLY_BYTES {
        return Err(Error::TooLarge(bytes.len()));
    }
    let part = "timeStampResp";
    let mut parts = Element::only(Rules::Ber, bytes, part)?.elements(Tag::Sequence, part)?;
    let mut info = parts.next()?.elements(Tag::Sequence, "pkiStatusInfo")?;
    let status: u8 = info.next()?.decode("pkiStatus")?;
    if status > 1 {
        return Err(refusal(status, info)?);
    }
    let token = parts.next()?;
    parts.end()?;
    Ok(token.raw().to_vec())
}

fn refusal(status: u8, mut info: Elements<'_>) -> Result<Error, Error> {
    let mut words = Vec::new();
    if let Some(texts) = info.next_if_is(Tag::Sequence) {
        for text in texts.inner("statusString")?.rest() {
            words.push(String::from_utf8_lossy(text.value()).into_owned());
        }
    }
    let failure = match info.next_if_is(Tag::BitString) {
        Some(bits) => failures(&bits.decode("failInfo")?),
        None => String::new(),
    };
    Ok(Error::Rejected {
        status: match status {
            2 => Status::Rejection,
            3 => Status::Waiting,
            4 => Status::RevocationWarning,
            5 => Status::RevocationNotification,
            other => Status::Unknown(other),
        },
        failure,
        text: words.join(" ").chars().take(MAX_STATUS_TEXT_CHARS).collect(),
    })
}

fn failures(bits: &BitString) -> String {
    let set: Vec<bool> = bits.bits().take(32).collect();
    let named = FAILURES.iter().filter(|(bit, _)| set.get(*bit) == Some(&true));
    named.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why() {
        // SEQUENCE { SEQUENCE { 2, SEQUENCE { UTF8String "no" }, BIT STRING bit 15 } }
        let reply = hex::decode("3010300e02010230040c026e6f030300_0001".replace('_', "")).unwrap();
        let refused = read_reply(&reply);
        let expected = Error::Rejected {
            status: Status::Rejection,
            failure: "unacceptedPolicy".to_owned(),
            text: "no".to_owned(),
        };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn a_grant_needs_a_token() {
        assert!(matches!(read_reply(&[0x30, 5, 0x30, 3, 2, 1, 0]), Err(Error::Cms(_))));
        let granted = [0x30, 7, 0x30, 3, 2, 1, 0, 0x30, 0];
        assert_eq!(read_reply(&granted), Ok(vec![0x30, 0]));
        assert!(read_reply(&[granted.as_slice(), &[0]].concat()).is_err());
        let large = vec![0; MAX_REPLY_BYTES + 1];
        assert_eq!(read_reply(&large), Err(Error::TooLarge(large.len())));
    }
}
