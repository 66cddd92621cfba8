//! `GET /v1/events`: server-sent events (HTML, 9.2). Nothing is replayed: who connects again fetches the state again.

use super::super::caller::Caller;
use super::super::error::{ErrorBody, HttpError};
use super::Desk;
use crate::access::Principal;
use crate::app::desk::Event;
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

/// A comment goes out after this long without an event, so that a client that left is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that wait for a client that does not read.
const MAX_WAITING_EVENTS: usize = 16;

/// Readers, cards, tokens and the caller's signings as they change. After `event: again` the client has missed some and asks for the state anew.
#[utoipa::path(get, path = "/v1/events", responses(
    (status = 200, body = Event, content_type = "text/event-stream"), (status = 401, body = ErrorBody)))]
pub(super) async fn events(
    State(desk): State<Desk>,
    Extension(caller): Extension<Caller>,
) -> Result<impl IntoResponse, HttpError> {
    let who = caller.known()?.clone();
    let (lines, stream) = mpsc::channel(MAX_WAITING_EVENTS);
    tokio::spawn(forward(desk, who, lines));
    let headers: [(HeaderName, &str); 2] = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(EventBody(stream))))
}

async fn forward(mut desk: Desk, who: Principal, lines: mpsc::Sender<Bytes>) {
    let mut events = desk.app.events();
    // The first line tells the browser that the stream is open and how soon to come back after a break.
    let mut next = Bytes::from_static(b"retry: 2000\n\n");
    while !*desk.ending.borrow() && lines.send(next).await.is_ok() {
        next = loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) if desk.app.may_see(&who, &event) => break line(&event),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break Bytes::from_static(b"event: again\ndata: {}\n\n"),
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(HEARTBEAT) => break Bytes::from_static(b": \n\n"),
                () = lines.closed() => return,
                _ = desk.ending.changed() => return,
            }
        };
    }
}

fn line(event: &Event) -> Bytes {
    let name = match event {
        Event::Reader { .. } => "reader",
        Event::Card { .. } => "card",
        Event::Token { .. } => "token",
        Event::Signing { .. } => "signing",
        Event::Pairing { .. } => "pairing",
    };
    // Plain data of our own; should it ever not serialise, the client asks anew.
    let data = serde_json::to_string(event).unwrap_or_else(|_| "{}".to_owned());
    format!("event: {name}\ndata: {data}\n\n").into()
}

struct EventBody(mpsc::Receiver<Bytes>);

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|line| line.map(|l| Ok(Frame::data(l))))
    }
}
