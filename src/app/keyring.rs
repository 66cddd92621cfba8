//! A server's keys: tokens opened once with their configured PIN, their usable certificates found once, both kept for every client.
//!
//! An open token is not a right to sign: each signature still needs its own grant. A login that was lost is dropped, and the next call opens the
//! token again; a PIN that was refused is not tried again until it changes ([`super::pins`]).

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::App;
use super::choose;
use super::failure::{Failure, FailureKind};
use super::policy::Named;
use crate::config::Role;
use crate::der::Certificate;
use crate::text::Explain;
use crate::token::{Entry, Fitness, KeyInfo, KeyState, Login, TokenInfo, TokenRef};

/// A key that can sign, on an open token.
pub(crate) struct Key {
    /// Its certificate.
    pub(crate) certificate: Certificate,
    /// The certificate's label in the token.
    pub(crate) label: String,
    /// How the token names it.
    pub(crate) info: KeyInfo,
    /// The open token.
    pub(crate) login: Arc<Login>,
}

impl Key {
    /// As policies name it.
    pub(crate) fn named(&self) -> Named<'_> {
        Named {
            certificate: self.certificate.sha256(),
            label: &self.label,
        }
    }
}

/// Open tokens and their keys.
#[derive(Default)]
pub(crate) struct Keyring {
    held: RwLock<Held>,
    /// One opening at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// By the SHA-256 of their certificates.
    keys: HashMap<[u8; 32], Arc<Key>>,
    logins: Vec<Arc<Login>>,
}

/// A login for one piece of work: of its own, or the one that the server's clients use too.
pub(crate) enum Opened {
    /// Ends with the work.
    Own(Login),
    /// Stays.
    Shared(Arc<Login>),
}

impl Deref for Opened {
    type Target = Login;

    fn deref(&self) -> &Login {
        match self {
            Self::Own(login) => login,
            Self::Shared(login) => login,
        }
    }
}

impl Keyring {
    fn get(&self, certificate: &[u8; 32]) -> Option<Arc<Key>> {
        self.read().keys.get(certificate).cloned()
    }

    fn login(&self, token: &TokenRef) -> Option<Arc<Login>> {
        let held = self.read();
        held.logins.iter().find(|login| login.token() == token).cloned()
    }

    fn forget(&self, login: &Arc<Login>) {
        let mut held = self.write();
        held.keys.retain(|_, key| !Arc::ptr_eq(&key.login, login));
        held.logins.retain(|one| !Arc::ptr_eq(one, login));
    }

    fn clear(&self) {
        *self.write() = Held::default();
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
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

    /// `true` where clients share the open tokens.
    pub(crate) fn shares_keys(&self) -> bool {
        self.config().role == Role::Server
    }

    /// The login that clients share, opened when it is not yet: whoever may use the configured PIN needs none of its own beside it.
    ///
    /// # Errors
    /// What opening the token says.
    pub(crate) async fn shared_login(&self, info: &TokenInfo) -> Result<Arc<Login>, Failure> {
        let (app, info) = (self.clone(), info.clone());
        let opened = self.0.sets.spawn(async move {
            let _turn = app.0.keyring.turn.lock().await;
            app.open_keys(&info).await
        });
        opened
            .await
            .unwrap_or(Err(Failure::new(FailureKind::Internal, "internal_error")))
    }

    /// Lets go of the login that clients share, for somebody with another PIN: calls under way finish with it, later ones open the token anew.
    pub(crate) fn give_way(&self, token: &TokenRef) {
        if let Some(login) = self.0.keyring.login(token) {
            self.0.keyring.forget(&login);
        }
    }

    /// Ends a piece of work under a login. One that clients share stays, unless the work failed: then the next call opens the token anew.
    pub(crate) async fn close_token(&self, opened: Opened, info: &TokenInfo, has_failed: bool) {
        match opened {
            Opened::Shared(login) if has_failed => self.0.keyring.forget(&login),
            Opened::Shared(_) => {}
            Opened::Own(login) => {
                if let Err(error) = login.logout().await {
                    // The login ended with its worker; what was signed and checked under it stays good.
                    log::warn!(code = error.code(); "a token was not closed in order");
                }
                self.power_off(info).await;
            }
        }
    }

    /// Opens a token, or looks again at one that is open: keys and certificates come to it while it is. Call with the turn held.
    async fn open_keys(&self, info: &TokenInfo) -> Result<Arc<Login>, Failure> {
        if let Some(login) = self.0.keyring.login(&info.token) {
            match login.objects().await {
                Ok(entries) => {
                    self.keep_keys(&login, &entries);
                    return Ok(login);
                }
                Err(_) => self.0.keyring.forget(&login),
            }
        }
        let memory = choose::memory_name(&info.token, Vec::new());
        let login = Arc::new(self.open_configured(&memory, &info.token).await?);
        let entries = login.objects().await?;
        self.keep_keys(&login, &entries);
        Ok(login)
    }

    fn keep_keys(&self, login: &Arc<Login>, entries: &[Entry]) {
        let mut held = self.0.keyring.write();
        if !held.logins.iter().any(|one| Arc::ptr_eq(one, login)) {
            held.logins.push(login.clone());
        }
        for entry in entries {
            if let (Some(certificate), KeyState::Usable(info)) = (entry.certificate.readable(), &entry.key) {
                let key = Key {
                    certificate: certificate.clone(),
                    label: entry.label.clone(),
                    info: info.clone(),
                    login: login.clone(),
                };
                held.keys.entry(*certificate.sha256()).or_insert(Arc::new(key));
            }
        }
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
