//! The daemon: rooms opened, listeners bound, systemd told, signals heard, and an orderly end.
//!
//! Nothing here decides about a request; `http` and `control` do, by asking `app`.

pub mod control;
mod error;
pub mod journal;
pub mod notify;
mod watch;

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch as channel};
use tokio::task::JoinSet;

use crate::app::{App, Opening};
use crate::config::{Config, Limits, Role};
use crate::http;
use crate::store::{ServeLock, StateDir, Store};

pub use error::DaemonError;

/// A daemon that serves.
pub struct Daemon {
    app: App,
    address: SocketAddr,
    ending: channel::Sender<bool>,
    /// The parts that serve; each ends only when the daemon does.
    tasks: JoinSet<Result<&'static str, DaemonError>>,
    socket: PathBuf,
    /// SIGTERM and SIGINT, heard from before anybody can be served: one that comes early ends the daemon in order too.
    told_to_end: [Signal; 2],
    // Held as long as this daemon has the state folder to itself.
    _lock: ServeLock,
}

/// Runs the daemon until it is told to end (SIGTERM, SIGINT).
///
/// # Errors
/// Why it could not begin, or what ended that should not have.
pub fn run(config: Config) -> Result<(), DaemonError> {
    journal::open(config.log.level);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(async_threads(config.role))
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut daemon = Daemon::start(config, false).await?;
        let scheme = if daemon.app().config().tls.is_some() {
            "https"
        } else {
            "http"
        };
        notify::ready(&format!("{scheme}://{}", daemon.address()));
        log::info!(code = "daemon_ready", address:% = daemon.address(); "serving");
        let ended = daemon.until_signal().await;
        notify::stopping();
        daemon.stop().await;
        ended
    })
}

impl Daemon {
    /// Opens everything and begins to serve. `unattended_page`: the daemon's own page signs with the configured PIN, for a demonstration without a screen.
    ///
    /// # Errors
    /// `state_in_use` and what else the state refuses, `listener_failed`, `listener_not_loopback`.
    pub async fn start(config: Config, unattended_page: bool) -> Result<Self, DaemonError> {
        let told_to_end = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        let state = StateDir::open(&config.state_dir)?;
        let lock = state.lock_for_serving()?;
        let (ending, ended) = channel::channel(false);
        let (door, address) = door(&config, &ended)?;
        let limits = limits(&config.limits);
        let socket = config.state_dir.join(control::SOCKET_NAME);
        let store = Store::open(state).await?;
        let app = App::with_store(
            config,
            store,
            Opening {
                address: Some(address),
                unattended_page,
                ..Opening::default()
            },
        )?;
        app.take_tokens().await?;
        app.tidy().await?;
        app.record_start(env!("CARGO_PKG_VERSION")).await?;
        let router = match app.config().role {
            Role::Desk => http::router(app.clone(), limits, ended.clone()).map_err(std::io::Error::other)?,
            Role::Server => http::service::router(app.clone(), limits),
        };
        let mut tasks = JoinSet::new();
        let control = control::serve(&socket, app.clone(), ended.clone())?;
        tasks.spawn(async move { Ok(control.await.map(|()| "control")?) });
        let (served, admin) = (ended.clone(), ended.clone());
        tasks.spawn(async move {
            Ok(http::serve(vec![door], router, limits, served)
                .await
                .map(|()| "listener")?)
        });
        let watched = app.clone();
        let happenings = app.follow_readers()?;
        let changed = Arc::new(Notify::new());
        let (roused, over) = (changed.clone(), ended.clone());
        tasks.spawn(async move {
            watch::readers(watched, happenings, roused, over).await;
            Ok("readers")
        });
        let watched = app.clone();
        let (witnessed, over) = (app.clone(), ended.clone());
        tasks.spawn(async move {
            watch::witnesses(witnessed, over).await;
            Ok("witnesses")
        });
        if app.config().role == Role::Server {
            let (warned, over) = (app.clone(), ended.clone());
            tasks.spawn(async move {
                watch::certificates(warned, over).await;
                Ok("certificates")
            });
        }
        tasks.spawn(async move {
            watch::tokens(watched, changed, ended).await;
            Ok("tokens")
        });
        if let Some(address) = app.config().admin {
            let listener = bind(address)?;
            log::info!(code = "admin_ready", address:% = listener.local_addr()?; "the admin listener is open");
            let (door, router) = (
                http::Door::on_loopback(listener)?,
                http::service::admin_router(app.clone()),
            );
            tasks.spawn(async move { Ok(http::serve(vec![door], router, limits, admin).await.map(|()| "admin")?) });
        }
        let working = app.clone();
        tasks.spawn(async move {
            working.work(working.stopping()).await?;
            Ok("jobs")
        });
        Ok(Self {
            app,
            address,
            ending,
            tasks,
            socket,
            told_to_end,
            _lock: lock,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Waits for SIGTERM or SIGINT.
    ///
    /// # Errors
    /// When a part that should serve has ended: half a daemon would look alive and answer nobody.
    pub async fn until_signal(&mut self) -> Result<(), DaemonError> {
        let [terminate, interrupt] = &mut self.told_to_end;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            Some(ended) = self.tasks.join_next() => {
                let part = ended.map_err(std::io::Error::other)??;
                return Err(DaemonError::Ended { part });
            }
        }
        Ok(())
    }

    /// Lets requests under way finish, ends the workers, closes the state.
    pub async fn stop(mut self) {
        let patience = Duration::from_millis(self.app.config().limits.drain_deadline_ms);
        // Whoever still listens ends; a receiver that is gone has ended already.
        let _ = self.ending.send(true);
        self.app.drain(patience).await;
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            self.tasks.abort_all();
        }
        let _ = std::fs::remove_file(&self.socket);
        if let Err(error) = self.app.record_stop().await {
            log::warn!(code = "end_not_recorded", error:%; "the end could not be recorded");
        }
        self.app.close().await;
        log::info!(code = "daemon_stopped"; "ended");
    }
}

/// How many threads answer. What blocks or computes has threads of its own, and where one person asks, a second one that answers only makes
/// each piece of work change threads.
const fn async_threads(role: Role) -> usize {
    match role {
        Role::Desk => 1,
        Role::Server => 2,
    }
}

/// The listener that systemd handed over, or one of our own, and its address.
fn door(config: &Config, ended: &channel::Receiver<bool>) -> Result<(http::Door, SocketAddr), DaemonError> {
    let handed: Option<StdListener> = listenfd::ListenFd::from_env().take_tcp_listener(0)?;
    let listener = match handed {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)?
        }
        None => bind(config.listen)?,
    };
    let address = listener.local_addr()?;
    let door = match &config.tls {
        Some(tls) => http::Door::with_tls(listener, http::Certificates::open(tls.clone(), ended.clone())?),
        None => http::Door::on_loopback(listener)?,
    };
    Ok((door, address))
}

fn bind(address: SocketAddr) -> Result<TcpListener, DaemonError> {
    let listener = StdListener::bind(address).map_err(|error| DaemonError::Listen { address, error })?;
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener)?)
}

/// Every connection and every document under way holds a file open, and the usual 1,024 are soon reached. What the administrator
/// set as the hard limit stands.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        log::warn!(error:%; "the limit on open files could not be raised");
    }
}

fn limits(limits: &Limits) -> http::Limits {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    http::Limits {
        max_connections: count(limits.max_connections),
        max_requests_per_caller: count(limits.max_requests_per_caller),
        max_upload_bytes: limits.max_upload_bytes,
        max_document_bytes: limits.max_document_bytes,
        max_documents: limits.max_documents,
        header_deadline_ms: limits.header_deadline_ms,
        idle_deadline_ms: limits.idle_deadline_ms,
        drain_deadline_ms: limits.drain_deadline_ms,
    }
}
