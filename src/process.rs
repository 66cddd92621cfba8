//! Child processes of our own binary: what may crash, hang or leak runs in one, and the daemon goes on.
//!
//! `spawn` starts them, `frame` is what goes over the socket, [`Worker`] is the host's side (deadlines, crashes, restarts), [`Port`] the child's.
//! Nothing here knows what the messages mean, and nothing repeats a call whose outcome is unknown.

pub mod frame;
mod hello;
mod life;
mod line;
mod pending;
mod port;
mod spawn;
mod worker;

pub use port::{Leader, Port, Taken};
pub use spawn::{Program, Spec};
pub use worker::Worker;

use crate::text::Explain;

/// Why a call to a worker has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The worker died while it had the call, or it keeps dying and is not started again yet. The call's outcome is unknown.
    #[error("the worker process crashed")]
    Crashed,
    /// The deadline passed. If the worker had the call, it is ended.
    #[error("the worker process did not answer in time")]
    Timeout,
    /// Too many calls wait already.
    #[error("too many calls wait for the worker process")]
    Busy,
    /// The message exceeds what the two sides agreed on.
    #[error("the message is too long for the worker process")]
    TooLarge,
    /// The program could not be started, or what started was not our worker.
    #[error("the worker process does not start: {0}")]
    Start(String),
    /// The daemon is ending.
    #[error("the worker process was stopped")]
    Stopped,
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Crashed => "worker_crashed",
            Self::Timeout => "worker_timeout",
            Self::Busy => "worker_busy",
            Self::TooLarge => "worker_message_too_large",
            Self::Start(_) => "worker_start_failed",
            Self::Stopped => "worker_stopped",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Start(reason) => vec![("reason", reason.clone())],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
