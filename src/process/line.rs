//! Our end of the socket, for writing: whoever has something to send writes it himself, without a task between.
//!
//! Nothing here waits. What the socket does not take stays queued until the life sees it writable.

use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

/// More buffers than this are not handed to the kernel in one call.
const MAX_BUFFERS: usize = 64;

/// The frames of one call, each in its own buffer.
pub(super) struct Outgoing(pub(super) Vec<Zeroizing<Vec<u8>>>);

/// The write side of a child's socket.
pub(super) struct Line {
    socket: Arc<UnixStream>,
    waiting: VecDeque<Zeroizing<Vec<u8>>>,
    /// How much of the first waiting buffer is already sent.
    sent_bytes: usize,
}

impl Line {
    pub(super) fn new(socket: Arc<UnixStream>) -> Self {
        Self {
            socket,
            waiting: VecDeque::new(),
            sent_bytes: 0,
        }
    }

    pub(super) fn push(&mut self, outgoing: Outgoing) {
        self.waiting.extend(outgoing.0);
    }

    pub(super) fn is_stuck(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends as much as the socket takes. A broken socket keeps its bytes: the reader meets the end and says so.
    pub(super) fn flush(&mut self) {
        while !self.waiting.is_empty() {
            let mut skip = self.sent_bytes;
            let buffers: Vec<IoSlice<'_>> = self
                .waiting
                .iter()
                .take(MAX_BUFFERS)
                .map(|buffer| IoSlice::new(&buffer[std::mem::take(&mut skip)..]))
                .collect();
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match sendmsg(&*self.socket, &buffers, &mut SendAncillaryBuffer::default(), flags) {
                Ok(sent) => self.forget(sent),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    fn forget(&mut self, sent: usize) {
        self.sent_bytes += sent;
        while let Some(first) = self.waiting.front()
            && self.sent_bytes >= first.len()
        {
            self.sent_bytes -= first.len();
            self.waiting.pop_front();
        }
    }
}
