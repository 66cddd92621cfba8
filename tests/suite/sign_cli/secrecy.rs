//! Where the PIN and the documents do not stand: in what a command says, in the state folder, in the command's memory, in a core file.

use super::contract;
use crate::support::holder::{Holder, PIN};
use crate::support::shapes;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const PASSWORD: &str = "kaifuu-no-kotoba";

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn nothing_that_stays_or_is_said_holds_a_pin_a_password_or_a_document() {
    let holder = Holder::new("secrecy");
    let arguments = ["--encrypt", PASSWORD, "owner", "256", "--"];
    holder.document("naisho.pdf", &shapes::qpdf(&contract(), &arguments));
    holder.document("keiyaku.pdf", &contract());
    holder.secret("password", PASSWORD);
    let wrong = "975310-chigau";
    holder.secret("pin", wrong);
    let refused = holder.sign(&["keiyaku.pdf", "-o", "b.pdf"]);
    assert_eq!(refused.code, Some(77), "{refused:?}");
    holder.secret("pin", PIN);
    let signed = holder.sign(&["naisho.pdf", "-o", "b.pdf", "--password-file", "password"]);
    let plain = holder.sign(&["keiyaku.pdf", "-o", "c.pdf", "--format", "json"]);
    assert!(signed.ok && plain.ok, "{signed:?} {plain:?}");
    let export = holder.run(&["audit", "export"]).stdout;

    let mut stored = Vec::new();
    files(&holder.state(), &mut stored);
    assert!(!stored.is_empty());
    let mut texts: Vec<(String, Vec<u8>)> = stored
        .iter()
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    for ran in [refused, signed, plain] {
        texts.push(("what was said".to_owned(), (ran.stdout + &ran.stderr).into_bytes()));
    }
    texts.push(("the exported log".to_owned(), export.into_bytes()));
    for (place, bytes) in &texts {
        for secret in [PIN, wrong, PASSWORD, "(Agreement)"] {
            assert!(!holds(bytes, secret), "{secret} stands in {place}");
        }
        let named = holds(bytes, "keiyaku.pdf") || holds(bytes, "naisho.pdf");
        assert!(
            !named || place == "what was said",
            "a document's name stands in {place}"
        );
    }
}

/// A command whose worker stands in `C_Sign` while the value is kept.
struct Held {
    holder: Holder,
    child: Child,
    _gate: File,
}

fn held() -> Held {
    let holder = Holder::new("secrecy");
    holder.document("a.pdf", &contract());
    let gate = holder.dir.join("gate");
    mknodat(CWD, &gate, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    holder.misbehave(&[("SHIM_GATE", gate.to_str().unwrap())], "");
    let mut command = holder.signing(&["a.pdf", "-o", "b.pdf"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let gate = OpenOptions::new().write(true).open(&gate).unwrap();
    Held {
        holder,
        child,
        _gate: gate,
    }
}

/// Whether the writable memory of a process holds `secret`; `None` where we may not look at all.
fn memory_holds(pid: u32, secret: &str) -> Option<bool> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut seen = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // Some maps of the kernel's own cannot be read.
        let Ok(read) = memory.read_at(&mut bytes, start) else {
            continue;
        };
        seen += read;
        if holds(&bytes[..read], secret) {
            return Some(true);
        }
    }
    (seen > 0).then_some(false)
}

#[test]
fn once_the_worker_has_the_pin_the_command_has_it_no_more() {
    let mut held = held();
    let pid = held.child.id();
    if let Some(found) = memory_holds(pid, PIN) {
        assert!(!found, "the command's memory holds the PIN");
        // The search does find what is there: the name of the file that the command was given.
        assert_eq!(memory_holds(pid, "a.pdf"), Some(true));
    }
    held.child.kill().unwrap();
    held.child.wait().unwrap();
}

#[test]
fn a_command_that_dies_leaves_no_core() {
    let mut held = held();
    let pid = Pid::from_child(&held.child);
    let none = rustix::process::Rlimit {
        current: None,
        maximum: None,
    };
    // As if the person had asked the shell for core files; without the right to raise it nothing is shown.
    let _ = rustix::process::prlimit(Some(pid), rustix::process::Resource::Core, none);
    // Not SIGQUIT, which a shell's background jobs are born ignoring.
    kill_process(pid, Signal::ABORT).unwrap();
    let status = held.child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!status.core_dumped());
    let mut found = Vec::new();
    files(&held.holder.dir, &mut found);
    let core = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("core");
    assert_eq!(found.iter().find(core), None);
}
