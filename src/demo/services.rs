//! The demonstration's timestamping authority and OCSP responder behind HTTP on loopback, for as long as the demonstration runs.
//!
//! Questions are posted; nothing else is served, and nobody beyond this machine reaches it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use openssl::error::ErrorStack;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::answer::Register;
use super::ca::{DemoCa, Official};
use super::{DemoError, answer, stamp};
use crate::clock::Timestamp;

/// A question has a few hundred bytes.
const MAX_QUESTION_BYTES: usize = 16 * 1024;
const TSA_PATH: &str = "/tsa";
const OCSP_PATH: &str = "/ocsp";

/// Both services, running.
pub(super) struct Services {
    /// Where.
    pub(super) address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

/// Where timestamps are to be had at this address.
pub(super) fn tsa_url(address: SocketAddr) -> String {
    format!("http://{address}{TSA_PATH}")
}

/// Where OCSP answers are to be had at this address.
pub(super) fn ocsp_url(address: SocketAddr) -> String {
    format!("http://{address}{OCSP_PATH}")
}

impl Services {
    /// Answers at `address`, where `listener` listens, in the name of `ca`, about what it has issued so far.
    pub(super) fn start(ca: DemoCa, listener: TcpListener, address: SocketAddr) -> Result<Self, DemoError> {
        let desk = Desk {
            registers: Register::of(&ca)?,
            issuer: ca.issuing_der()?,
            ca,
        };
        let router = Router::new()
            .route(TSA_PATH, post(stamped))
            .route(OCSP_PATH, post(answered))
            .layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES))
            .with_state(Arc::new(desk));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, task })
    }

    /// Answers nobody any more.
    pub(super) async fn stop(self) {
        self.task.abort();
        // It was aborted: there is nothing to hear.
        self.task.await.ok();
    }
}

struct Desk {
    ca: DemoCa,
    registers: [Register; 2],
    issuer: Vec<u8>,
}

impl Desk {
    fn responders(&self) -> [&Official; 2] {
        let services = self.ca.services();
        [&services.responder, &services.root_responder]
    }
}

async fn stamped(State(desk): State<Arc<Desk>>, question: Bytes) -> Response {
    let made = stamp::reply(&desk.ca.services().tsa, &desk.issuer, &question, now());
    respond("application/timestamp-reply", made)
}

async fn answered(State(desk): State<Arc<Desk>>, question: Bytes) -> Response {
    let made = answer::reply(&desk.registers, &desk.responders(), &question, now());
    respond("application/ocsp-response", made)
}

fn respond(content_type: &'static str, made: Result<Vec<u8>, ErrorStack>) -> Response {
    match made {
        Ok(bytes) => ([(header::CONTENT_TYPE, content_type)], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}
