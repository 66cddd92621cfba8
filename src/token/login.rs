//! A login to a token, the grants that gate its use, and the check that every signature passes before anybody gets it.
//!
//! PKCS#11 lets every session of a process use the keys once anybody has logged in; so the right to sign is not the login but a [`Grant`].
//! A login is never renewed, and a PIN never tried twice, by anything in this file.

mod grant;

pub use grant::Grant;

use super::Error;
use super::certificate::Entry;
use super::host::{Lane, Tokens};
use super::key::KeyInfo;
use super::mechanism::{Signable, choose, finish};
use super::slot::TokenRef;
use super::wire::{Reply, Request};
use crate::der::verify_digest;
use crate::der::{SignatureAlgorithm, verify_signature};
use crate::secret::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OwnedMutexGuard;

/// What opens a token.
#[derive(Debug)]
pub enum Credential {
    /// A PIN that somebody gave us.
    Pin(Pin),
    /// The PIN is typed on the reader.
    ProtectedPath,
}

/// An open login; the only one of its token. Dropped, it logs out.
pub struct Login {
    lane: Arc<Lane>,
    token: TokenRef,
    id: u64,
    protected: bool,
    /// Held until the logout is done, so that the next login cannot be ended by ours.
    turn: Option<OwnedMutexGuard<()>>,
}

impl Tokens {
    /// Logs in, once. Waits its turn while another login to the token is open.
    ///
    /// The worker compares the token with what is in the slot before it uses the PIN. A key that wants the PIN for each signature makes the worker keep the PIN, until this login ends.
    ///
    /// # Errors
    /// [`Error::PinWrong`] with the state of the PIN after this try, [`Error::PinLocked`], [`Error::PinLength`] (no try spent), [`Error::PinUninitialised`], [`Error::Cancelled`],
    /// [`Error::Gone`], [`Error::Busy`] when the turn does not come, and what becomes of workers.
    pub async fn login(&self, token: &TokenRef, credential: Credential) -> Result<Login, Error> {
        let lane = self.lane(token)?;
        let turn = lane.turn(token.slot).lock_owned();
        let turn = tokio::time::timeout(lane.limits.login, turn)
            .await
            .map_err(|_| Error::Busy)?;
        let mut login = Login {
            lane: Arc::clone(&lane),
            token: token.clone(),
            id: next_id(),
            protected: matches!(credential, Credential::ProtectedPath),
            turn: Some(turn),
        };
        let request = Request::Login {
            login: login.id,
            token: lane.own_token(token),
            protected: login.protected,
        };
        let (secret, deadline) = match &credential {
            Credential::Pin(pin) => (Some(pin.expose()), lane.limits.login),
            Credential::ProtectedPath => (None, lane.limits.pinpad),
        };
        lane.enter();
        // If this future is dropped here, `login` logs out in its place.
        let answer = login.done(&request, secret, deadline).await;
        let Err(error) = answer else {
            return Ok(login);
        };
        let error = lane.explained(token.slot, error).await;
        let turn = login.turn.take();
        lane.leave(token.slot).await;
        drop(turn);
        Err(error)
    }
}

impl Login {
    /// The token.
    pub fn token(&self) -> &TokenRef {
        &self.token
    }

    /// Everything on the token, private keys included.
    ///
    /// # Errors
    /// [`Error::LoginLost`], or what the module says.
    pub async fn objects(&self) -> Result<Vec<Entry>, Error> {
        match self.lane.objects(self.token.slot, Some(self.id)).await {
            Ok(objects) => Ok(objects),
            Err(error) => Err(self.lane.explained(self.token.slot, error).await),
        }
    }

    /// Signs what `grant` covers with the key of the grant's certificate: the signature as CMS writes it, checked against that certificate.
    ///
    /// The grant pays before the token is asked, also for an attempt that fails.
    ///
    /// # Errors
    /// [`Error::NotGranted`], [`Error::GrantExpired`], [`Error::MechanismUnsupported`], [`Error::SignatureMismatch`], [`Error::LoginLost`], or what the module says.
    pub async fn sign(&self, grant: &Grant, key: &KeyInfo, signable: Signable<'_>) -> Result<Vec<u8>, Error> {
        let algorithm = grant.algorithm();
        let (mechanism, data) = choose(algorithm, signable, &key.mechanisms)?;
        grant.spend(&signable.digest(algorithm))?;
        let request = Request::Sign {
            login: self.id,
            key: key.reference.clone(),
            mechanism,
            data,
        };
        let lane = &self.lane;
        let typed_each_time = self.protected && key.reference.always_authenticate;
        let deadline = if typed_each_time {
            lane.limits.pinpad
        } else {
            lane.limits.sign
        };
        let raw = match lane.call(&request, None, deadline).await {
            Ok(Reply::Signature(raw)) => raw,
            Ok(_) => return Err(Error::Garbled),
            Err(error) => return Err(lane.explained(self.token.slot, error).await),
        };
        let signature = finish(key.kind, raw)?;
        check(grant.spki_der(), algorithm, signable, &signature)?;
        Ok(signature)
    }

    /// Logs out and waits until it is done.
    ///
    /// # Errors
    /// What the module says; the login is over all the same.
    pub async fn logout(mut self) -> Result<(), Error> {
        match self.end() {
            Some(ended) => ended.await.unwrap_or(Err(Error::LoginLost)),
            None => Ok(()),
        }
    }

    /// Logs out in a task of its own, once, so that nobody can stop it half-way. Without a runtime the process is ending, and with it the worker and its logins.
    fn end(&mut self) -> Option<tokio::task::JoinHandle<Result<(), Error>>> {
        let (turn, runtime) = (self.turn.take()?, tokio::runtime::Handle::try_current().ok()?);
        let (lane, slot) = (Arc::clone(&self.lane), self.token.slot);
        let (login, own) = (self.id, lane.own(slot));
        Some(runtime.spawn(async move {
            let answer = lane
                .call(&Request::Logout { login, slot: own }, None, lane.limits.read)
                .await;
            lane.leave(slot).await;
            drop(turn);
            answer.map(drop)
        }))
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    pub(super) async fn done(
        &self,
        request: &Request,
        secret: Option<&[u8]>,
        deadline: std::time::Duration,
    ) -> Result<(), Error> {
        match self.lane.call(request, secret, deadline).await? {
            Reply::Done => Ok(()),
            _ => Err(Error::Garbled),
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        // What the module says of it changes nothing: the login is over.
        drop(self.end());
    }
}

fn check(
    spki_der: &[u8],
    algorithm: SignatureAlgorithm,
    signable: Signable<'_>,
    signature: &[u8],
) -> Result<(), Error> {
    match signable {
        Signable::Message(message) => verify_signature(spki_der, algorithm, message, signature),
        Signable::Digest(digest) => verify_digest(spki_der, algorithm, digest, signature),
    }
    .map_err(|_| Error::SignatureMismatch)
}

/// Numbers never repeat, so that a worker that was started again cannot take an old login for a new one.
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
