//! A daemon per test: the real binary as a child process, in a directory of its own, killed when the test ends.
//!
//! The test holds the listening socket and passes it on (socket activation, `LISTEN_FDS`), so the port is free by construction; readiness is
//! the daemon's own `READY=1` on the socket that `NOTIFY_SOCKET` names. Nothing polls a port.

use super::dir::TestDir;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A daemon that is not ready by then never will be.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// How long one wait for a notification lasts before the child is looked at.
const NOTIFY_WAIT: Duration = Duration::from_millis(100);

/// A running `hankod serve`.
pub(crate) struct Daemon {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Daemon {
    /// Starts the daemon with this configuration and environment and returns when it is ready.
    ///
    /// `dir` receives `hankod.toml`, `state/`, `daemon.log` and `notify`; it may be used again after [`Daemon::stop`], with the same state.
    pub(crate) fn start(dir: &TestDir, config: &str, environment: &[(&str, &Path)]) -> Self {
        match Self::try_start(dir, config, environment) {
            Ok(daemon) => daemon,
            Err((status, log)) => panic!("the daemon ended with {status} before it was ready:\n{log}"),
        }
    }

    /// As [`Daemon::start`]; `Err` holds exit status and log of a daemon that ended before it was ready.
    pub(crate) fn try_start(
        dir: &TestDir,
        config: &str,
        environment: &[(&str, &Path)],
    ) -> Result<Self, (ExitStatus, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::try_start_on(listener, dir, config, environment)
    }

    /// The same on a socket that the test made.
    pub(crate) fn try_start_on(
        listener: TcpListener,
        dir: &TestDir,
        config: &str,
        environment: &[(&str, &Path)],
    ) -> Result<Self, (ExitStatus, String)> {
        let (config_file, log, notify) = (dir.join("hankod.toml"), dir.join("daemon.log"), dir.join("notify"));
        std::fs::write(&config_file, config).unwrap();
        std::fs::remove_file(&notify).ok();
        let notified = UnixDatagram::bind(&notify).unwrap();
        let port = listener.local_addr().unwrap().port();

        let output = File::create(&log).unwrap();
        // The shell moves the socket from standard input to descriptor 3 and becomes the daemon, so $$ is the daemon's own id.
        // A file size limit stands for a full disk; ignoring its signal makes it an error.
        let mut command = Command::new("sh");
        command.args([
            "-c",
            r#"trap '' XFSZ; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@" 3<&0 0</dev/null"#,
        ]);
        command.arg(env!("CARGO_BIN_EXE_hankod")).arg("serve");
        command
            .arg("--config")
            .arg(&config_file)
            .arg("--state")
            .arg(dir.join("state"));
        command.env("NOTIFY_SOCKET", &notify).envs(environment.iter().copied());
        command.stdin(Stdio::from(OwnedFd::from(listener)));
        command.stdout(output.try_clone().unwrap()).stderr(output);
        let child = command.spawn().unwrap();

        let mut daemon = Self { child, port, log };
        daemon.wait_until_ready(&notified)?;
        Ok(daemon)
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its child processes: workers of tokens and pages, prompts.
    pub(crate) fn children(&self) -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        let lists =
            tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default());
        let ids: String = lists.collect();
        ids.split_ascii_whitespace().map(|id| id.parse().unwrap()).collect()
    }

    /// From now on no file of the daemon may grow beyond `bytes`, as on a full disk.
    pub(crate) fn limit_files(&self, bytes: u64) {
        let limit = Rlimit {
            current: Some(bytes),
            maximum: None,
        };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    /// From now on the daemon may hold so many files open, sockets included.
    pub(crate) fn limit_open_files(&self, count: u64) {
        let limit = Rlimit {
            current: Some(count),
            maximum: Some(count),
        };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Nofile, limit).unwrap();
    }

    /// Tells it to end, and does not wait.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Everything it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// SIGTERM, and what it ended with.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.terminate();
        self.child.wait().unwrap()
    }

    fn wait_until_ready(&mut self, notified: &UnixDatagram) -> Result<(), (ExitStatus, String)> {
        notified.set_read_timeout(Some(NOTIFY_WAIT)).unwrap();
        let started = Instant::now();
        let mut message = [0; 4096];
        loop {
            match notified.recv(&mut message) {
                Ok(n) if message[..n].split(|b| *b == b'\n').any(|line| line == b"READY=1") => return Ok(()),
                Ok(_) => {}
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(e) => panic!("{e}"),
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                return Err((status, self.log()));
            }
            assert!(started.elapsed() < READY_DEADLINE, "never ready:\n{}", self.log());
        }
    }
}

impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
    fn drop(&mut self) {
        // It may have ended by itself, or by `stop`.
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
        }
    }
}
