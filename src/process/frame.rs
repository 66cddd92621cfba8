//! Frames on the socket between hankod and its workers: u32 length, u64 id, body; integers little endian.
//!
//! The length counts id and body. A frame longer than its reader's cap ends the connection: it is never allocated, never skipped.

use std::io;
use zeroize::Zeroizing;

/// Bytes of length and id before each body.
pub const HEADER_BYTES: usize = 12;
const ID_BYTES: usize = 8;

/// One whole frame: which call it belongs to, and its body.
#[derive(PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// The call's number, chosen by the host; a reply carries the number of its request.
    pub id: u64,
    /// What the two sides agreed on: a postcard value, or the bytes of a secret.
    pub body: &'a [u8],
}

/// A frame in a buffer of its own, wiped when dropped. `None` when the body is longer than a u32 can say.
pub fn encode(id: u64, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = u32::try_from(body.len().checked_add(ID_BYTES)?).ok()?;
    let mut frame = Zeroizing::new(Vec::with_capacity(HEADER_BYTES + body.len()));
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&id.to_le_bytes());
    frame.extend_from_slice(body);
    Some(frame)
}

/// The first frame of `bytes` and how many bytes it took; `None` while it is not yet whole.
///
/// # Errors
/// `InvalidData` when the length is too small for an id or the body exceeds `max_body_bytes`: the other side is broken or hostile.
pub fn split(bytes: &[u8], max_body_bytes: usize) -> io::Result<Option<(Frame<'_>, usize)>> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length < ID_BYTES || length - ID_BYTES > max_body_bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame length out of range"));
    }
    let Some(whole) = rest.get(..length) else {
        return Ok(None);
    };
    let Some((id, body)) = whole.split_first_chunk::<ID_BYTES>() else {
        return Ok(None);
    };
    let id = u64::from_le_bytes(*id);
    Ok(Some((Frame { id, body }, 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_length_outside_its_range_is_refused() {
        for length in [0_u32, 7, 8 + 17, u32::MAX] {
            assert!(split(&length.to_le_bytes(), 16).is_err(), "{length}");
        }
        assert!(split(&24_u32.to_le_bytes(), 16).unwrap().is_none());
    }

    proptest! {
        #[test]
        fn frames_come_back_whole_wherever_they_are_cut(id: u64, body: Vec<u8>, next: Vec<u8>, cut: prop::sample::Index) {
            let mut bytes = encode(id, &body).unwrap().to_vec();
            let length = bytes.len();
            prop_assert_eq!(split(&bytes[..cut.index(length)], 4096).unwrap(), None);
            bytes.extend_from_slice(&next);
            prop_assert_eq!(split(&bytes, 4096).unwrap(), Some((Frame { id, body: &body }, length)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            if let Ok(Some((frame, taken))) = split(&bytes, 64) {
                prop_assert!(frame.body.len() <= 64 && taken <= bytes.len());
            }
        }
    }
}
