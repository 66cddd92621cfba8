//! How much at once: connections, requests of one caller, bytes, waits.
//!
//! Nothing here queues: what is over a limit is refused at once, so that a caller learns it.

use crate::access::Principal;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// Limits of the listener; the defaults suit one person's desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections open at once.
    pub max_connections: usize,
    /// Requests of one caller under way at once, open event streams and downloads among them.
    pub max_requests_per_caller: usize,
    /// One upload with all its documents, in bytes.
    pub max_upload_bytes: u64,
    /// One document, in bytes.
    pub max_document_bytes: u64,
    /// Documents of one upload.
    pub max_documents: u64,
    /// The request line and headers must have come by then, and a JSON body as long after them.
    pub header_deadline_ms: u64,
    /// Longest silence of a client that sends a body or does not take its answer.
    pub idle_deadline_ms: u64,
    /// Requests under way are given this long when the daemon ends.
    pub drain_deadline_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 256,
            max_requests_per_caller: 32,
            max_upload_bytes: 5 * 1024 * 1024 * 1024,
            max_document_bytes: 4 * 1024 * 1024 * 1024,
            max_documents: 200,
            header_deadline_ms: 10_000,
            idle_deadline_ms: 30_000,
            drain_deadline_ms: 10_000,
        }
    }
}

/// Whose requests are counted together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Counted {
    /// Everybody who is not known.
    Strangers,
    /// A browser of the daemon's user that opens the daemon's page.
    Visitors,
    /// A signer behind a link.
    Link(String),
    /// A site, program or the person.
    Known(Principal),
}

/// Counts requests under way by caller.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<Counted, usize>>>);

/// One request under way; it counts until this is dropped.
pub(super) struct Permit {
    counts: InFlight,
    caller: Counted,
}

impl InFlight {
    /// Counts one more, or `None` when `max` are under way.
    pub(super) fn enter(&self, caller: Counted, max: usize) -> Option<Permit> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(caller.clone()).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Permit {
            counts: self.clone(),
            caller,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.caller);
            }
        }
    }
}

/// A body that keeps its permit until the last byte is out.
pub(super) struct Held {
    pub(super) body: Body,
    pub(super) _permit: Permit,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_apart_and_leave() {
        let counts = InFlight::default();
        let person = Counted::Known(Principal::OwnPage);
        let first = counts.enter(person.clone(), 2).unwrap();
        let _second = counts.enter(person.clone(), 2).unwrap();
        assert!(counts.enter(person.clone(), 2).is_none());
        let stranger = counts.enter(Counted::Strangers, 2);
        assert!(stranger.is_some());
        drop(first);
        assert!(counts.enter(person, 2).is_some());
        drop(stranger);
        assert_eq!(counts.0.lock().unwrap().len(), 1);
    }
}
