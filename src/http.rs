//! HTTP/1.1: the desk API and the daemon's own page on loopback; a server's API for applications, over TLS.
//!
//! Nothing here touches a token, a PDF or the database: every handler asks [`crate::app`]. Nothing without TLS listens on another address than loopback.

pub mod caller;
pub mod desk;
pub mod error;
mod limits;
mod names;
mod pages;
mod peer;
pub mod routes;
pub mod server;
pub mod service;
pub mod tls;
mod upload;

pub use desk::router;
pub use limits::Limits;
pub use server::{Door, ServeError, serve};
pub use tls::Certificates;
