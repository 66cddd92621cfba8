//! What the tests stand on: real programs, real tokens, real servers, each test with a directory of its own.
//!
//! Nothing here shares state between tests, waits by sleeping, or reads a path that is not given to it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) mod agreement;
pub(crate) mod ahead;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod ca;
pub(crate) mod cards;
pub(crate) mod daemon;
pub(crate) mod desk;
pub(crate) mod dir;
pub(crate) mod example;
pub(crate) mod holder;
pub(crate) mod http;
pub(crate) mod judges;
pub(crate) mod lifetime;
pub(crate) mod mailbox;
pub(crate) mod mutate;
pub(crate) mod pinentry;
pub(crate) mod pki;
pub(crate) mod responder;
pub(crate) mod server;
pub(crate) mod shapes;
pub(crate) mod shim;
pub(crate) mod signer;
pub(crate) mod site;
pub(crate) mod softhsm;
pub(crate) mod staff;
pub(crate) mod tls;
pub(crate) mod tsa;
pub(crate) mod updates;
pub(crate) mod verified;

/// A program that has ended.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    /// Exit status 0.
    pub(crate) ok: bool,
    /// Exit status; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

/// Runs a program to its end with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &str) -> Ran {
    let mut running = start(command);
    // A program may end without reading; what it says then is the answer.
    let mut stdin = running.0.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, input.as_bytes()).ok();
    drop(stdin);
    running.end()
}

/// A program that runs.
pub(crate) struct Running(Child);

/// Starts a program without input.
pub(crate) fn start(command: &mut Command) -> Running {
    let program = command.get_program().to_owned();
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = child.spawn();
    Running(child.unwrap_or_else(|e| panic!("{}: {e}; scripts/install-deps test installs it", program.display())))
}

impl Running {
    /// Waits for its end, at most so long; `false`: it runs on.
    pub(crate) fn ends_within(&self, patience: Duration) -> bool {
        let handle = pidfd_open(Pid::from_child(&self.0), PidfdFlags::empty()).unwrap();
        let patience = Timespec::try_from(patience).unwrap();
        poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ran {
        let output = self.0.wait_with_output().unwrap();
        Ran {
            ok: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A file of the repository by its path from the root.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
