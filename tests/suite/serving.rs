//! Readiness is kept: a daemon that cannot serve does not say that it is ready, and one that can serve no longer ends.

use crate::support::ca::Ca;
use crate::support::daemon::Daemon;
use crate::support::dir::TestDir;
use crate::support::http::Request;
use crate::support::tsa::{Mode, Tsa};
use rustix::net::{Shutdown, shutdown};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

#[test]
fn a_listener_that_others_can_reach_is_never_ready() {
    let dir = TestDir::new("serving-open");
    let open = TcpListener::bind("0.0.0.0:0").unwrap();
    let Err((status, log)) = Daemon::try_start_on(open, &dir, "lang = \"en\"", &[]) else {
        panic!("it said that it was ready");
    };
    assert!(
        !status.success() && log.contains("listener_not_loopback"),
        "{status}: {log}"
    );
}

#[test]
fn a_daemon_whose_listener_dies_ends_with_an_error() {
    let dir = TestDir::new("serving-dead");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = listener.try_clone().unwrap();
    let mut daemon = Daemon::try_start_on(listener, &dir, "lang = \"en\"", &[]).unwrap();
    assert_eq!(Request::new("GET", "/health").send(daemon.port()).status, 200);
    shutdown(&ours, Shutdown::Both).unwrap();
    let status = daemon.ended();
    assert!(
        !status.success() && daemon.log().contains("listener_failed"),
        "{status}: {}",
        daemon.log()
    );
}

#[test]
fn a_long_state_path_still_has_its_socket_for_commands() {
    let dir = TestDir::new("serving-long");
    let (state, config) = (dir.join("s".repeat(120)), dir.join("hankod.toml"));
    std::fs::write(&config, "listen = \"127.0.0.1:0\"\n").unwrap();
    let hankod = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command
            .args(arguments)
            .arg("--config")
            .arg(&config)
            .arg("--state")
            .arg(&state);
        command.stdin(Stdio::null());
        command
    };
    let mut daemon = hankod(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(daemon.stderr.take().unwrap()).lines();
    let ready = log.any(|line| line.unwrap().contains("daemon_ready"));
    let socket = state.join("control.sock").exists();
    let listed = hankod(&["token", "list"]).output().unwrap();
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    let ended = daemon.wait().unwrap();
    assert!(ready && socket && ended.success(), "{ready} {socket} {ended}");
    // A command that found no daemon would have to wait for the tokens, which the daemon has.
    assert!(listed.status.success(), "{listed:?}");
    assert!(!state.join("control.sock").exists());
}

#[test]
fn the_audit_chain_is_witnessed_by_the_log_and_by_a_tsa_at_intervals() {
    let dir = TestDir::new("serving-witness");
    let tsa = Tsa::start(&Ca::new("根"), Mode::Good);
    let config = format!(
        "lang = \"en\"\n[[tsa]]\nurl = \"{}\"\n[audit]\nhead_interval_ms = 1000\nanchor_interval_ms = 1000\n",
        tsa.url()
    );
    let daemon = Daemon::start(&dir, &config, &[]);
    let hankod = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command
            .args(arguments)
            .arg("--config")
            .arg(dir.join("hankod.toml"))
            .arg("--state")
            .arg(dir.join("state"));
        command.output().unwrap()
    };
    let verified = || -> serde_json::Value {
        serde_json::from_slice(&hankod(&["audit", "verify", "--format", "json"]).stdout).unwrap()
    };
    // One head at the start; the others are the intervals'.
    while daemon.log().matches("code=audit_head").count() < 3 || verified()["anchored"] == 0 {
        std::thread::yield_now();
    }
    let report = verified();
    assert_eq!(
        (&report["whole"], &report["anchored"], &report["tail"]),
        (&true.into(), &1.into(), &1.into()),
        "{report}"
    );
    // Nothing new is not stamped again, however often the interval passes.
    let heads = daemon.log().matches("code=audit_head").count();
    while daemon.log().matches("code=audit_head").count() < heads + 2 {
        std::thread::yield_now();
    }
    assert_eq!(tsa.asked(), 1);
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(verified()["tail"].as_u64() > Some(1), "{}", verified());

    // A timestamp of something else proves nothing.
    let database = dir.join("state/hankod.sqlite3");
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(database).arg("UPDATE audit_anchors SET hash = zeroblob(32)");
    assert!(sqlite.status().unwrap().success());
    let report = verified();
    assert_eq!(report["findings"][0]["code"], "audit_anchor_broken", "{report}");
    assert_eq!(
        (&report["whole"], &report["anchored"]),
        (&false.into(), &0.into()),
        "{report}"
    );
}
