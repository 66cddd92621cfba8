//! A request body that cannot be read faster than it is used, cannot stall, and cannot be longer than allowed.
//!
//! The multipart parser reads as long as bytes are ready and keeps part headers in memory until they end; both are bounded here.

use super::super::error::Refusal;
use crate::app::spool::SpoolShare;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Most bytes before the first part, and between the end of one part and the content of the next.
const MAX_PART_HEADER_BYTES: u64 = 1024 * 1024;

/// After each frame the reader gets its turn; after `idle_ms` without one the body ends in `upload_stalled`.
pub(super) fn paced(body: Body, idle_ms: u64) -> Body {
    let idle = Duration::from_millis(idle_ms);
    Body::new(Paced {
        body,
        idle,
        silence: Box::pin(sleep(idle)),
        breathe: false,
    })
}

struct Paced {
    body: Body,
    idle: Duration,
    silence: Pin<Box<Sleep>>,
    breathe: bool,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if std::mem::take(&mut self.breathe) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.breathe = true;
                let next = Instant::now() + self.idle;
                self.silence.as_mut().reset(next);
                Poll::Ready(frame.map(|f| f.map_err(|_| Refusal::Stalled.into())))
            }
            Poll::Pending => {
                ready!(self.silence.as_mut().poll(cx));
                Poll::Ready(Some(Err(Refusal::Stalled.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Counts a body as it is read: all of it against the upload limit, and what is read while no part is open against the limit for headers.
#[derive(Clone)]
pub(super) struct Gauge(Arc<Counts>);

struct Counts {
    max_bytes: u64,
    share: Arc<SpoolShare>,
    all: AtomicU64,
    headers: AtomicU64,
    between_parts: AtomicBool,
}

impl Gauge {
    pub(super) fn new(max_bytes: u64, share: Arc<SpoolShare>) -> Self {
        Self(Arc::new(Counts {
            max_bytes,
            share,
            all: AtomicU64::new(0),
            headers: AtomicU64::new(0),
            between_parts: AtomicBool::new(true),
        }))
    }

    /// Says whether the parser looks for a part or reads one.
    pub(super) fn between_parts(&self, between: bool) {
        self.0.headers.store(0, Ordering::Relaxed);
        self.0.between_parts.store(between, Ordering::Relaxed);
    }

    pub(super) fn watch(&self, body: Body) -> Body {
        Body::new(Watched {
            body,
            gauge: self.clone(),
        })
    }

    fn count(&self, bytes: u64) -> Result<(), Refusal> {
        let counts = &self.0;
        let all = counts.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > counts.max_bytes {
            return Err(Refusal::TooLarge {
                max_bytes: counts.max_bytes,
            });
        }
        if !counts.share.cover(all) {
            return Err(Refusal::UploadsFull);
        }
        let header = counts.between_parts.load(Ordering::Relaxed);
        if header && counts.headers.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_PART_HEADER_BYTES {
            return Err(Refusal::BadUpload {
                reason: "a part's headers do not end".to_owned(),
            });
        }
        Ok(())
    }
}

struct Watched {
    body: Body,
    gauge: Gauge,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(axum::Error::into_inner)?;
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            self.gauge.count(bytes)?;
            Ok(frame)
        }))
    }
}
