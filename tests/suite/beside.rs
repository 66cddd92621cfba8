//! The command line beside a running daemon: the daemon's tokens, its one login, its record; and a clear word when either of them goes away.

use crate::support::desk::{Desk, PIN};
use crate::support::judges::pdfsig;
use crate::support::pinentry::Answer;
use crate::support::shapes;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Bench {
    desk: Desk,
    input: PathBuf,
    output: PathBuf,
}

impl Bench {
    fn new(answers: &[Answer<'_>]) -> Self {
        let desk = Desk::new("beside", answers);
        let (input, output) = (desk.dir.join("契約書.pdf"), desk.dir.join("署名済み.pdf"));
        std::fs::write(&input, shapes::classic("1.7", shapes::LF)).unwrap();
        Self { desk, input, output }
    }

    /// `hankod` on the same state, but with a configuration that names no module: what it knows of tokens it has from the daemon.
    fn without_modules(&self, arguments: &[&str]) -> Command {
        let config = self.desk.dir.join("bare.toml");
        std::fs::write(&config, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.args(arguments).args(["--lang", "ja"]);
        command
            .arg("--config")
            .arg(config)
            .arg("--state")
            .arg(self.desk.dir.join("state"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn sign(&self) -> Command {
        let mut command = self.without_modules(&["sign", "--certificate", "甲野太郎"]);
        command.arg(&self.input).arg("-o").arg(&self.output);
        command
    }

    /// Nothing but the input, the tests' own files and what the daemon made.
    fn nothing_was_written(&self) {
        assert!(!self.output.exists());
        let entries = std::fs::read_dir(&*self.desk.dir).unwrap();
        let parts = entries.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
        assert_eq!(parts.count(), 0);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn list(output: &Output) -> Vec<Value> {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(output)))
}

#[test]
fn commands_use_the_daemons_tokens_and_its_login() {
    let bench = Bench::new(&[Answer::Pin(PIN)]);
    let daemon = bench.desk.serve();
    let tokens = list(
        &bench
            .without_modules(&["token", "list", "--format", "json"])
            .output()
            .unwrap(),
    );
    assert!(tokens.iter().any(|token| token["label"] == "hankod-demo"), "{tokens:?}");
    let certificates = list(
        &bench
            .without_modules(&["certificate", "list", "--format", "json"])
            .output()
            .unwrap(),
    );
    assert_eq!(certificates.len(), 2, "{certificates:?}");
    assert!(certificates.iter().any(|certificate| certificate["name"] == "見本市長"));

    let signed = bench.sign().output().unwrap();
    assert!(signed.status.success(), "{}", said(&signed));
    assert!(pdfsig(&bench.output)[0].valid);
    assert_eq!(bench.desk.pinentry.received("GETPIN").len(), 1);
    assert_eq!(bench.desk.happened("login_done"), 1);
    assert_eq!(bench.desk.happened("signature_released"), 1);
    drop(daemon);
    // The socket that the killed daemon left leads nowhere; then the command has its own configuration alone.
    let alone = bench
        .without_modules(&["token", "list", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(list(&alone), [] as [Value; 0]);
    let own = bench.desk.hankod(&["token", "list", "--format", "json"]);
    assert!(list(&own).iter().any(|token| token["label"] == "hankod-demo"));
}

#[test]
fn the_prompt_opens_where_the_command_was_given() {
    let bench = Bench::new(&[Answer::Pin(PIN), Answer::Pin(PIN)]);
    let _daemon = bench
        .desk
        .serve_in(&[("DISPLAY", Path::new(":77")), ("GPG_TTY", Path::new("/dev/pts/77"))]);
    let there = |sign: &mut Command| {
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "TERM"] {
            sign.env_remove(name);
        }
        sign.stdin(Stdio::null());
    };
    let mut terminal = bench.sign();
    there(&mut terminal);
    terminal.env("GPG_TTY", "/dev/pts/99").env("TERM", "vt220");
    let signed = terminal.output().unwrap();
    assert!(signed.status.success(), "{}", said(&signed));
    let options = bench.desk.pinentry.received("OPTION");
    assert!(options.contains(&"ttyname=/dev/pts/99".to_owned()), "{options:?}");
    assert!(options.contains(&"ttytype=vt220".to_owned()), "{options:?}");
    assert!(!options.iter().any(|option| option.contains("77")), "{options:?}");

    // From nowhere, such as a timer: the daemon's own screen is all there is.
    let mut nowhere = bench.sign();
    there(&mut nowhere);
    assert!(nowhere.output().unwrap().status.success());
    let options = bench.desk.pinentry.received("OPTION");
    assert!(options.contains(&"display=:77".to_owned()), "{options:?}");
}

#[test]
fn an_interrupted_command_takes_its_prompt_back() {
    let bench = Bench::new(&[Answer::Silence, Answer::Pin(PIN)]);
    let _daemon = bench.desk.serve();
    let command = bench.sign().spawn().unwrap();
    let window = bench.desk.pinentry.opened();
    kill_process(Pid::from_child(&command), Signal::INT).unwrap();
    let ended = command.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(said(&ended).contains("signing_cancelled"), "{}", said(&ended));
    window.closed();
    bench.nothing_was_written();
    assert_eq!(bench.desk.happened("login_done"), 0);
    let again = bench.sign().output().unwrap();
    assert!(again.status.success(), "{}", said(&again));
}

#[test]
fn a_daemon_that_dies_in_between_is_told() {
    let bench = Bench::new(&[Answer::Silence]);
    let mut daemon = bench.desk.serve();
    let command = bench.sign().spawn().unwrap();
    let window = bench.desk.pinentry.opened();
    daemon.kill();
    let ended = command.wait_with_output().unwrap();
    window.end();
    assert_eq!(ended.status.code(), Some(69), "{}", said(&ended));
    assert!(said(&ended).contains("daemon_gone"), "{}", said(&ended));
    assert!(!bench.output.exists());
}
