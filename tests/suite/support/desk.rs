//! A whole desk for one test: the demonstration's CA and token, a rehearsed pinentry, and the configuration of a daemon over them.
//!
//! The daemon itself is started by the test, as often as it wants; what it left behind is looked at with hankod's own commands.

use super::daemon::Daemon;
use super::dir::TestDir;
use super::http::Request;
use super::pinentry::{Answer, Pinentry};
use super::softhsm::program;
use hankod::clock::Timestamp;
use hankod::demo::ca::DemoCa;
use hankod::demo::token::DemoToken;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// The PIN of the token.
pub(crate) const PIN: &str = "123456";

/// Everything but the daemon.
pub(crate) struct Desk {
    /// Where everything of this test lies.
    pub(crate) dir: TestDir,
    /// Whom the daemon asks.
    pub(crate) pinentry: Pinentry,
    config: String,
}

impl Desk {
    /// A token with 甲野太郎 (RSA) and 見本市長 (P-256), and a person who gives `answers`.
    pub(crate) fn new(name: &str, answers: &[Answer<'_>]) -> Self {
        let dir = TestDir::new(name);
        let token = std::thread::scope(|scope| scope.spawn(|| token(&dir)).join().unwrap());
        assert_eq!(std::fs::read_to_string(&token.pin_file).unwrap(), PIN);
        let pinentry = Pinentry::new(&dir, answers);
        let config = format!(
            "lang = \"ja\"\n[prompt]\npinentry = {:?}\n[[module]]\npath = {:?}\nenv = {{ SOFTHSM2_CONF = {:?} }}\n",
            pinentry.program(),
            token.module,
            token.conf
        );
        Self { dir, pinentry, config }
    }

    /// The same with these tables of the configuration besides.
    pub(crate) fn configured(mut self, tables: &str) -> Self {
        self.config += tables;
        self
    }

    /// The same with this `lang`.
    pub(crate) fn speaking(mut self, lang: &str) -> Self {
        self.config = self.config.replacen("lang = \"ja\"", &format!("lang = {lang:?}"), 1);
        self
    }

    /// Starts the daemon over it.
    pub(crate) fn serve(&self) -> Daemon {
        self.serve_in(&[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn serve_in(&self, environment: &[(&str, &Path)]) -> Daemon {
        Daemon::start(&self.dir, &self.config, environment)
    }

    /// The same on a socket that the test made.
    pub(crate) fn serve_on(&self, listener: TcpListener) -> Daemon {
        let started = Daemon::try_start_on(listener, &self.dir, &self.config, &[]);
        started.unwrap_or_else(|(status, log)| panic!("{status}:\n{log}"))
    }

    /// The demonstration's root, the one anchor.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// `hankod` with `arguments` on the same configuration and state.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let config = self.dir.join("hankod.toml");
        std::fs::write(&config, &self.config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.args(arguments).arg("--config").arg(config);
        command.arg("--state").arg(self.dir.join("state"));
        command
    }

    /// Runs it to its end.
    pub(crate) fn hankod(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it printed, when it must succeed.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let output = self.hankod(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A key for a desktop program, without a question.
    pub(crate) fn program_key(&self) -> String {
        let printed = self.says(&["site", "allow", "--program", "経理ソフト"]);
        printed.trim().to_owned()
    }

    /// A key for a site, after the person's next answer.
    pub(crate) fn site_key(&self, daemon: &Daemon, origin: &str) -> String {
        let asks = Request::new("POST", "/v1/pairings")
            .header("Origin", origin)
            .json(&json!({}));
        let asked = asks.send(daemon.port()).json();
        let address = format!(
            "/v1/pairings/{}",
            asked["id"].as_str().unwrap_or_else(|| panic!("{asked}"))
        );
        let poll = Request::new("GET", &address).header("Origin", origin);
        loop {
            let answer = poll.send(daemon.port()).json();
            match answer["state"].as_str() {
                Some("pending") => std::thread::yield_now(),
                Some("allowed") => return answer["key"].as_str().unwrap().to_owned(),
                _ => panic!("{answer}"),
            }
        }
    }

    /// The kinds of the audit log's entries, in order.
    pub(crate) fn audit(&self) -> Vec<String> {
        let lines = self.says(&["audit", "export"]);
        let entries = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let kinds = entries.map(|line| line["entry"]["kind"].as_str().unwrap_or("damaged").to_owned());
        kinds.collect()
    }

    /// How often something happened, by the audit log.
    pub(crate) fn happened(&self, kind: &str) -> usize {
        self.audit().iter().filter(|found| *found == kind).count()
    }

    /// What lies in the folder for uploads.
    pub(crate) fn uploads(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.dir.join("state/uploads")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn token(dir: &Path) -> DemoToken {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let now = Timestamp::from_system(SystemTime::now());
    let ca = DemoCa::open(dir, None, now).unwrap();
    runtime.block_on(DemoToken::open(dir, &program(), &ca, now)).unwrap()
}
