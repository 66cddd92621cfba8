//! What host and page worker say to each other: a postcard value, and after it the bytes that need no parsing (a piece of the document, a PNG).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::page::PagePicture;
use super::svg;

/// Longest body of a frame, in bytes: the largest PNG.
pub const MAX_BODY_BYTES: usize = 40 << 20;
/// A document travels in pieces of this many bytes.
pub const PIECE_BYTES: usize = 4 << 20;

/// From host to worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Forget the document at hand; one of `length` bytes follows.
    Begin {
        /// The host's number for it.
        document: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The next piece of the document stands behind this value.
    Piece,
    /// The document is whole: open it. The password, possibly empty, follows in a frame of its own.
    Open,
    /// Draw a page.
    Page {
        /// The document meant.
        document: u64,
        /// Counted from 0.
        index: u32,
        /// Width of the picture in pixels.
        width_px: u32,
        /// What the page may take; beyond it the worker ends itself, should the host be unable to end it.
        deadline_ms: u64,
    },
    /// Draw a seal; its SVG stands behind this value.
    Seal {
        /// As for a page.
        deadline_ms: u64,
    },
}

/// From worker to host.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Done; go on.
    Taken,
    /// The document has this many pages.
    Opened {
        /// Pages that the drawing library counts.
        pages: u32,
    },
    /// The picture; its PNG stands behind this value.
    Page(PagePicture),
    /// The seal; its PNG stands behind this value.
    Seal,
    /// The seal's SVG is refused.
    SealRefused(svg::Refused),
    /// The worker has another document or none (it was started again).
    Absent,
    /// It cannot be drawn.
    Refused(Refusal),
}

/// Why the worker does not draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Refusal {
    /// Not a document, or one whose page cannot be drawn.
    Undrawable,
    /// The password is missing or wrong, or the encryption unknown.
    Encrypted,
    /// The drawing library rebuilt the file's structure by guessing.
    Rebuilt,
    /// No such page.
    NoPage,
}

/// A frame's body.
pub fn pack<T: Serialize>(value: &T, tail: &[u8]) -> Vec<u8> {
    let mut body = postcard::to_stdvec(value).unwrap_or_default();
    body.extend_from_slice(tail);
    body
}

/// The value and what stands behind it; `None` for anything else.
pub fn unpack<T: DeserializeOwned>(body: &[u8]) -> Option<(T, &[u8])> {
    postcard::take_from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_and_its_tail_come_back() {
        let body = pack(&Request::Piece, b"%PDF");
        let (request, tail) = unpack::<Request>(&body).unwrap();
        assert!(matches!(request, Request::Piece) && tail == b"%PDF");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = unpack::<Request>(&bytes);
            let _ = unpack::<Reply>(&bytes);
        }
    }
}
