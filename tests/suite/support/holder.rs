//! A person with a token, and `hankod` configured for it: everything that a command needs lies in one test's directory.
//!
//! Commands get this environment and no other, so nothing of the machine's owner takes part.

use super::ca::{self, Ca, IssueRequest};
use super::dir::TestDir;
use super::shim::shim;
use super::softhsm::Softhsm;
use super::{Ran, run};
use hankod::config::{Config, Environment};
use hankod::token::provision::NewKey;
use hankod::token::{ModuleSpec, TokenRef};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The PIN of the holder's token.
pub(crate) const PIN: &str = "246810-himitsu";
/// The token's label.
pub(crate) const LABEL: &str = "甲のカード";

/// The person.
pub(crate) struct Holder {
    /// Where everything lies; tests put their documents here too.
    pub(crate) dir: TestDir,
    softhsm: Softhsm,
    token: TokenRef,
    ca: Ca,
}

/// The configuration of the holder in `dir` as hankod reads it.
pub(crate) fn checked_config(dir: &Path) -> Config {
    let home = dir.as_os_str().to_owned();
    let environment = Environment::read(|name| (name == "HOME").then(|| home.clone()));
    Config::load(Some(&dir.join("hankod.toml")), &environment).unwrap()
}

impl Holder {
    /// A token with one key, P-256, and its certificate.
    pub(crate) fn new(name: &str) -> Self {
        let holder = Self::without_key(name);
        holder.add("sign", NewKey::P256, &IssueRequest::default());
        holder
    }

    /// An empty token.
    pub(crate) fn without_key(name: &str) -> Self {
        Self::under(name, Ca::new("試験認証局"))
    }

    /// The same, whose certificates `ca` will issue.
    pub(crate) fn under(name: &str, ca: Ca) -> Self {
        let dir = TestDir::new(name);
        let mut softhsm = Softhsm::new(&dir);
        let token = softhsm.token(LABEL, PIN);
        fs::write(dir.join("root.pem"), ca.pem()).unwrap();
        let holder = Self {
            dir,
            softhsm,
            token,
            ca,
        };
        holder.configure(&holder.softhsm.spec(), "");
        holder.secret("pin", PIN);
        holder
    }

    /// A key and its certificate, both called `label`; gives the certificate.
    pub(crate) fn add(&self, label: &str, kind: NewKey, request: &IssueRequest<'_>) -> Vec<u8> {
        let key = self.softhsm.key(&self.token, kind, label, false);
        let public = ca::public_key(key.spki_der.as_ref().unwrap());
        let certificate = self.ca.issue(&public, request);
        self.softhsm.import_certificate(&self.token, label, &certificate);
        certificate
    }

    /// Who issues the holder's certificates.
    pub(crate) fn ca(&self) -> &Ca {
        &self.ca
    }

    /// A certificate whose key is elsewhere.
    pub(crate) fn add_certificate_alone(&self, label: &str) {
        let certificate = self.ca.issue(&ca::key(ca::Kind::P256), &IssueRequest::default());
        self.softhsm.import_certificate(&self.token, label, &certificate);
    }

    /// The certificate of the authority itself, beside the others.
    pub(crate) fn add_root(&self) {
        self.softhsm.import_certificate(&self.token, "root", &self.ca.der());
    }

    /// The certification authority, PEM.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("root.pem")
    }

    /// SoftHSM behind a module that misbehaves as ordered (`data/shim.c`), from now on.
    pub(crate) fn misbehave(&self, orders: &[(&str, &str)], more: &str) {
        self.configure(&shim(&self.dir, &self.softhsm, orders), more);
    }

    /// SoftHSM itself, and `more` lines of configuration.
    pub(crate) fn behave(&self, more: &str) {
        self.configure(&self.softhsm.spec(), more);
    }

    fn configure(&self, module: &ModuleSpec, more: &str) {
        let quoted = |text: &OsStr| serde_json::to_string(text.to_str().unwrap()).unwrap();
        let environment: Vec<String> = module
            .env
            .iter()
            .map(|(name, value)| format!("{} = {}", name.to_str().unwrap(), quoted(value)))
            .collect();
        let text = format!(
            "state_dir = {}\n{more}\n[[module]]\npath = {}\nenv = {{ {} }}\n",
            quoted(self.state().as_os_str()),
            quoted(module.path.as_os_str()),
            environment.join(", ")
        );
        fs::write(self.config(), text).unwrap();
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.dir.join("hankod.toml")
    }

    /// The configuration as hankod reads it.
    pub(crate) fn checked_config(&self) -> Config {
        checked_config(&self.dir)
    }

    /// The state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// A file that its owner alone can read.
    pub(crate) fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A document in the holder's directory.
    pub(crate) fn document(&self, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// `hankod` with these arguments, in the holder's directory.
    pub(crate) fn hankod<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &*self.dir)
            .current_dir(&self.dir);
        command.arg("--config").arg(self.config()).args(arguments);
        command
    }

    /// Runs `hankod` to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        run(&mut self.hankod(arguments), "")
    }

    /// Runs `hankod sign` with the holder's PIN file and English messages.
    pub(crate) fn sign<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        run(&mut self.signing(arguments), "")
    }

    /// The command that [`Holder::sign`] runs.
    pub(crate) fn signing<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = self.hankod(&["--lang", "en", "sign", "--pin-file", "pin"]);
        command.args(arguments);
        command
    }

    /// Kind and details of every audit entry, after the log was found whole.
    pub(crate) fn audit(&self) -> Vec<(String, Value)> {
        let verified = self.run(&["--lang", "en", "audit", "verify"]);
        assert!(verified.ok, "{verified:?}");
        let exported = self.run(&["audit", "export"]);
        assert!(exported.ok, "{exported:?}");
        let entries = exported.stdout.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let entry = line["entry"].take();
            (entry["kind"].as_str().unwrap().to_owned(), entry["details"].clone())
        });
        entries.collect()
    }

    /// How many entries of this kind the audit log has.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.audit().iter().filter(|(k, _)| k == kind).count()
    }

    /// Names in the holder's directory and `folder` below it that a signing left behind.
    pub(crate) fn leftovers(&self, folder: &str) -> Vec<PathBuf> {
        let names = fs::read_dir(self.dir.join(folder)).unwrap();
        let paths = names.map(|entry| entry.unwrap().path());
        let part = |path: &PathBuf| path.extension().is_some_and(|e| e == "part");
        paths.filter(part).collect()
    }
}
