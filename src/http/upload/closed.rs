//! A form that came closed: opened chunk by chunk as it is read, into the form that it holds.
//!
//! What cannot be opened is no form; nothing of a chunk is used before its tag was right.

use super::super::error::HttpError;
use super::{bad, why};
use crate::access::{FormKeys, SEALED_CHUNK_BYTES, SEALED_HEAD_BYTES};
use crate::app::failure::Failure;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use multer::{Field, Multipart};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Opened chunks that wait for the form's reader.
const MAX_WAITING_CHUNKS: usize = 2;
/// Longest boundary (RFC 2046, 5.1.1).
const MAX_BOUNDARY_CHARS: usize = 70;

/// The form that comes out.
pub(super) struct Opened(mpsc::Receiver<Bytes>);

/// Two halves that must run together: one opens what `part` brings, the other gives the form that was in it.
pub(super) fn opening<'a>(
    part: Field<'a>,
    keys: &'a FormKeys,
) -> (impl Future<Output = Result<(), HttpError>> + 'a, Opened) {
    let (chunks, opened) = mpsc::channel(MAX_WAITING_CHUNKS);
    (open(part, keys, chunks), Opened(opened))
}

async fn open(mut part: Field<'_>, keys: &FormKeys, chunks: mpsc::Sender<Bytes>) -> Result<(), HttpError> {
    let mut held: Vec<u8> = Vec::new();
    let mut opener = None;
    let mut more = true;
    while more {
        match part.chunk().await.map_err(|error| why(&error))? {
            Some(chunk) => held.extend_from_slice(&chunk),
            None => more = false,
        }
        let opener = match &mut opener {
            Some(opener) => opener,
            None => {
                let Some((head, rest)) = held.split_first_chunk::<SEALED_HEAD_BYTES>() else {
                    continue;
                };
                let begun = keys.opener(head).map_err(Failure::from)?;
                held = rest.to_vec();
                opener.insert(begun)
            }
        };
        // Only when more has come it is known that a chunk is not the last.
        while held.len() > SEALED_CHUNK_BYTES || (!more && !held.is_empty()) {
            let rest = held.split_off(held.len().min(SEALED_CHUNK_BYTES));
            let opened = opener.open(&held, !more && rest.is_empty()).map_err(Failure::from)?;
            held = rest;
            if chunks.send(opened.into()).await.is_err() {
                // The form ended, well or badly; whoever read it says how.
                return Ok(());
            }
        }
    }
    match opener {
        Some(_) => Ok(()),
        None => Err(bad("`closed` ends before it begins").into()),
    }
}

impl Opened {
    /// The parts of the form; its boundary stands in its first line.
    pub(super) async fn parts(mut self) -> Result<Multipart<'static>, HttpError> {
        let first = self.0.recv().await.unwrap_or_default();
        let line = first.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let boundary = line.strip_prefix(b"--").filter(|name| name.len() <= MAX_BOUNDARY_CHARS);
        let boundary = boundary.and_then(|name| std::str::from_utf8(name).ok());
        let boundary = boundary.ok_or_else(|| bad("`closed` holds no form"))?.to_owned();
        let body = Body::new(Chunks {
            first: Some(first),
            rest: self.0,
        });
        Ok(Multipart::new(body.into_data_stream(), boundary))
    }
}

struct Chunks {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Bytes>,
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => self
                .rest
                .poll_recv(cx)
                .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk)))),
        }
    }
}
