//! Signature activation data (CSC API 2.0, 8.2; SCAL2): a client's right to have exactly these hashes signed with one certificate, each once, until then.
//!
//! Kept in memory alone: a restart takes every such right away, and the client asks anew. What was signed with one is in the audit log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::App;
use super::approvals::{About, Approved, AskedSet};
use super::clients::ClientView;
use super::consent::Consent;
use super::failure::{Failure, FailureKind};
use super::sign_hash::{HashRequest, MAX_HASHES, may_use};
use crate::access::Principal;
use crate::clock::Timestamp;
use crate::text::Explain;

/// How long activation data is good.
pub const SAD_LIFE: Duration = Duration::from_secs(300);

/// Most hashes that may be signed at once, of all clients.
const MAX_OPEN: usize = 200_000;
/// And of one client.
const MAX_OPEN_PER_CLIENT: usize = 20_000;

/// What one is for.
struct Sad {
    client: String,
    certificate: [u8; 32],
    hashes: Counts,
    until: Timestamp,
    /// Where the key wants one.
    approved: Option<Approved>,
}

/// What a client gets that asks for activation data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Activation {
    /// The data.
    Ready(String),
    /// A second person must agree first; the client asks again with this id.
    Waits(String),
}

/// How often each hash may still be signed.
type Counts = HashMap<Vec<u8>, usize>;

/// All that are good, by the SHA-256 of what the client holds.
#[derive(Default)]
pub(crate) struct Sads(Mutex<HashMap<[u8; 32], Sad>>);

impl Sads {
    fn open(&self) -> MutexGuard<'_, HashMap<[u8; 32], Sad>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Gives a client the right to have `hashes` signed with `certificate`, each once; where another person must agree, once they have.
    ///
    /// # Errors
    /// `credential_not_allowed`, `hash_count`, `sad_too_many`, `approval_refused`; `certificate_not_found` and why the certificate cannot sign.
    pub async fn activate(
        &self,
        client: &ClientView,
        certificate: [u8; 32],
        hashes: Vec<Vec<u8>>,
    ) -> Result<Activation, Failure> {
        if !may_use(client, &hex::encode(certificate)) {
            return Err(Failure::new(FailureKind::Forbidden, "credential_not_allowed"));
        }
        if !(1..=MAX_HASHES).contains(&hashes.len()) {
            return Err(Failure::new(FailureKind::Invalid, "hash_count").with("max", MAX_HASHES.to_string()));
        }
        let key = self.key(&certificate).await?;
        if !self.wants_second_person(key.named()) {
            return self.open_sad(client, certificate, hashes, None);
        }
        let who = Principal::Client { id: client.id.clone() };
        let about = |hash: &Vec<u8>| About {
            name: String::new(),
            digest: hex::encode(hash),
        };
        let set = AskedSet {
            who: &who,
            certificate,
            shown: *Consent::of_hashes("", &who, &certificate, &hashes).digest(),
            about: hashes.iter().map(about).collect(),
        };
        match self.second_person(&set).await {
            Ok(approved) => self.open_sad(client, certificate, hashes, Some(approved)),
            Err(failure) => waits(failure),
        }
    }

    /// The same for a client that comes back with the id that it was given.
    ///
    /// # Errors
    /// `approval_not_found`, `approval_refused`, `sad_too_many`.
    pub async fn activate_approved(&self, client: &ClientView, id: &str) -> Result<Activation, Failure> {
        let who = Principal::Client { id: client.id.clone() };
        match self.second_person_by_id(&who, id).await {
            Ok((approved, certificate, about)) => {
                let hash = |one: &About| hex::decode(&one.digest);
                let hashes: Result<_, _> = about.iter().map(hash).collect();
                let hashes = hashes.map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))?;
                self.open_sad(client, certificate, hashes, Some(approved))
            }
            Err(failure) => waits(failure),
        }
    }

    /// Takes hashes out of activation data.
    ///
    /// # Errors
    /// `sad_invalid`, `sad_hash`.
    pub(super) fn spend_sad(
        &self,
        client: &ClientView,
        sad: &str,
        certificate: &[u8; 32],
        hashes: &[Vec<u8>],
    ) -> Result<Option<Approved>, Failure> {
        let mut open = self.0.sads.open();
        let held = held(&mut open, client, sad, certificate, self.now())?;
        let left = take(&held.hashes, hashes);
        held.hashes = left.ok_or(Failure::new(FailureKind::Forbidden, "sad_hash"))?;
        Ok(held.approved.clone())
    }

    fn open_sad(
        &self,
        client: &ClientView,
        certificate: [u8; 32],
        hashes: Vec<Vec<u8>>,
        approved: Option<Approved>,
    ) -> Result<Activation, Failure> {
        let now = self.now();
        let mut open = self.0.sads.open();
        open.retain(|_, sad| sad.until > now);
        let size = |sad: &Sad| sad.hashes.values().sum::<usize>();
        let own: usize = open.values().filter(|sad| sad.client == client.id).map(size).sum();
        let all: usize = open.values().map(size).sum();
        if all + hashes.len() > MAX_OPEN || own + hashes.len() > MAX_OPEN_PER_CLIENT {
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
                hashes: counts(hashes),
                until,
                approved,
            },
        );
        Ok(Activation::Ready(sad))
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
        let approved = self.spend_sad(client, sad, &request.certificate, &request.hashes)?;
        self.sign_hashes(client, request, approved.as_ref()).await
    }
}

/// Told as an answer rather than as an error.
fn waits(failure: Failure) -> Result<Activation, Failure> {
    match failure.value("id") {
        Some(id) if failure.code() == "approval_needed" => Ok(Activation::Waits(id.to_owned())),
        _ => Err(failure),
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

fn counts(hashes: Vec<Vec<u8>>) -> Counts {
    let mut counts = Counts::new();
    for hash in hashes {
        *counts.entry(hash).or_default() += 1;
    }
    counts
}

/// What is left of `held` without `wanted`; `None` when not all of these are there.
fn take(held: &Counts, wanted: &[Vec<u8>]) -> Option<Counts> {
    let mut left = held.clone();
    for hash in wanted {
        let count = left.get_mut(hash)?;
        *count -= 1;
        if *count == 0 {
            left.remove(hash);
        }
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
        let held = counts(vec![vec![1], vec![2], vec![2]]);
        assert_eq!(take(&held, &[vec![2], vec![2]]), Some(counts(vec![vec![1]])));
        assert_eq!(take(&held, &[vec![1], vec![1]]), None);
        assert_eq!(take(&held, &[vec![3]]), None);
        assert_eq!(take(&held, &[]), Some(held.clone()));
    }
}
