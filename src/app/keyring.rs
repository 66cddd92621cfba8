//! A server's keys: tokens opened once with their configured PIN, their usable certificates found once, both kept for every client.
//!
//! An open token is not a right to sign: each signature still needs its own grant. A login that was lost is dropped, and the next call opens the
//! token again; a PIN that was refused is not tried again until it changes ([`super::pins`]).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::App;
use super::choose;
use super::failure::{Failure, FailureKind};
use crate::der::Certificate;
use crate::token::{Entry, Fitness, KeyInfo, KeyState, Login, TokenInfo};

/// A key that can sign, on an open token.
pub(crate) struct Key {
    /// Its certificate.
    pub(crate) certificate: Certificate,
    /// How the token names it.
    pub(crate) info: KeyInfo,
    /// The open token.
    pub(crate) login: Arc<Login>,
}

/// Keys by the SHA-256 of their certificates.
#[derive(Default)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<[u8; 32], Arc<Key>>>,
    /// One opening at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Keyring {
    fn get(&self, certificate: &[u8; 32]) -> Option<Arc<Key>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(certificate).cloned()
    }

    fn forget(&self, login: &Arc<Login>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, key| !Arc::ptr_eq(&key.login, login));
    }

    fn clear(&self) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// The key of this certificate; opens its token when it is not open yet.
    ///
    /// # Errors
    /// `certificate_not_found`, the reason why the certificate cannot sign, and what opening the token says.
    pub(crate) async fn key(&self, certificate: &[u8; 32]) -> Result<Arc<Key>, Failure> {
        if let Some(key) = self.0.keyring.get(certificate) {
            return self.still_fit(key);
        }
        // A client that hangs up must not leave a PIN between its try and its outcome.
        let (app, certificate) = (self.clone(), *certificate);
        let opened = self.0.sets.spawn(async move { app.find_key(&certificate).await });
        opened
            .await
            .unwrap_or(Err(Failure::new(FailureKind::Internal, "internal_error")))
    }

    async fn find_key(&self, certificate: &[u8; 32]) -> Result<Arc<Key>, Failure> {
        let _turn = self.0.keyring.turn.lock().await;
        if let Some(key) = self.0.keyring.get(certificate) {
            return self.still_fit(key);
        }
        let listing = self.tokens_room().list().await;
        let mut problem = None;
        for info in listing.tokens().filter(|info| info.initialised) {
            let entries = match self.tokens_room().objects(&info.token).await {
                Ok(entries) => entries,
                // A token that does not answer keeps nobody from another one.
                Err(error) => {
                    problem.get_or_insert(Failure::from(error));
                    continue;
                }
            };
            let wanted = |entry: &&Entry| entry.certificate.readable().is_some_and(|c| c.sha256() == certificate);
            match entries.iter().find(wanted).map(|entry| entry.fitness(self.now())) {
                None => {}
                Some(Fitness::Fit) => {
                    self.open_keys(info).await?;
                    break;
                }
                Some(unfit) => return Err(Failure::of(FailureKind::Invalid, &unfit)),
            }
        }
        let found = self.0.keyring.get(certificate);
        found.ok_or_else(|| problem.unwrap_or_else(not_found))
    }

    /// Every certificate that can sign on a token whose PIN is configured, with the issuers beside it; no token is opened for it.
    ///
    /// # Errors
    /// A token's PIN is named and not there.
    pub(crate) async fn signing_certificates(&self) -> Result<Vec<Vec<Certificate>>, Failure> {
        let mut found: Vec<Vec<Certificate>> = Vec::new();
        let listing = self.tokens_room().list().await;
        for info in listing.tokens().filter(|info| info.initialised) {
            if self.configured_pin(&info.token)?.is_none() {
                continue;
            }
            // A token that does not answer now shows nothing; /readyz tells.
            let entries = self.tokens_room().objects(&info.token).await.unwrap_or_default();
            let fit = entries.iter().filter(|entry| entry.fitness(self.now()) == Fitness::Fit);
            found.extend(fit.filter_map(|entry| Some(choose::chain(entry.certificate.readable()?, &entries))));
        }
        found.sort_by_key(|chain| chain.first().map(|certificate| *certificate.sha256()));
        found.dedup_by_key(|chain| chain.first().map(|certificate| *certificate.sha256()));
        Ok(found)
    }

    /// Drops a login that is good for nothing any more.
    pub(crate) fn drop_login(&self, key: &Key) {
        self.0.keyring.forget(&key.login);
    }

    /// Closes every open token.
    pub(crate) fn close_keys(&self) {
        self.0.keyring.clear();
    }

    async fn open_keys(&self, info: &TokenInfo) -> Result<(), Failure> {
        let memory = choose::memory_name(&info.token, Vec::new());
        let login = Arc::new(self.open_configured(&memory, &info.token).await?);
        let entries = login.objects().await?;
        let mut keys = self.0.keyring.keys.write().unwrap_or_else(PoisonError::into_inner);
        for entry in &entries {
            if let (Some(certificate), KeyState::Usable(info)) = (entry.certificate.readable(), &entry.key) {
                let key = Key {
                    certificate: certificate.clone(),
                    info: info.clone(),
                    login: login.clone(),
                };
                keys.entry(*certificate.sha256()).or_insert(Arc::new(key));
            }
        }
        Ok(())
    }

    fn still_fit(&self, key: Arc<Key>) -> Result<Arc<Key>, Failure> {
        match key.certificate.is_valid_at(self.now()) {
            true => Ok(key),
            false => {
                let since = key.certificate.not_after();
                Err(Failure::of(FailureKind::Invalid, &Fitness::Expired { since }))
            }
        }
    }
}

fn not_found() -> Failure {
    Failure::new(FailureKind::NotFound, "certificate_not_found")
}
