//! One level of DER at a time, without copying. Indefinite lengths, long forms of short lengths and tags above 30 are refused.

use super::Error;
use ::der::{AnyRef, Decode, Reader, SliceReader, Tag, TagNumber};

/// Most elements of one SEQUENCE or SET.
const MAX_ELEMENTS: usize = 256;

/// One tag-length-value.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    /// Its tag.
    pub(super) tag: Tag,
    /// Its content.
    pub(super) value: &'a [u8],
    /// Header and content.
    pub(super) raw: &'a [u8],
}

/// The elements of a SEQUENCE or SET in their order, taken one after the other.
pub(super) struct Elements<'a> {
    list: std::vec::IntoIter<Element<'a>>,
    part: &'static str,
}

impl<'a> Element<'a> {
    /// The element at the beginning of `bytes`, and what follows it.
    pub(super) fn first(bytes: &'a [u8], part: &'static str) -> Result<(Self, &'a [u8]), Error> {
        let mut reader = SliceReader::new(bytes).map_err(|_| Error::Malformed(part))?;
        let raw = reader.tlv_bytes().map_err(|_| Error::Malformed(part))?;
        let any = AnyRef::from_der(raw).map_err(|_| Error::Malformed(part))?;
        let element = Self {
            tag: ::der::Tagged::tag(&any),
            value: any.value(),
            raw,
        };
        Ok((element, &bytes[raw.len()..]))
    }

    /// What it holds, when it has this tag.
    pub(super) fn elements(self, tag: Tag, part: &'static str) -> Result<Elements<'a>, Error> {
        if self.tag != tag {
            return Err(Error::Malformed(part));
        }
        let mut list = Vec::new();
        let mut rest = self.value;
        while !rest.is_empty() {
            let (element, after) = Self::first(rest, part)?;
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

    /// Decodes it by one of `der`'s types.
    pub(super) fn decode<T: Decode<'a>>(self, part: &'static str) -> Result<T, Error> {
        T::from_der(self.raw).map_err(|_| Error::Malformed(part))
    }
}

impl<'a> Elements<'a> {
    /// The next one; there must be one.
    pub(super) fn next(&mut self) -> Result<Element<'a>, Error> {
        self.list.next().ok_or(Error::Malformed(self.part))
    }

    /// The next one if it is `[number]`.
    pub(super) fn next_if(&mut self, number: TagNumber) -> Option<Element<'a>> {
        let constructed = true;
        let tag = Tag::ContextSpecific { constructed, number };
        let is_it = self.list.as_slice().first().is_some_and(|e| e.tag == tag);
        if is_it { self.list.next() } else { None }
    }

    /// Everything that is left.
    pub(super) fn rest(self) -> impl Iterator<Item = Element<'a>> {
        self.list
    }

    /// There must be nothing left.
    pub(super) fn end(mut self) -> Result<(), Error> {
        self.list.next().map_or(Ok(()), |_| Err(Error::Malformed(self.part)))
    }
}
