//! A directory per test, removed when the test has passed and kept, with its path printed, when it has failed.
//!
//! It lies in the system's temporary folder, never under `target/`: the path of a Unix socket must stay below 108 bytes.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use std::ops::Deref;
use std::path::Path;

/// The directory; derefs to its path.
pub(crate) struct TestDir(Option<tempfile::TempDir>);

impl TestDir {
    /// A new, empty directory of mode 0700 whose name contains `name`.
    pub(crate) fn new(name: &str) -> Self {
        let prefix = format!("hankod-{name}-");
        Self(Some(tempfile::Builder::new().prefix(&prefix).tempdir().unwrap()))
    }
}

impl Deref for TestDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.as_ref().unwrap().path()
    }
}

impl AsRef<Path> for TestDir {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl Drop for TestDir {
    #[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(dir) = self.0.take()
        {
            eprintln!("the test's files are kept in {}", dir.keep().display());
        }
    }
}

/// Waits until a file gets its name in `dir`, once `ask` has been done.
pub(crate) fn appears(dir: &Path, ask: impl FnOnce()) {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, dir, inotify::WatchFlags::MOVED_TO).unwrap();
    ask();
    let deadline = Timespec {
        tv_sec: 120,
        tv_nsec: 0,
    };
    let ready = poll(&mut [PollFd::new(&watch, PollFlags::IN)], Some(&deadline));
    assert_eq!(ready.unwrap(), 1, "nothing appears in {}", dir.display());
}
