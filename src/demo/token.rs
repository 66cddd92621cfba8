//! The demonstration's token: a SoftHSM folder with the keys and certificates of its two holders.
//!
//! The PIN is known to everybody and lies beside the token; nothing here touches another token of this machine.

use super::DemoError;
use super::ca::{DemoCa, Holder};
use super::files::write;
use crate::clock::Timestamp;
use crate::der::Certificate;
use crate::process::Program;
use crate::secret::Pin;
use crate::token::provision::NewKey;
use crate::token::{Credential, Error, Limits, Login, ModuleSpec, Tokens};
use std::fs;
use std::path::{Path, PathBuf};

/// The token's label.
pub const LABEL: &str = "hankod-demo";
/// The file with the PIN. Written last: while it is absent, the token is not finished.
pub(super) const PIN_FILE: &str = "pin.txt";
/// The PIN of the token and of its security officer.
const PIN: &str = "123456";
/// Label and id of the issuing CA's certificate, which belongs into every signature.
const ISSUER: &str = "hankod デモ 認証局";
const ISSUER_ID: &[u8] = &[9];
/// Where distributions put SoftHSM's library.
const MODULES: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
];

/// Where everything of the token lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoToken {
    /// SoftHSM's library.
    pub module: PathBuf,
    /// `softhsm2.conf`, for the variable `SOFTHSM2_CONF` of whoever loads the module.
    pub conf: PathBuf,
    /// The PIN, readable by its owner alone.
    pub pin_file: PathBuf,
}

impl DemoToken {
    /// The token kept in `dir`, made when there is none: an RSA-2048 key for [`Holder::Person`], a P-256 key for [`Holder::Organisation`],
    /// each with a certificate of `ca` from `now`. A token that was not finished is thrown away and made again.
    ///
    /// `program` runs the token's worker.
    ///
    /// # Errors
    /// SoftHSM is not installed, a file cannot be written, or the token refuses.
    pub async fn open(dir: &Path, program: &Program, ca: &DemoCa, now: Timestamp) -> Result<Self, DemoError> {
        let installed = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
        let token = Self {
            module: installed.ok_or(DemoError::SoftHsmMissing)?,
            conf: dir.join("softhsm2.conf"),
            pin_file: dir.join(PIN_FILE),
        };
        if !token.pin_file.exists() {
            token.lay_out(&dir.join("tokens"))?;
            token.fill(program, ca, now).await?;
            write(&token.pin_file, 0o600, PIN.as_bytes())?;
        }
        Ok(token)
    }

    /// What to load it with.
    pub fn spec(&self) -> ModuleSpec {
        let environment = [("SOFTHSM2_CONF".into(), self.conf.clone().into_os_string())];
        ModuleSpec::new(&self.module, environment)
    }

    fn lay_out(&self, objects: &Path) -> Result<(), DemoError> {
        if objects.exists() {
            fs::remove_dir_all(objects).map_err(|e| DemoError::file(objects, &e))?;
        }
        fs::create_dir_all(objects).map_err(|e| DemoError::file(objects, &e))?;
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            objects.display()
        );
        write(&self.conf, 0o644, conf.as_bytes())
    }

    async fn fill(&self, program: &Program, ca: &DemoCa, now: Timestamp) -> Result<(), DemoError> {
        let tokens = Tokens::new(program, vec![self.spec()], Limits::default());
        let filled = fill(&tokens, ca, now).await;
        tokens.stop().await;
        filled
    }
}

impl Holder {
    /// Label of the holder's key and certificate in the token.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Person => "甲野太郎",
            Self::Organisation => "見本市長",
        }
    }

    const fn key(self) -> (NewKey, &'static [u8]) {
        match self {
            Self::Person => (NewKey::Rsa { bits: 2048 }, &[1]),
            Self::Organisation => (NewKey::P256, &[2]),
        }
    }
}

async fn fill(tokens: &Tokens, ca: &DemoCa, now: Timestamp) -> Result<(), DemoError> {
    let token = tokens.init_token(0, LABEL, &pin()?, &pin()?).await?;
    let login = tokens.login(&token, Credential::Pin(pin()?)).await?;
    for holder in [Holder::Person, Holder::Organisation] {
        enrol(&login, holder, ca, now).await?;
    }
    let issuing = Certificate::parse(&ca.issuing_der()?)?;
    login.import_certificate(ISSUER, ISSUER_ID, &issuing).await?;
    Ok(login.logout().await?)
}

async fn enrol(login: &Login, holder: Holder, ca: &DemoCa, now: Timestamp) -> Result<(), DemoError> {
    let (kind, id) = holder.key();
    let key = login.generate_key(kind, holder.label(), id, false).await?;
    let public_key = key.spki_der.ok_or(Error::KeyMissing)?;
    let certificate = Certificate::parse(&ca.issue(holder, &public_key, now)?)?;
    Ok(login.import_certificate(holder.label(), id, &certificate).await?)
}

fn pin() -> Result<Pin, DemoError> {
    Ok(Pin::new(PIN.as_bytes().to_vec()).ok_or(Error::TooLong)?)
}
