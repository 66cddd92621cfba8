//! The command line beside a running daemon: it hands its work over, so that two processes never fight for a token.
//!
//! A Unix socket in the state folder, whose permissions are the whole of its access control: whoever may open the folder
//! is the daemon's user. HTTP/1.1 with JSON, because both ends have it; the answer to a signing is one JSON value a line.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustix::fs::{Mode, OFlags, open};
use serde::{Deserialize, Serialize};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::DropGuard;

use crate::app::App;
use crate::app::ceremony::{CeremonyReport, CeremonyRequest};
use crate::app::desk::{CertificateUsage, CertificateView, Event, TokenView};
use crate::app::due::DueReport;
use crate::app::failure::{Failure, FailureKind};
use crate::app::files::{FilesReport, FilesRequest, Place, Step};
use crate::text::{Explain, Lang};

/// The socket's name in the state folder.
pub const SOCKET_NAME: &str = "control.sock";
/// Longest path in a socket's address (unix(7): 108 with the zero byte).
const MAX_SOCKET_PATH_BYTES: usize = 107;
/// Lines of progress that may wait for a slow command line.
const MAX_WAITING_LINES: usize = 1_024;
/// Longest line of an answer.
const MAX_LINE_BYTES: usize = 8 << 20;

/// A failure as it crosses the socket: already worded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// For the exit code.
    pub kind: FailureKind,
    /// Stable name.
    pub code: String,
    /// For the person.
    pub message: String,
}

impl Told {
    /// A failure in the words of `lang`.
    pub fn of(failure: &Failure, lang: Lang) -> Self {
        Self {
            kind: failure.kind(),
            code: failure.code().to_owned(),
            message: failure.explain(lang),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Happened(Event),
    Done(u32),
    Report(FilesReport),
    Failed(Told),
}

#[derive(Deserialize)]
struct Ask {
    lang: String,
    #[serde(default)]
    all: bool,
}

/// The socket by a name that a socket address can hold: a long one goes through the folder's descriptor, which must be kept until the call is made.
fn reachable(socket: &Path) -> io::Result<(Option<OwnedFd>, PathBuf)> {
    if socket.as_os_str().len() <= MAX_SOCKET_PATH_BYTES {
        return Ok((None, socket.to_owned()));
    }
    let folder = socket.parent().unwrap_or(Path::new("/"));
    let folder = open(
        folder,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let path = format!("/proc/self/fd/{}/{SOCKET_NAME}", folder.as_raw_fd());
    Ok((Some(folder), path.into()))
}

/// A connection to the daemon of a state folder.
pub struct Client(http1::SendRequest<Full<Bytes>>);

/// Serves the socket until the daemon ends. A socket that a dead daemon left is replaced: the caller holds the folder's lock.
///
/// # Errors
/// When the socket cannot be made.
pub(super) fn serve(
    path: &Path,
    app: App,
    mut ending: watch::Receiver<bool>,
) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
    let (_folder, path) = reachable(path)?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    let router = Router::new()
        .route("/tokens", get(tokens))
        .route("/certificates", get(certificates))
        .route("/roots", get(roots))
        .route("/events", get(events))
        .route("/change-pin", post(change_pin))
        .route("/ceremony", post(ceremony))
        .route("/sign", post(sign))
        .route("/due", get(due).post(work_due))
        .route("/due/cancel", post(call_off))
        .with_state(app);
    Ok(async move {
        let ended = async move {
            // A sender that is gone has ended too.
            let _ = ending.wait_for(|ended| *ended).await;
        };
        axum::serve(listener, router).with_graceful_shutdown(ended).await
    })
}

async fn tokens(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    answer(app.tokens(lang(&ask)).await, lang(&ask))
}

async fn certificates(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    let usage = if ask.all {
        CertificateUsage::All
    } else {
        CertificateUsage::Signing
    };
    answer(app.certificates(usage, lang(&ask)).await, lang(&ask))
}

async fn roots(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    let roots = app.token_roots().await;
    answer(
        Ok(roots.iter().map(|root| root.der().to_vec()).collect::<Vec<_>>()),
        lang(&ask),
    )
}

/// What `hankod token change-pin` asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePin {
    /// Label or serial number of the token.
    pub token: String,
    /// Language of prompts and messages.
    pub english: bool,
    /// Where the person sits who types the PINs.
    pub place: Place,
}

async fn change_pin(State(app): State<App>, Json(request): Json<ChangePin>) -> Response {
    let lang = if request.english { Lang::En } else { Lang::Ja };
    answer(app.change_pin(&request.token, lang, &request.place).await, lang)
}

async fn ceremony(State(app): State<App>, Json(request): Json<CeremonyRequest>) -> Response {
    let lang = if request.english { Lang::En } else { Lang::Ja };
    answer(app.hold(request).await, lang)
}

/// What happens at readers and tokens, until the command line goes away or the daemon ends.
async fn events(State(app): State<App>) -> Response {
    let (lines, waiting) = mpsc::channel::<Line>(MAX_WAITING_LINES);
    let (ending, mut events) = (app.stopping(), app.events());
    let guard = ending.clone().drop_guard();
    tokio::spawn(async move {
        // The first line says that the rest will come.
        if lines.send(Line::Happened(app.tokens_changed())).await.is_err() {
            return;
        }
        loop {
            let event = tokio::select! {
                () = ending.cancelled() => return,
                event = events.recv() => event,
            };
            let event = match event {
                Ok(event) => event,
                // Who reads too slowly is told to look at everything again.
                Err(broadcast::error::RecvError::Lagged(_)) => app.tokens_changed(),
                Err(broadcast::error::RecvError::Closed) => return,
            };
            if lines.send(Line::Happened(event)).await.is_err() {
                return;
            }
        }
    });
    Body::new(Lines { waiting, _guard: guard }).into_response()
}

async fn sign(State(app): State<App>, Json(request): Json<FilesRequest>) -> Response {
    let (lines, waiting) = mpsc::channel::<Line>(MAX_WAITING_LINES);
    let cancel = app.stopping();
    // When the command line goes away its body is dropped, and with it the guard.
    let guard = cancel.clone().drop_guard();
    tokio::spawn(async move {
        let lang = if request.english { Lang::En } else { Lang::Ja };
        // Progress may be lost to a reader that does not read; the report waits for it.
        let at = |step: Step| {
            if let Some(done) = step.finished() {
                drop(lines.try_send(Line::Done(done)));
            }
            Ok(())
        };
        let last = match app.sign_files(request, cancel, &at).await {
            Ok(report) => Line::Report(report),
            Err(failure) => Line::Failed(Told::of(&failure, lang)),
        };
        // Nobody is left to tell; the audit log has it.
        let _ = lines.send(last).await;
    });
    Body::new(Lines { waiting, _guard: guard }).into_response()
}

async fn due(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    answer(app.list_due(lang(&ask)).await, lang(&ask))
}

async fn work_due(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    let lang = lang(&ask);
    answer(app.work_due(Arc::new(|_| Ok(())), app.stopping(), lang).await, lang)
}

async fn call_off(State(app): State<App>, Query(ask): Query<Ask>, Json(id): Json<String>) -> Response {
    answer(app.call_off_work(&id).await, lang(&ask))
}

/// The lines of an answer as they come; dropped with the connection, it cancels the work.
struct Lines {
    waiting: mpsc::Receiver<Line>,
    _guard: DropGuard,
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.waiting.poll_recv(cx).map(|line| {
            let mut text = serde_json::to_vec(&line?).unwrap_or_default();
            text.push(b'\n');
            Some(Ok(Frame::data(Bytes::from(text))))
        })
    }
}

impl Client {
    /// Connects to the daemon of this state folder; `None` when there is none.
    pub async fn connect(state_dir: &Path) -> Option<Self> {
        let (_folder, path) = reachable(&state_dir.join(SOCKET_NAME)).ok()?;
        let stream = UnixStream::connect(path).await.ok()?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(Self(sender))
    }

    /// The daemon's view of its tokens.
    ///
    /// # Errors
    /// What the daemon said, or that it went away.
    pub async fn tokens(&mut self, lang: Lang) -> Result<Vec<TokenView>, Told> {
        self.get(&format!("/tokens?lang={}", lang.tag()), lang).await
    }

    /// The daemon's view of its certificates.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn certificates(&mut self, usage: CertificateUsage, lang: Lang) -> Result<Vec<CertificateView>, Told> {
        let all = usage == CertificateUsage::All;
        self.get(&format!("/certificates?lang={}&all={all}", lang.tag()), lang)
            .await
    }

    /// Certificates of authorities on the daemon's tokens that signed themselves, DER.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn roots(&mut self, lang: Lang) -> Result<Vec<Vec<u8>>, Told> {
        self.get(&format!("/roots?lang={}", lang.tag()), lang).await
    }

    /// Has the daemon sign files. Dropping the future stops it at its next step.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn sign(
        &mut self,
        request: &FilesRequest,
        progress: &(dyn Fn(u32) + Send + Sync),
    ) -> Result<FilesReport, Told> {
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let body = serde_json::to_vec(request).map_err(|_| gone(lang))?;
        let answer = self.send("POST", "/sign", body).await.map_err(|_| gone(lang))?;
        let outcome = each_line(answer, |line| match line {
            Line::Done(done) => {
                progress(done);
                None
            }
            Line::Happened(_) => None,
            Line::Report(report) => Some(Ok(report)),
            Line::Failed(told) => Some(Err(told)),
        });
        outcome.await.ok_or_else(|| gone(lang))?
    }

    /// Has the daemon change a PIN, which its prompt asks for.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn change_pin(&mut self, request: &ChangePin) -> Result<(), Told> {
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let body = serde_json::to_vec(request).map_err(|_| gone(lang))?;
        self.ask_with("POST", "/change-pin", body, lang).await
    }

    /// Has the daemon hold a ceremony of a token's operator.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn hold(&mut self, request: &CeremonyRequest) -> Result<CeremonyReport, Told> {
        let lang = if request.english { Lang::En } else { Lang::Ja };
        let body = serde_json::to_vec(request).map_err(|_| gone(lang))?;
        self.ask_with("POST", "/ceremony", body, lang).await
    }

    /// Hands what happens at readers and tokens to `happened`, until the daemon ends.
    ///
    /// # Errors
    /// As [`Client::tokens`], always at last.
    pub async fn watch(&mut self, lang: Lang, happened: &(dyn Fn(&Event) + Send + Sync)) -> Result<(), Told> {
        let answer = self.send("GET", "/events", Vec::new()).await.map_err(|_| gone(lang))?;
        let ended = each_line(answer, |line| {
            if let Line::Happened(event) = line {
                happened(&event);
            }
            None::<()>
        });
        ended.await.ok_or_else(|| gone(lang))
    }

    /// What is open of the daemon's work; with `now` it is tried first.
    ///
    /// # Errors
    /// As [`Client::tokens`].
    pub async fn due(&mut self, now: bool, lang: Lang) -> Result<DueReport, Told> {
        let method = if now { "POST" } else { "GET" };
        self.ask(method, &format!("/due?lang={}", lang.tag()), lang).await
    }

    /// Calls one work of the daemon's off.
    ///
    /// # Errors
    /// As [`Client::tokens`]; `work_not_found`.
    pub async fn call_off(&mut self, id: &str, lang: Lang) -> Result<String, Told> {
        let body = serde_json::to_vec(id).unwrap_or_default();
        self.ask_with("POST", &format!("/due/cancel?lang={}", lang.tag()), body, lang)
            .await
    }

    async fn get<T: serde::de::DeserializeOwned>(&mut self, path: &str, lang: Lang) -> Result<T, Told> {
        self.ask("GET", path, lang).await
    }

    async fn ask<T: serde::de::DeserializeOwned>(&mut self, method: &str, path: &str, lang: Lang) -> Result<T, Told> {
        self.ask_with(method, path, Vec::new(), lang).await
    }

    async fn ask_with<T: serde::de::DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        lang: Lang,
    ) -> Result<T, Told> {
        let answer = self.send(method, path, body).await.map_err(|_| gone(lang))?;
        let body = Limited::new(answer, MAX_LINE_BYTES)
            .collect()
            .await
            .map_err(|_| gone(lang))?
            .to_bytes();
        let answer: Result<T, Told> = serde_json::from_slice(&body).map_err(|_| gone(lang))?;
        answer
    }

    async fn send(&mut self, method: &str, path: &str, body: Vec<u8>) -> Result<Incoming, hyper::Error> {
        let mut request = hyper::Request::new(Full::new(Bytes::from(body)));
        // Both are ours and well-formed; a method or path that is not would be answered by the daemon's 404.
        *request.method_mut() = method.parse().unwrap_or_default();
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("hankod"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self.0.send_request(request).await?.into_body())
    }
}

fn answer<T: Serialize>(result: Result<T, Failure>, lang: Lang) -> Response {
    Json(result.map_err(|failure| Told::of(&failure, lang))).into_response()
}

/// Reads line after line until one is the outcome; `None` when the answer ends or is garbled before.
async fn each_line<T>(mut answer: Incoming, mut take: impl FnMut(Line) -> Option<T>) -> Option<T> {
    let mut waiting = Vec::new();
    while let Some(frame) = answer.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        waiting.extend_from_slice(&data);
        while let Some(end) = waiting.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = waiting.drain(..=end).collect();
            if let Some(outcome) = take(serde_json::from_slice(&line).ok()?) {
                return Some(outcome);
            }
        }
        if waiting.len() > MAX_LINE_BYTES {
            return None;
        }
    }
    None
}

fn gone(lang: Lang) -> Told {
    Told::of(&Failure::new(FailureKind::Unavailable, "daemon_gone"), lang)
}

fn lang(ask: &Ask) -> Lang {
    Lang::from_tag(&ask.lang).unwrap_or_default()
}
