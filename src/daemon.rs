//! The daemon room: the log and what systemd is told.

pub mod journal;
pub mod notify;
