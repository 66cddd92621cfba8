//! Processes killed and stopped in the middle of a set: the worker under an application, and a whole command.

use super::{Bench, ITEMS};
use crate::support::holder::{Holder, PIN};
use crate::support::judges::pdfsig;
use crate::support::shapes::{self, LF};
use hankod::app::files::Step;
use hankod::text::Explain;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, inotify, mknodat};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::fs::{self, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use tokio_util::sync::CancellationToken;

/// The token worker that has loaded a module below `dir`.
fn worker(dir: &Path) -> Pid {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let found = processes.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        // A process may end between the two reads.
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        let mut words = command.split(|byte| *byte == 0).skip(1);
        let ours = words.next()? == b"token-worker" && words.next()?.starts_with(dir.as_os_str().as_bytes());
        Pid::from_raw(pid).filter(|_| ours)
    });
    found.last().unwrap()
}

#[tokio::test]
async fn a_worker_killed_between_signatures_ends_the_set_and_not_the_next() {
    let bench = Bench::new("").await;
    let mut seen = 0;
    for step in [Step::LoggedIn, Step::Granted, Step::Signed(1), Step::Signed(2)] {
        let at = |reached| {
            if reached == step {
                kill_process(worker(&bench.holder.dir), Signal::KILL).unwrap();
            }
            Ok(())
        };
        let failed = bench.sign(&CancellationToken::new(), &at).await.unwrap_err();
        let codes = ["token_module_crashed", "token_login_lost"];
        assert!(codes.contains(&failed.code()), "{step:?}: {failed:?}");
        bench.outputs(0);
        let (kinds, end) = bench.audit(&mut seen).await;
        let count = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
        let made = match step {
            Step::Signed(item) => item as usize,
            _ => 0,
        };
        assert_eq!(count("signature_made"), made, "{step:?}");
        let outcomes = count("signature_failed") + count("signature_unknown");
        assert_eq!(made + outcomes, count("signature_intended"), "{step:?}");
        assert_eq!((count("signature_released"), &end["state"]), (0, &"failed".into()));
        bench.signs().await;
        bench.audit(&mut seen).await;
    }
    bench.app.close().await;
}

#[tokio::test]
async fn what_was_signed_outlives_a_worker_that_dies_before_the_logout() {
    let bench = Bench::new("").await;
    for step in [Step::Signed(ITEMS), Step::LoggedOut, Step::Released(1)] {
        let at = |reached| {
            if reached == step {
                kill_process(worker(&bench.holder.dir), Signal::KILL).unwrap();
            }
            Ok(())
        };
        bench.sign(&CancellationToken::new(), &at).await.unwrap();
        bench.outputs(ITEMS);
    }
    bench.app.close().await;
}

#[tokio::test]
async fn a_stopped_worker_costs_its_deadline_and_no_more() {
    let bench = Bench::new("[limits]\ntoken_sign_deadline_ms = 3000\ntoken_read_deadline_ms = 3000").await;
    let mut seen = 0;
    let at = |reached| {
        if reached == Step::Signed(1) {
            let pid = worker(&bench.holder.dir);
            kill_process(pid, Signal::STOP).unwrap();
            // A thread on another processor runs on for a while.
            waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
        }
        Ok(())
    };
    let failed = bench.sign(&CancellationToken::new(), &at).await.unwrap_err();
    assert_eq!(failed.code(), "token_timeout");
    bench.outputs(0);
    let (kinds, _) = bench.audit(&mut seen).await;
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
    let outcomes = [
        "signature_made",
        "signature_unknown",
        "signature_failed",
        "signature_released",
    ];
    assert_eq!(outcomes.map(count), [1, 1, 1, 0]);
    bench.signs().await;
    bench.app.close().await;
}

/// Documents of a long set.
const MANY: usize = 50;

fn many(holder: &Holder) -> Vec<String> {
    let names: Vec<String> = (1..=MANY).map(|n| format!("{n}.pdf")).collect();
    for name in &names {
        holder.document(name, &shapes::classic("1.7", LF));
    }
    fs::create_dir(holder.dir.join("out")).unwrap();
    names
}

fn start(holder: &Holder, names: &[String]) -> Child {
    let mut command = holder.signing(names);
    command.args(["--out-dir", "out"]).stdout(Stdio::null());
    command.spawn().unwrap()
}

fn kill(mut child: Child) {
    // It may have ended by itself in this very moment.
    let _ = child.kill();
    child.wait().unwrap();
}

fn outputs(holder: &Holder) -> Vec<PathBuf> {
    let paths = fs::read_dir(holder.dir.join("out")).unwrap().map(|e| e.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "pdf"))
        .collect()
}

#[test]
fn a_command_killed_among_its_outputs_leaves_whole_files_and_a_whole_log() {
    let holder = Holder::new("killed");
    let names = many(&holder);
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, holder.dir.join("out"), inotify::WatchFlags::MOVED_TO).unwrap();
    let child = start(&holder, &names);
    let deadline = Timespec {
        tv_sec: 120,
        tv_nsec: 0,
    };
    let moved = poll(&mut [PollFd::new(&watch, PollFlags::IN)], Some(&deadline)).unwrap();
    kill(child);
    assert_eq!(moved, 1, "nothing came out");

    let out = outputs(&holder);
    assert!(out.iter().all(|path| pdfsig(path)[0].valid));
    let audit = holder.audit();
    let count = |kind: &str| audit.iter().filter(|(k, _)| k == kind).count();
    // Written first, then let out: the one in between may lack its file, never the other way round.
    let released = count("signature_released");
    assert!(
        released == out.len() || released == out.len() + 1,
        "{released} {}",
        out.len()
    );
    assert_eq!(count("operation_ended"), usize::from(out.len() == MANY));

    let done: Vec<&str> = out
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    let rest: Vec<String> = names
        .iter()
        .filter(|name| !done.contains(&name.as_str()))
        .cloned()
        .collect();
    if !rest.is_empty() {
        let ran = holder.sign(&[&rest[..], &["--out-dir".to_owned(), "out".to_owned()]].concat());
        assert!(ran.ok, "{ran:?}");
    }
    assert_eq!(outputs(&holder).len(), MANY);
}

#[test]
fn a_command_killed_under_its_login_lets_nothing_out_and_keeps_no_pin() {
    let holder = Holder::new("killed");
    let names = many(&holder);
    let gate = holder.dir.join("gate");
    mknodat(CWD, &gate, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    holder.misbehave(&[("SHIM_GATE", gate.to_str().unwrap())], "");
    let child = start(&holder, &names);
    // Opens as soon as a thread of the worker stands in C_Sign.
    let _gate = OpenOptions::new().write(true).open(&gate).unwrap();
    let worker = worker(&holder.dir);
    for pid in [child.id(), worker.as_raw_nonzero().get().cast_unsigned()] {
        for file in ["cmdline", "environ", "comm"] {
            let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            assert!(!holds(&bytes, PIN.as_bytes()), "{file} of {pid}");
        }
    }
    kill(child);
    assert_eq!(outputs(&holder), Vec::<PathBuf>::new());
    let audit = holder.audit();
    let count = |kind: &str| audit.iter().filter(|(k, _)| k == kind).count();
    assert_eq!(count("signature_intended"), MANY);
    assert_eq!((count("signature_released"), count("operation_ended")), (0, 0));

    holder.behave("");
    let ran = holder.sign(&[&names[..], &["--out-dir".to_owned(), "out".to_owned()]].concat());
    assert!(ran.ok, "{ran:?}");
    assert_eq!(outputs(&holder).len(), MANY);
    let parts = fs::read_dir(holder.dir.join("out")).unwrap().flatten();
    let parts: Vec<_> = parts
        .filter(|e| e.file_name().to_string_lossy().ends_with(".part"))
        .collect();
    assert!(parts.is_empty(), "copies of the killed command lie about: {parts:?}");
    // Whoever used the tokens next has closed what the killed command left open.
    let audit = holder.audit();
    let count = |kind: &str| audit.iter().filter(|(k, _)| k == kind).count();
    assert_eq!((count("signature_unknown"), count("operation_ended")), (MANY, 2));
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}
