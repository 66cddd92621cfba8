//! A cursor over DER: one element at a time, nothing copied, no list collected, so that a CRL of a million entries costs no memory.
//!
//! Indefinite lengths, long forms of short lengths and tags above 30 are refused. It does not look inside what it hands out.

use crate::clock::{Civil, Timestamp};

/// BOOLEAN
pub const BOOLEAN: u8 = 0x01;
/// INTEGER
pub const INTEGER: u8 = 0x02;
/// BIT STRING
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING
pub const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// ENUMERATED
pub const ENUMERATED: u8 = 0x0a;
/// UTCTime
pub const UTC_TIME: u8 = 0x17;
/// GeneralizedTime
pub const GENERALIZED_TIME: u8 = 0x18;
/// SEQUENCE
pub const SEQUENCE: u8 = 0x30;
/// SET
pub const SET: u8 = 0x31;

/// `[number]` around something: EXPLICIT, or IMPLICIT of a constructed type.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// `[number]` IMPLICIT of a primitive type.
pub const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// The bytes are not the DER that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// One element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tlv<'a> {
    /// Identifier octet.
    pub tag: u8,
    /// Content.
    pub value: &'a [u8],
    /// Header and content.
    pub raw: &'a [u8],
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// `true` at the end.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// [`Malformed`], also at the end.
    pub fn any(&mut self) -> Result<Tlv<'a>, Malformed> {
        let (header, length) = header(self.rest)?;
        let total = header.checked_add(length).ok_or(Malformed)?;
        let raw = self.rest.get(..total).ok_or(Malformed)?;
        self.rest = &self.rest[total..];
        Ok(Tlv {
            tag: raw[0],
            value: &raw[header..],
            raw,
        })
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn take(&mut self, tag: u8) -> Result<Tlv<'a>, Malformed> {
        match self.rest.first() {
            Some(found) if *found == tag => self.any(),
            _ => Err(Malformed),
        }
    }

    /// The next element if it has this tag.
    ///
    /// # Errors
    /// [`Malformed`] when it has and cannot be read.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Malformed> {
        match self.rest.first() {
            Some(found) if *found == tag => self.any().map(Some),
            _ => Ok(None),
        }
    }

    /// UTCTime or GeneralizedTime, as RFC 5280, 4.1.2.5 allows them: to the second, in UTC.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn time(&mut self) -> Result<Timestamp, Malformed> {
        self.any()?.time()
    }

    /// [`Self::time`] if the next element is one.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn optional_time(&mut self) -> Result<Option<Timestamp>, Malformed> {
        match self.rest.first() {
            Some(&(UTC_TIME | GENERALIZED_TIME)) => self.time().map(Some),
            _ => Ok(None),
        }
    }

    /// There must be nothing left.
    ///
    /// # Errors
    /// [`Malformed`].
    pub const fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

impl<'a> Tlv<'a> {
    /// A cursor over the content.
    pub const fn cursor(self) -> Cursor<'a> {
        Cursor::new(self.value)
    }

    /// The octets of a BIT STRING without unused bits.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn octet_bits(self) -> Result<&'a [u8], Malformed> {
        match self.value {
            [0, bits @ ..] => Ok(bits),
            _ => Err(Malformed),
        }
    }

    /// The moment that this UTCTime or GeneralizedTime names.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn time(self) -> Result<Timestamp, Malformed> {
        let digits = self.value.strip_suffix(b"Z").ok_or(Malformed)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Malformed);
        }
        let pairs: Vec<u32> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
            .collect();
        let (year, rest) = match (self.tag, digits.len()) {
            // RFC 5280, 4.1.2.5.1: 50 and above is the last century.
            (UTC_TIME, 12) if pairs[0] >= 50 => (1900 + pairs[0], &pairs[1..]),
            (UTC_TIME, 12) => (2000 + pairs[0], &pairs[1..]),
            (GENERALIZED_TIME, 14) => (pairs[0] * 100 + pairs[1], &pairs[2..]),
            _ => return Err(Malformed),
        };
        let civil = Civil {
            year: i64::from(year),
            month: rest[0],
            day: rest[1],
            hour: rest[2],
            minute: rest[3],
            second: rest[4],
            micros: 0,
        };
        Timestamp::from_civil(civil).ok_or(Malformed)
    }
}

/// Writes one element.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let significant = length.iter().skip_while(|octet| **octet == 0);
            let count = u8::try_from(significant.clone().count()).unwrap_or(0);
            out.push(0x80 | count);
            out.extend(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Bytes of the header and of the content that it announces.
fn header(bytes: &[u8]) -> Result<(usize, usize), Malformed> {
    let [tag, first, rest @ ..] = bytes else {
        return Err(Malformed);
    };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    if *first < 0x80 {
        return Ok((2, usize::from(*first)));
    }
    let count = usize::from(first & 0x7f);
    let octets = rest
        .get(..count)
        .filter(|_| (1..=4).contains(&count))
        .ok_or(Malformed)?;
    let length = octets.iter().fold(0, |n: usize, octet| n << 8 | usize::from(*octet));
    let shortest = length >= 0x80 && octets[0] != 0;
    if shortest {
        Ok((2 + count, length))
    } else {
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_encoding_is_read() {
        assert_eq!(header(&[0x30, 0x7f]), Ok((2, 127)));
        assert_eq!(header(&[0x30, 0x81, 0x80]), Ok((3, 128)));
        for wrong in [
            &[0x30, 0x81, 0x7f][..],
            &[0x30, 0x80],
            &[0x30, 0x82, 0, 0x80],
            &[0x3f, 1],
            &[0x30],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
        ] {
            assert_eq!(header(wrong), Err(Malformed), "{wrong:?}");
        }
        let mut cursor = Cursor::new(&[2, 1, 5, 4, 2, 0]);
        assert_eq!(cursor.take(OCTET_STRING), Err(Malformed));
        assert_eq!(cursor.take(INTEGER).unwrap().value, [5]);
        assert_eq!(cursor.any(), Err(Malformed));
        assert_eq!(cursor.end(), Err(Malformed));
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let written = element(OCTET_STRING, &content);
            let mut cursor = Cursor::new(&written);
            assert_eq!(cursor.take(OCTET_STRING).unwrap().value, content);
            assert_eq!(cursor.end(), Ok(()));
        }
    }

    #[test]
    fn times() {
        let time = |tag, text: &str| {
            Tlv {
                tag,
                value: text.as_bytes(),
                raw: &[],
            }
            .time()
            .map(|t| t.rfc3339())
        };
        assert_eq!(time(UTC_TIME, "261123144521Z"), Ok("2026-11-23T14:45:21Z".to_owned()));
        assert_eq!(time(UTC_TIME, "500101000000Z"), Ok("1950-01-01T00:00:00Z".to_owned()));
        assert_eq!(
            time(GENERALIZED_TIME, "20500101000000Z"),
            Ok("2050-01-01T00:00:00Z".to_owned())
        );
        for wrong in [
            "2611231445Z",
            "261123144521",
            "261323144521Z",
            "2611231445+1Z",
            "20261123144521.5Z",
            "",
        ] {
            assert_eq!(time(UTC_TIME, wrong), Err(Malformed), "{wrong}");
            assert_eq!(time(GENERALIZED_TIME, wrong), Err(Malformed), "{wrong}");
        }
    }
}
