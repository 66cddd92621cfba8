//! A person with two readers, and `hankod` configured for their cards through OpenSC: everything that a command needs lies in one test's directory.
//!
//! Commands get this environment and no other. The same files serve a daemon.

use super::{Card, Readers};
use crate::support::ca::Ca;
use crate::support::dir::TestDir;
use crate::support::shapes::{self, LF};
use crate::support::{Ran, run};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Without the list OpenSC asks a card after some sixty applets.
const OPENSC_CONF: &str = "app default { card_drivers = jpki, PIV-II, default; }\n";

/// The person.
pub(crate) struct Bearer {
    /// Who has issued the certificates.
    pub(crate) ca: Ca,
    /// Their readers. They go before the directory does.
    pub(crate) readers: Readers,
    /// Where everything lies; tests put their documents here too.
    pub(crate) dir: TestDir,
}

/// OpenSC's module, where the distribution puts it.
pub(crate) fn opensc_module() -> PathBuf {
    let known = [
        "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib64/opensc-pkcs11.so",
    ];
    let found = known.into_iter().map(PathBuf::from).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("opensc-pkcs11 is not installed; scripts/install-deps test installs it"))
}

impl Bearer {
    /// Empty readers, a document `a.pdf`.
    pub(crate) fn new(name: &str) -> Self {
        let dir = TestDir::new(name);
        let readers = Readers::start(&dir);
        let ca = Ca::new("試験認証局");
        fs::write(dir.join("root.pem"), ca.pem()).unwrap();
        fs::write(dir.join("opensc.conf"), OPENSC_CONF).unwrap();
        let bearer = Self { ca, readers, dir };
        fs::write(bearer.dir.join("hankod.toml"), bearer.config("")).unwrap();
        bearer.document("a.pdf");
        bearer
    }

    /// A person whose card is in the first reader.
    pub(crate) fn with(name: &str, card: impl FnOnce(&Ca) -> Card) -> (Self, Card) {
        let mut bearer = Self::new(name);
        let card = card(&bearer.ca);
        bearer.readers.insert(0, &card);
        (bearer, card)
    }

    /// The configuration, with `more` lines before its modules.
    pub(crate) fn config(&self, more: &str) -> String {
        let quoted = |path: &Path| serde_json::to_string(path.to_str().unwrap()).unwrap();
        let environment = self
            .readers
            .env()
            .map(|(name, value)| format!("{name} = {}", quoted(&value)));
        format!(
            "state_dir = {}\n{more}\n[[module]]\npath = {}\nenv = {{ {} }}\n",
            quoted(&self.dir.join("state")),
            quoted(&opensc_module()),
            environment.join(", ")
        )
    }

    /// What OpenSC's own tools and PC/SC read in their environment. hankod makes OpenSC a configuration itself.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 2] {
        let [socket] = self.readers.env();
        [socket, ("OPENSC_CONF", self.dir.join("opensc.conf"))]
    }

    /// A document to sign.
    pub(crate) fn document(&self, name: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, shapes::classic("1.7", LF)).unwrap();
        path
    }

    /// The file `pin`, with this PIN.
    pub(crate) fn pin(&self, pin: &str) {
        let path = self.dir.join("pin");
        fs::write(&path, pin).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// `hankod` with these arguments.
    pub(crate) fn hankod(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command.env_clear().envs(self.readers.env()).current_dir(&self.dir);
        command.env("PATH", "/usr/bin:/bin").env("HOME", &*self.dir);
        command.arg("--config").arg(self.dir.join("hankod.toml"));
        command.args(["--lang", "en"]).args(arguments);
        command
    }

    /// Runs `hankod` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.hankod(arguments), "")
    }

    /// One JSON document of `hankod`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        assert!(ran.ok, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// `hankod sign` with this PIN and these arguments more.
    pub(crate) fn signing(&self, pin: &str, arguments: &[&str]) -> Command {
        self.pin(pin);
        self.hankod(&[&["sign", "--pin-file", "pin"], arguments].concat())
    }

    /// Runs it.
    pub(crate) fn sign(&self, pin: &str, arguments: &[&str]) -> Ran {
        run(&mut self.signing(pin, arguments), "")
    }

    /// A tool of OpenSC.
    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program);
        run(
            command.args(arguments).envs(self.environment()).current_dir(&self.dir),
            "",
        )
    }
}
