//! A revision with room for its CMS: what is hashed, and how the CMS gets in. Nothing here makes or reads a CMS.

use super::Error;
use std::ops::Range;

/// The update that turns a document into a signed one, once its CMS is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// Bytes to append to the original document.
    pub update: Vec<u8>,
    /// The signature's `/ByteRange`, offsets in the finished file; what is signed is the whole file but the string of `/Contents`.
    pub byte_range: [u64; 4],
    /// Full name of the field that holds the signature.
    pub field_name: String,
    /// Where `<...>` stands in `update`, brackets included.
    pub(super) hole: Range<usize>,
}

impl Prepared {
    /// The parts of [`Prepared::update`] that are signed: before and after the string of `/Contents`. The digest runs over the original bytes, then these two.
    pub fn signed_parts(&self) -> (&[u8], &[u8]) {
        (&self.update[..self.hole.start], &self.update[self.hole.end..])
    }

    /// Bytes of CMS for which there is room.
    pub fn room(&self) -> usize {
        (self.hole.len() - 2) / 2
    }

    /// Writes the CMS into `/Contents`, zeros behind it; a second call replaces the first one's.
    ///
    /// # Errors
    /// [`Error::ContentsTooSmall`], with `update` as it was: prepare again with `contents_bytes` of at least `needed`.
    pub fn put_contents(&mut self, cms: &[u8]) -> Result<(), Error> {
        let room = self.room();
        if cms.len() > room {
            return Err(Error::ContentsTooSmall {
                needed: cms.len(),
                room,
            });
        }
        let digits = &mut self.update[self.hole.start + 1..self.hole.end - 1];
        digits.fill(b'0');
        for (pair, byte) in digits.chunks_exact_mut(2).zip(cms) {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> Prepared {
        Prepared {
            update: b"ab<000000>cd".to_vec(),
            byte_range: [0, 2, 10, 2],
            field_name: "Signature1".to_owned(),
            hole: 2..10,
        }
    }

    #[test]
    fn contents_fill_the_hole_and_nothing_else() {
        let mut p = prepared();
        assert_eq!(p.room(), 3);
        p.put_contents(&[0xff, 0x0a, 0x01]).unwrap();
        assert_eq!(p.update, b"ab<ff0a01>cd");
        p.put_contents(&[0x30]).unwrap();
        assert_eq!(p.update, b"ab<300000>cd");
        assert_eq!(p.signed_parts(), (&b"ab"[..], &b"cd"[..]));
    }

    #[test]
    fn too_much_is_refused_and_leaves_the_update_alone() {
        let mut p = prepared();
        assert_eq!(
            p.put_contents(&[1; 4]),
            Err(Error::ContentsTooSmall { needed: 4, room: 3 })
        );
        assert_eq!(p, prepared());
    }
}
