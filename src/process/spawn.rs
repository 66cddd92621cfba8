//! Starts our own binary again as a worker.
//!
//! Every child is started by one thread that never ends, because `PR_SET_PDEATHSIG` follows the *thread* that spawned.
//! No `pre_exec`: the socket travels as the child's stdin, so that a large daemon spawns as fast as a small one.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, mpsc};
use tokio::sync::oneshot;

/// Which program a worker runs.
#[derive(Clone, Debug)]
pub struct Program(PathBuf);

impl Program {
    /// The running binary itself, also after its file was replaced by an upgrade.
    pub fn this() -> Self {
        Self(PathBuf::from("/proc/self/exe"))
    }

    /// Another binary of the same build: a test or benchmark is not `hankod` and names the one it was built with.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The program.
    pub program: Program,
    /// Its arguments, the subcommand first. Anybody may read them in `ps`: no secrets.
    pub args: Vec<OsString>,
    /// Its whole environment; nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Longest body that host and worker may send each other.
    pub max_body_bytes: usize,
}

impl Spec {
    /// The subcommand, for logs.
    pub(super) fn title(&self) -> &str {
        self.args.first().and_then(|arg| arg.to_str()).unwrap_or("worker")
    }
}

/// A started child and our end of its socket.
pub(super) struct Spawned {
    pub(super) child: Child,
    pub(super) socket: UnixStream,
}

type Order = (Spec, oneshot::Sender<io::Result<Spawned>>);

/// Starts a child as `spec` says, on the permanent thread.
pub(super) async fn spawn(spec: Spec) -> io::Result<Spawned> {
    let (answer, started) = oneshot::channel();
    spawner()?
        .send((spec, answer))
        .map_err(|_| io::Error::other("the spawning thread has ended"))?;
    started
        .await
        .map_err(|_| io::Error::other("the spawning thread has ended"))?
}

fn spawner() -> io::Result<mpsc::Sender<Order>> {
    static SPAWNER: OnceLock<Mutex<Option<mpsc::Sender<Order>>>> = OnceLock::new();
    let mut known = SPAWNER
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(sender) = &*known {
        return Ok(sender.clone());
    }
    let (sender, orders) = mpsc::channel::<Order>();
    std::thread::Builder::new()
        .name("hankod-spawn".to_owned())
        .spawn(move || {
            for (spec, answer) in orders {
                // A caller that went away drops its `Spawned`; the child then reads EOF and ends.
                let _ = answer.send(start(&spec));
            }
        })?;
    Ok(known.insert(sender).clone())
}

fn start(spec: &Spec) -> io::Result<Spawned> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    // Vendors' libraries chatter on stdout, which may be our JSON.
    let stderr = io::stderr().as_fd().try_clone_to_owned()?;
    let child = Command::new(&spec.program.0)
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(stderr))
        .spawn()?;
    Ok(Spawned { child, socket: ours })
}
