//! What is measured with: the inputs and a SoftHSM token with one P-256 key and its certificate, under `target/bench`.
//!
//! Inputs are kept between runs; the token and the state folders are made anew, so that no run inherits another's.

use super::inputs::{self, Xref};
use hankod::clock::Timestamp;
use hankod::demo::ca::{DemoCa, Holder};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Label of the token, of its key and of its certificate.
pub(crate) const LABEL: &str = "bench";
/// PIN of a token that lives for one run.
const PIN: &str = "123456";

/// Everything prepared.
pub(crate) struct Bench {
    /// Scratch folder; outputs go here.
    pub(crate) dir: PathBuf,
    /// SoftHSM's library.
    pub(crate) module: PathBuf,
    /// `SOFTHSM2_CONF` of the token.
    pub(crate) token_conf: PathBuf,
    /// Holds the PIN, readable by its owner.
    pub(crate) pin_file: PathBuf,
    /// The signer's certificate, DER.
    pub(crate) certificate: PathBuf,
    /// Its issuer's, PEM.
    pub(crate) issuer: PathBuf,
    /// 20 KB of text.
    pub(crate) small: PathBuf,
    /// 20 MB of images.
    pub(crate) medium: PathBuf,
    /// 200 MB of images.
    pub(crate) large: PathBuf,
    /// 500,000 objects behind a table.
    pub(crate) table: PathBuf,
    /// The same number in object streams.
    pub(crate) streams: PathBuf,
}

impl Bench {
    /// Makes what is not there yet.
    pub(crate) fn prepare() -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        let token = dir.join("token");
        for old in [&token, &dir.join("state"), &dir.join("serve")] {
            fs::remove_dir_all(old).ok();
        }
        fs::create_dir_all(token.join("objects")).unwrap();
        let bench = Self {
            module: std::env::var_os("SOFTHSM2_MODULE")
                .map_or_else(|| PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"), PathBuf::from),
            token_conf: token.join("softhsm2.conf"),
            // Not `pin.txt`: the demonstration's authority, made in the same folder, clears that away.
            pin_file: token.join("user.pin"),
            certificate: token.join("signer.der"),
            issuer: token.join("issuing.pem"),
            small: dir.join("20kb.pdf"),
            medium: dir.join("20mb.pdf"),
            large: dir.join("200mb.pdf"),
            table: dir.join("500k-table.pdf"),
            streams: dir.join("500k-streams.pdf"),
            dir,
        };
        bench.make_token(&token);
        make(&bench.small, |path| inputs::text(path, 20_000));
        make(&bench.medium, |path| inputs::images(path, 20_000_000));
        make(&bench.large, |path| inputs::images(path, 200_000_000));
        make(&bench.table, |path| inputs::objects(path, 500_000, Xref::Table));
        make(&bench.streams, |path| inputs::objects(path, 500_000, Xref::Streams));
        bench
    }

    /// A command that sees the token.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("SOFTHSM2_CONF", &self.token_conf);
        command
    }

    fn make_token(&self, token: &Path) {
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.join("objects").display()
        );
        fs::write(&self.token_conf, conf).unwrap();
        fs::write(&self.pin_file, PIN).unwrap();
        fs::set_permissions(&self.pin_file, fs::Permissions::from_mode(0o600)).unwrap();
        let mut init = self.command("softhsm2-util");
        run(init.args([
            "--init-token",
            "--free",
            "--label",
            LABEL,
            "--pin",
            PIN,
            "--so-pin",
            PIN,
        ]));
        self.pkcs11(&["--keypairgen", "--key-type", "EC:prime256v1"]);
        let public_key = token.join("public.der");
        self.pkcs11(&["--read-object", "--type", "pubkey", "-o", public_key.to_str().unwrap()]);
        let now = Timestamp::from_system(SystemTime::now());
        let ca = DemoCa::open(token, None, now).unwrap();
        let certificate = ca.issue(Holder::Person, &fs::read(public_key).unwrap(), now).unwrap();
        fs::write(&self.certificate, certificate).unwrap();
        self.pkcs11(&["--write-object", self.certificate.to_str().unwrap(), "--type", "cert"]);
    }

    fn pkcs11(&self, what: &[&str]) {
        let mut command = self.command("pkcs11-tool");
        command.arg("--module").arg(&self.module);
        run(command
            .args(["--login", "--pin", PIN, "--label", LABEL, "--id", "01"])
            .args(what));
    }
}

fn make(path: &Path, generate: impl Fn(&Path)) {
    if !path.exists() {
        let unfinished = path.with_extension("part");
        generate(&unfinished);
        fs::rename(unfinished, path).unwrap();
    }
}

/// Runs `command`, which must succeed, and gives what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
