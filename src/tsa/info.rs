//! TSTInfo (RFC 3161, 2.4.2): what a token says. Fractions of seconds are read to the microsecond; more digits are cut.

use super::Error;
use crate::clock::{Civil, Timestamp};
use crate::cms::{Element, Elements, Rules};
use crate::der::{DigestAlgorithm, ObjectIdentifier};
use ::der::{Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;
use std::time::Duration;

/// A digest and its algorithm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imprint {
    /// The algorithm.
    pub digest: DigestAlgorithm,
    /// Its value.
    pub value: Vec<u8>,
}

/// What a timestamp says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TstInfo {
    /// The TSA's policy.
    pub policy: ObjectIdentifier,
    /// What was stamped.
    pub imprint: Imprint,
    /// Content bytes of the serial number.
    pub serial: Vec<u8>,
    /// When.
    pub time: Timestamp,
    /// How far the time may be off in either direction; `None`: not said.
    pub accuracy: Option<Duration>,
    /// Any two tokens of this TSA can be put in order by their times alone.
    pub ordering: bool,
    /// Content bytes of the nonce; `None` when none was sent.
    pub nonce: Option<Vec<u8>>,
}

impl Imprint {
    /// The digest of `message`.
    pub fn of(digest: DigestAlgorithm, message: &[u8]) -> Self {
        Self {
            digest,
            value: digest.digest(message),
        }
    }
}

impl TstInfo {
    /// Reads the content of a token.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::CriticalExtension`], or an unknown digest algorithm.
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let mut parts = Element::only(Rules::Ber, content, "tstInfo")?.elements(Tag::Sequence, "tstInfo")?;
        if parts.next()?.decode::<u8>("tstInfo")? != 1 {
            return Err(Error::Malformed("version"));
        }
        let policy = parts.next()?.decode("policy")?;
        let imprint = imprint(parts.next()?)?;
        let serial = integer(parts.next()?, "serialNumber")?;
        let time = parts.next()?;
        let time = Some(time)
            .filter(|t| t.is(Tag::GeneralizedTime))
            .and_then(|t| generalized_time(t.value()));
        let info = Self {
            policy,
            imprint,
            serial,
            time: time.ok_or(Error::Malformed("genTime"))?,
            accuracy: parts.next_if_is(Tag::Sequence).map(accuracy).transpose()?,
            ordering: match parts.next_if_is(Tag::Boolean) {
                Some(value) => value.decode("ordering")?,
                None => false,
            },
            nonce: parts
                .next_if_is(Tag::Integer)
                .map(|n| integer(n, "nonce"))
                .transpose()?,
        };
        // tsa: a name beside the certificate, which alone says who stamped.
        parts.next_if(TagNumber::N0);
        if let Some(list) = parts.next_if(TagNumber::N1) {
            extensions(list)?;
        }
        parts.end()?;
        Ok(info)
    }
}

fn imprint(element: Element<'_>) -> Result<Imprint, Error> {
    let mut parts = element.elements(Tag::Sequence, "messageImprint")?;
    let algorithm: AlgorithmIdentifierOwned = parts.next()?.decode("messageImprint")?;
    let value = parts.next()?.octets("messageImprint")?.into_owned();
    parts.end()?;
    let digest = DigestAlgorithm::from_identifier(&algorithm).map_err(crate::cms::Error::from)?;
    Ok(Imprint { digest, value })
}

fn integer(element: Element<'_>, part: &'static str) -> Result<Vec<u8>, Error> {
    match element.is(Tag::Integer) && !element.value().is_empty() {
        true => Ok(element.value().to_vec()),
        false => Err(Error::Malformed(part)),
    }
}

/// Accuracy: seconds, `[0]` milliseconds, `[1]` microseconds, each optional.
fn accuracy(element: Element<'_>) -> Result<Duration, Error> {
    let malformed = Error::Malformed("accuracy");
    let mut parts: Elements<'_> = element.inner("accuracy")?;
    let mut sum = Duration::ZERO;
    let context = |number| Tag::ContextSpecific {
        constructed: false,
        number,
    };
    let units = [
        (Tag::Integer, 1_000_000),
        (context(TagNumber::N0), 1_000),
        (context(TagNumber::N1), 1),
    ];
    for (tag, micros) in units {
        let Some(part) = parts.next_if_is(tag) else { continue };
        let bytes = part.value();
        if bytes.is_empty() || bytes.len() > 4 || bytes[0] >= 0x80 {
            return Err(malformed);
        }
        let number = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        sum += Duration::from_micros(number * micros);
    }
    parts.end()?;
    Ok(sum)
}

fn extensions(list: Element<'_>) -> Result<(), Error> {
    for extension in list.inner("extensions")?.rest() {
        let mut parts = extension.elements(Tag::Sequence, "extensions")?;
        let oid = parts.next()?.decode("extensions")?;
        if let Some(critical) = parts.next_if_is(Tag::Boolean)
            && critical.decode("extensions")?
        {
            return Err(Error::CriticalExtension(oid));
        }
    }
    Ok(())
}

/// `YYYYMMDDhhmmss[.f...]Z`, the only form that RFC 3161 allows. A leap second is the second after it.
fn generalized_time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| whole.get(range)?.parse::<u32>().ok();
    let second = number(12..14)?;
    let at = Timestamp::from_civil(Civil {
        year: i64::from(number(0..4)?),
        month: number(4..6)?,
        day: number(6..8)?,
        hour: number(8..10)?,
        minute: number(10..12)?,
        second: if second == 60 { 59 } else { second },
        micros: format!("{fraction:0<6.6}").parse().ok()?,
    })?;
    Some(if second == 60 {
        at.plus(Duration::from_secs(1))
    } else {
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions_or_none() {
        let read = |text: &str| generalized_time(text.as_bytes());
        let at = Timestamp::parse_rfc3339("2026-11-23T05:45:21Z").unwrap();
        assert_eq!(read("20261123054521Z"), Some(at));
        assert_eq!(
            read("20261123054521.5Z"),
            Some(Timestamp::from_micros(at.micros() + 500_000))
        );
        assert_eq!(
            read("20261123054521.1234567Z"),
            Some(Timestamp::from_micros(at.micros() + 123_456))
        );
        assert_eq!(
            read("20161231235960Z"),
            Timestamp::parse_rfc3339("2017-01-01T00:00:00Z")
        );
        for bad in [
            "",
            "Z",
            "20261123054521",
            "20261123054521.Z",
            "202611230545Z",
            "20261123054521+0900",
            "20261323054521Z",
            "20261123054561Z",
            "2026112305452 Z",
            "20261123054521,5Z",
            "20261123054521.-5Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn accuracy_adds_up() {
        let read = |bytes: &[u8]| accuracy(Element::only(Rules::Ber, bytes, "x").unwrap());
        let all = [0x30, 0x0a, 2, 1, 1, 0x80, 2, 1, 0xf4, 0x81, 1, 100];
        assert_eq!(read(&all), Ok(Duration::from_micros(1_500_100)));
        assert_eq!(read(&[0x30, 0]), Ok(Duration::ZERO));
        assert!(read(&[0x30, 3, 2, 1, 0xff]).is_err());
        assert!(read(&[0x30, 6, 0x81, 1, 1, 0x80, 1, 1]).is_err());
    }
}
