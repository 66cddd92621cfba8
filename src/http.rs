//! The desk API and the daemon's own page over HTTP/1.1 on loopback.
//!
//! Nothing here touches a token, a PDF or the database: every handler asks [`crate::app`]. Nothing listens on another address than loopback.

pub mod caller;
pub mod desk;
pub mod error;
mod limits;
mod names;
mod pages;
mod peer;
pub mod routes;
pub mod server;
mod upload;

pub use desk::router;
pub use limits::Limits;
pub use server::{LoopbackListener, ServeError, serve};
