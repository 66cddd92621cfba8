//! SoftHSM in a folder of its own, filled through hankod's own provisioning.
//!
//! Processes that share one token folder break each other, so every operation here starts a worker and ends it before it returns: afterwards the folder belongs to the test.

use hankod::der::Certificate;
use hankod::process::Program;
use hankod::secret::Pin;
use hankod::token::provision::NewKey;
use hankod::token::{Credential, Error, KeyInfo, Limits, Login, ModuleSpec, TokenRef, Tokens};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The security officer's PIN of every test token.
const SO_PIN: &str = "87654321";

/// The library, where `HANKOD_TEST_MODULE` or the distribution puts it.
pub(crate) fn module() -> PathBuf {
    let known = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let named = std::env::var_os("HANKOD_TEST_MODULE").map(PathBuf::from);
    let found = named.or_else(|| known.into_iter().map(PathBuf::from).find(|path| path.exists()));
    found.unwrap_or_else(|| panic!("SoftHSM is not installed; scripts/install-deps test installs it"))
}

/// The hankod that was built with these tests.
pub(crate) fn program() -> Program {
    Program::at(env!("CARGO_BIN_EXE_hankod"))
}

/// A PIN.
pub(crate) fn pin(text: &str) -> Pin {
    Pin::new(text.as_bytes().to_vec()).unwrap()
}

/// A SoftHSM installation of one test.
pub(crate) struct Softhsm {
    conf: PathBuf,
    pins: Vec<(String, String)>,
}

impl Softhsm {
    /// An empty one below `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        let (conf, tokens) = (dir.join("softhsm2.conf"), dir.join("tokens"));
        std::fs::create_dir_all(&tokens).unwrap();
        let tokens = tokens.display();
        let text = format!(
            "directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
        );
        std::fs::write(&conf, text).unwrap();
        Self { conf, pins: Vec::new() }
    }

    /// The library.
    pub(crate) fn module(&self) -> PathBuf {
        module()
    }

    /// What the library needs in the environment of whoever loads it.
    pub(crate) fn env(&self) -> [(&'static str, &Path); 1] {
        [("SOFTHSM2_CONF", &self.conf)]
    }

    /// The module as hankod is configured with it.
    pub(crate) fn spec(&self) -> ModuleSpec {
        let environment = self
            .env()
            .map(|(name, value)| (OsString::from(name), value.as_os_str().to_owned()));
        ModuleSpec::new(self.module(), environment)
    }

    /// A new token.
    pub(crate) fn token(&mut self, label: &str, user_pin: &str) -> TokenRef {
        self.pins.push((label.to_owned(), user_pin.to_owned()));
        self.run(async |tokens| tokens.init_token(0, label, &pin(SO_PIN), &pin(user_pin)).await);
        // SoftHSM names the slot anew in the next process.
        let listing = self.run(async |tokens| Ok(tokens.list().await));
        let found = listing.tokens().find(|token| token.token.label == label);
        found.unwrap().token.clone()
    }

    /// A new key pair in a token, as the token shows it; its `CKA_ID` is its label.
    pub(crate) fn key(&self, token: &TokenRef, kind: NewKey, label: &str, always_authenticate: bool) -> KeyInfo {
        self.logged_in(token, async |login| {
            login
                .generate_key(kind, label, label.as_bytes(), always_authenticate)
                .await
        })
    }

    /// Stores a certificate in a token.
    pub(crate) fn import_certificate(&self, token: &TokenRef, label: &str, der: &[u8]) {
        let certificate = Certificate::parse(der).unwrap();
        self.logged_in(token, async |login| {
            login.import_certificate(label, label.as_bytes(), &certificate).await
        });
    }

    fn logged_in<T: Send>(&self, token: &TokenRef, work: impl AsyncFnOnce(&Login) -> Result<T, Error> + Send) -> T {
        let (_, user_pin) = self.pins.iter().find(|(label, _)| *label == token.label).unwrap();
        self.run(async |tokens| {
            let login = tokens.login(token, Credential::Pin(pin(user_pin))).await?;
            let done = work(&login).await?;
            login.logout().await?;
            Ok(done)
        })
    }

    /// Runs `work` with a worker of its own, also inside a test that has a runtime.
    fn run<T: Send>(&self, work: impl AsyncFnOnce(&Tokens) -> Result<T, Error> + Send) -> T {
        let modules = vec![self.spec()];
        let in_thread = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let tokens = Tokens::new(&program(), modules, Limits::default());
                let done = work(&tokens).await;
                tokens.stop().await;
                done.unwrap()
            })
        };
        std::thread::scope(|scope| scope.spawn(in_thread).join().unwrap())
    }
}
