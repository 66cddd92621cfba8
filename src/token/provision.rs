//! Making tokens, keys and certificate objects: `hankod token init`, `keygen`, `import-certificate`, the demonstration and the tests.
//!
//! Nothing here is reachable over HTTP, and nothing here deletes.

use super::host::Tokens;
use super::key::KeyInfo;
use super::login::Login;
use super::slot::TokenRef;
use super::wire::{Reply, Request};
use super::{Error, KeyState};
use crate::der::Certificate;
use crate::secret::Pin;
use zeroize::Zeroizing;

pub use super::wire::NewKey;

/// Longest label of a token (PKCS#11 `CK_TOKEN_INFO`).
pub const MAX_LABEL_BYTES: usize = 32;
/// Longest `CKA_ID` and `CKA_LABEL` that are written.
pub const MAX_ATTRIBUTE_BYTES: usize = 255;

impl Tokens {
    /// Makes a token in the first uninitialised slot of a module, with its two PINs.
    ///
    /// # Errors
    /// [`Error::Gone`] without such a slot, [`Error::TooLong`], or what the module says.
    pub async fn init_token(&self, module: usize, label: &str, so_pin: &Pin, pin: &Pin) -> Result<TokenRef, Error> {
        let so_length = u8::try_from(so_pin.expose().len()).map_err(|_| Error::TooLong)?;
        if label.len() > MAX_LABEL_BYTES {
            return Err(Error::TooLong);
        }
        let mut secret = Zeroizing::new(Vec::with_capacity(1 + so_pin.expose().len() + pin.expose().len()));
        secret.push(so_length);
        secret.extend_from_slice(so_pin.expose());
        secret.extend_from_slice(pin.expose());
        let worker = self.maker(module)?;
        let label = label.to_owned();
        let request = Request::InitToken { label };
        match worker.call(&request, Some(&secret), worker.limits.provision).await? {
            Reply::Token(token) => Ok(TokenRef { module, ..token }),
            _ => Err(Error::Garbled),
        }
    }
}

impl Login {
    /// Generates a key pair that never leaves the token; gives the key as the token then shows it.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::KeyAmbiguous`] when id and label are taken, or what the module says.
    pub async fn generate_key(
        &self,
        kind: NewKey,
        label: &str,
        id: &[u8],
        always_authenticate: bool,
    ) -> Result<KeyInfo, Error> {
        checked(label, id)?;
        if self.find(label, id).await?.is_some() {
            return Err(Error::KeyAmbiguous);
        }
        let request = Request::GenerateKey {
            login: self.id(),
            kind,
            label: label.to_owned(),
            id: id.to_vec(),
            always_authenticate,
        };
        self.done(&request, None, self.lane().limits.provision).await?;
        self.find(label, id).await?.ok_or(Error::KeyMissing)
    }

    /// Stores a certificate beside its key.
    ///
    /// # Errors
    /// [`Error::TooLong`], or what the module says.
    pub async fn import_certificate(&self, label: &str, id: &[u8], certificate: &Certificate) -> Result<(), Error> {
        checked(label, id)?;
        let request = Request::ImportCertificate {
            login: self.id(),
            label: label.to_owned(),
            id: id.to_vec(),
            der: certificate.der().to_vec(),
            subject: certificate.subject().der().to_vec(),
        };
        self.done(&request, None, self.lane().limits.provision).await
    }

    async fn find(&self, label: &str, id: &[u8]) -> Result<Option<KeyInfo>, Error> {
        let entries = self.objects().await?;
        let keys = entries.into_iter().filter_map(|entry| match entry.key {
            KeyState::Usable(key) => Some(key),
            KeyState::BehindLogin(_) | KeyState::Missing => None,
        });
        let mut matching = keys.filter(|key| key.reference.id == id && key.reference.label == label.as_bytes());
        Ok(matching.next())
    }
}

fn checked(label: &str, id: &[u8]) -> Result<(), Error> {
    let fits = label.len() <= MAX_ATTRIBUTE_BYTES && id.len() <= MAX_ATTRIBUTE_BYTES;
    fits.then_some(()).ok_or(Error::TooLong)
}
