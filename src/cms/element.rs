//! One level of DER or BER at a time, without copying. As DER, indefinite lengths and long forms of short lengths are refused; tags above 30 always are.

use super::Error;
use super::ber::{self, Tlv};
use ::der::{AnyRef, Decode, DecodeOwned, Reader, SliceReader, Tag, TagNumber};
use std::borrow::Cow;

/// Most elements of one SEQUENCE or SET.
const MAX_ELEMENTS: usize = 256;

/// Which encoding is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rules {
    /// X.690, 10 and 11: the one encoding.
    Der,
    /// X.690, 8: whatever others write.
    Ber,
}

/// One tag-length-value.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    rules: Rules,
    tlv: Tlv<'a>,
}

/// The elements of a SEQUENCE or SET in their order, taken one after the other.
pub(crate) struct Elements<'a> {
    list: std::vec::IntoIter<Element<'a>>,
    part: &'static str,
}

impl<'a> Element<'a> {
    /// The element at the beginning of `bytes`, and what follows it.
    pub(crate) fn first(rules: Rules, bytes: &'a [u8], part: &'static str) -> Result<(Self, &'a [u8]), Error> {
        let (tlv, rest) = ber::split(bytes, part)?;
        if rules == Rules::Der {
            let mut reader = SliceReader::new(bytes).map_err(|_| Error::Malformed(part))?;
            let raw = reader.tlv_bytes().map_err(|_| Error::Malformed(part))?;
            AnyRef::from_der(raw).map_err(|_| Error::Malformed(part))?;
        }
        Ok((Self { rules, tlv }, rest))
    }

    /// The one element that `bytes` are.
    pub(crate) fn only(rules: Rules, bytes: &'a [u8], part: &'static str) -> Result<Self, Error> {
        match Self::first(rules, bytes, part)? {
            (element, []) => Ok(element),
            _ => Err(Error::Malformed(part)),
        }
    }

    /// Which encoding it was read by.
    pub(crate) const fn rules(self) -> Rules {
        self.rules
    }

    /// Its content.
    pub(crate) const fn value(self) -> &'a [u8] {
        self.tlv.value
    }

    /// Header and content.
    pub(crate) const fn raw(self) -> &'a [u8] {
        self.tlv.raw
    }

    /// Its identifier octet.
    pub(crate) const fn identifier(self) -> u8 {
        self.tlv.identifier
    }

    /// The length is not told beforehand.
    pub(crate) const fn is_indefinite(self) -> bool {
        self.tlv.indefinite
    }

    /// Whether it has this tag.
    pub(crate) fn is(self, tag: Tag) -> bool {
        self.tlv.identifier == tag.octet()
    }

    /// What it holds, when it has this tag.
    pub(crate) fn elements(self, tag: Tag, part: &'static str) -> Result<Elements<'a>, Error> {
        if !self.is(tag) {
            return Err(Error::Malformed(part));
        }
        self.inner(part)
    }

    /// What it holds, whatever its tag.
    pub(crate) fn inner(self, part: &'static str) -> Result<Elements<'a>, Error> {
        let mut list = Vec::new();
        let mut rest = self.tlv.value;
        while !rest.is_empty() {
            let (element, after) = Self::first(self.rules, rest, part)?;
            if list.len() == MAX_ELEMENTS {
                return Err(Error::TooLarge);
            }
            list.push(element);
            rest = after;
        }
        Ok(Elements {
            list: list.into_iter(),
            part,
        })
    }

    /// Its DER: its own bytes, or rewritten.
    pub(crate) fn der(self, part: &'static str) -> Result<Cow<'a, [u8]>, Error> {
        Ok(match self.rules {
            Rules::Der => Cow::Borrowed(self.tlv.raw),
            Rules::Ber => Cow::Owned(ber::to_der(self.tlv.raw, part)?),
        })
    }

    /// Decodes it by one of `der`'s types.
    pub(crate) fn decode<T: DecodeOwned>(self, part: &'static str) -> Result<T, Error> {
        T::from_der(&self.der(part)?).map_err(|_| Error::Malformed(part))
    }

    /// The content of an OCTET STRING.
    pub(crate) fn octets(self, part: &'static str) -> Result<Cow<'a, [u8]>, Error> {
        match self.rules {
            Rules::Der if self.is(Tag::OctetString) => Ok(Cow::Borrowed(self.tlv.value)),
            Rules::Der => Err(Error::Malformed(part)),
            Rules::Ber => ber::octets(self.tlv, part).map(Cow::Owned),
        }
    }
}

impl<'a> Elements<'a> {
    /// The next one; there must be one.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Error> {
        self.list.next().ok_or(Error::Malformed(self.part))
    }

    /// The next one if it is `[number]`.
    pub(crate) fn next_if(&mut self, number: TagNumber) -> Option<Element<'a>> {
        let constructed = true;
        self.next_if_is(Tag::ContextSpecific { constructed, number })
    }

    /// The next one if it has this tag.
    pub(crate) fn next_if_is(&mut self, tag: Tag) -> Option<Element<'a>> {
        let is_it = self.list.as_slice().first().is_some_and(|e| e.is(tag));
        if is_it { self.list.next() } else { None }
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> impl Iterator<Item = Element<'a>> {
        self.list
    }

    /// There must be nothing left.
    pub(crate) fn end(mut self) -> Result<(), Error> {
        self.list.next().map_or(Ok(()), |_| Err(Error::Malformed(self.part)))
    }
}
