//! Signature activation data (CSC API 2.0, 8.2; SCAL2): a client's right to have exactly these hashes signed with one certificate, each once, until then.
//!
//! Kept in memory alone: a restart takes every such right away, and the client asks anew. What was signed with one is in the audit log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::App;
use super::clients::ClientView;
use super::failure::{Failure, FailureKind};
use super::sign_hash::{HashRequest, MAX_HASHES, may_use};
use crate::clock::Timestamp;

/// How long activation data is good.
pub const SAD_LIFE: Duration = Duration::from_secs(300);

/// Most activation data that is good at once, of all clients.
const MAX_OPEN: usize = 10_000;
/// And of one client.
const MAX_OPEN_PER_CLIENT: usize = 1_000;

/// What one is for.
struct Sad {
    client: String,
    certificate: [u8; 32],
    /// Those that were not signed yet; a hash that stands twice may be signed twice.
    hashes: Vec<Vec<u8>>,
    until: Timestamp,
}

/// All that are good, by the SHA-256 of what the client holds.
#[derive(Default)]
pub(crate) struct Sads(Mutex<HashMap<[u8; 32], Sad>>);

impl Sads {
    fn open(&self) -> MutexGuard<'_, HashMap<[u8; 32], Sad>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Gives a client the right to have `hashes` signed with `certificate`, each once.
    ///
    /// # Errors
    /// `credential_not_allowed`, `hash_count`, `sad_too_many`; `certificate_not_found` and why the certificate cannot sign.
    pub async fn activate(
        &self,
        client: &ClientView,
        certificate: [u8; 32],
        hashes: Vec<Vec<u8>>,
    ) -> Result<String, Failure> {
        if !may_use(client, &hex::encode(certificate)) {
            return Err(Failure::new(FailureKind::Forbidden, "credential_not_allowed"));
        }
        if !(1..=MAX_HASHES).contains(&hashes.len()) {
            return Err(Failure::new(FailureKind::Invalid, "hash_count").with("max", MAX_HASHES.to_string()));
        }
        self.key(&certificate).await?;
        let now = self.now();
        let mut open = self.0.sads.open();
        open.retain(|_, sad| sad.until > now);
        let own = open.values().filter(|sad| sad.client == client.id).count();
        if open.len() >= MAX_OPEN || own >= MAX_OPEN_PER_CLIENT {
            return Err(Failure::new(FailureKind::TooMany, "sad_too_many"));
        }
        let sad = format!("{}{}", super::new_id(), super::new_id());
        let until = now.plus(SAD_LIFE);
        let client = client.id.clone();
        open.insert(
            name(&sad),
            Sad {
                client,
                certificate,
                hashes,
                until,
            },
        );
        Ok(sad)
    }

    /// Replaces activation data by new data for what is left of it; `hashes`, when given, must be a part of that.
    ///
    /// # Errors
    /// `sad_invalid`, `sad_hash`.
    pub fn extend_activation(
        &self,
        client: &ClientView,
        sad: &str,
        certificate: &[u8; 32],
        hashes: Option<&[Vec<u8>]>,
    ) -> Result<String, Failure> {
        let now = self.now();
        let mut open = self.0.sads.open();
        let held = held(&mut open, client, sad, certificate, now)?;
        if hashes.is_some_and(|hashes| take(&held.hashes, hashes).is_none()) {
            return Err(Failure::new(FailureKind::Forbidden, "sad_hash"));
        }
        let Some(mut held) = open.remove(&name(sad)) else {
            return Err(invalid());
        };
        held.until = now.plus(SAD_LIFE);
        let next = format!("{}{}", super::new_id(), super::new_id());
        open.insert(name(&next), held);
        Ok(next)
    }

    /// Signs hashes that activation data covers. They are used up before the token is asked, also when it then fails.
    ///
    /// # Errors
    /// `sad_invalid`, `sad_hash`; else as [`App::sign_hashes`].
    pub async fn sign_activated(
        &self,
        client: &ClientView,
        sad: &str,
        request: HashRequest,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        {
            let mut open = self.0.sads.open();
            let held = held(&mut open, client, sad, &request.certificate, self.now())?;
            let left = take(&held.hashes, &request.hashes);
            held.hashes = left.ok_or(Failure::new(FailureKind::Forbidden, "sad_hash"))?;
        }
        self.sign_hashes(client, request).await
    }
}

fn held<'s>(
    open: &'s mut HashMap<[u8; 32], Sad>,
    client: &ClientView,
    sad: &str,
    certificate: &[u8; 32],
    now: Timestamp,
) -> Result<&'s mut Sad, Failure> {
    let found = open.get_mut(&name(sad));
    let good = found.filter(|held| held.client == client.id && held.certificate == *certificate && held.until > now);
    good.ok_or_else(invalid)
}

/// What is left of `held` without `wanted`; `None` when not all of these are there.
fn take(held: &[Vec<u8>], wanted: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let mut left = held.to_vec();
    for hash in wanted {
        let at = left.iter().position(|one| one == hash)?;
        left.swap_remove(at);
    }
    Some(left)
}

/// The table holds no activation data itself: who reads the memory of a dump learns no right.
fn name(sad: &str) -> [u8; 32] {
    Sha256::digest(sad).into()
}

fn invalid() -> Failure {
    Failure::new(FailureKind::Forbidden, "sad_invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_taken_once_and_all_or_none() {
        let held = [vec![1], vec![2], vec![2]];
        assert_eq!(take(&held, &[vec![2], vec![2]]), Some(vec![vec![1]]));
        assert_eq!(take(&held, &[vec![1], vec![1]]), None);
        assert_eq!(take(&held, &[vec![3]]), None);
        assert_eq!(take(&held, &[]).unwrap().len(), 3);
    }
}
