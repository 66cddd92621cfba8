//! The signings that this process knows: who gets a place, who may know of whose, what is forgotten when its time is over.
//!
//! Nothing is signed here, and nobody is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Entry, locked};
use crate::access::{Origin, Principal};
use crate::app::desk::SigningState;
use crate::app::failure::{Failure, FailureKind};
use crate::config::Limits;

/// Finished signings that are kept of one caller.
const MAX_FINISHED_PER_CALLER: usize = 16;

/// The signings of this process.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Places>);

#[derive(Default)]
struct Places {
    entries: HashMap<String, Arc<Entry>>,
    /// Requests that were let in and are not entries yet.
    coming: usize,
}

/// A place at the desk, given back when the request fails on its way.
pub(super) struct Seat<'a> {
    desk: &'a Desk,
    taken: bool,
}

impl Desk {
    /// The signing, if `who` may know of it.
    pub(crate) fn find(&self, who: &Principal, id: &str) -> Result<Arc<Entry>, Failure> {
        let found = locked(&self.0)
            .entries
            .get(id)
            .cloned()
            .filter(|entry| *who == Principal::OwnPage || entry.who == *who);
        found.ok_or(Failure::new(FailureKind::NotFound, "signing_not_found"))
    }

    /// `true` when `who` may know of the signing.
    pub(crate) fn knows(&self, who: &Principal, id: &str) -> bool {
        self.find(who, id).is_ok()
    }

    /// Requests of `origin` that came by a form and wait for the person.
    pub(crate) fn waiting_forms(&self, origin: &Origin) -> usize {
        let of = |entry: &&Arc<Entry>| {
            let asked = entry.form.is_some() && entry.state() == SigningState::AwaitingConfirmation;
            asked && matches!(&entry.who, Principal::Site { origin: site } if site == origin)
        };
        locked(&self.0).entries.values().filter(of).count()
    }

    /// Takes back every signing that waits for a person or a token.
    pub(crate) fn cancel_waiting(&self) {
        for entry in locked(&self.0).entries.values() {
            if entry.state() != SigningState::Signing {
                entry.cancel.cancel();
            }
        }
    }

    /// Forgets results, with their files, whose time is over; gives the signings that nobody confirmed in time.
    pub(super) fn sweep(&self, limits: &Limits) -> Vec<Arc<Entry>> {
        let (consent, result) = (limits.consent_deadline_ms, limits.result_life_ms);
        let over = |entry: &Entry, life_ms| locked(&entry.moved).elapsed() > Duration::from_millis(life_ms);
        let mut places = locked(&self.0);
        let forgotten = places
            .entries
            .extract_if(|_, entry| entry.state().is_final() && over(entry, result));
        let forgotten: Vec<_> = forgotten.collect();
        let waits = |entry: &&Arc<Entry>| entry.state() == SigningState::AwaitingConfirmation && over(entry, consent);
        let late = places.entries.values().filter(waits).cloned().collect();
        // Their files are removed while nobody waits for the lock.
        drop(places);
        drop(forgotten);
        late
    }

    /// Lets one more request in: counted and admitted under one lock, so that two at once do not both take the last place.
    pub(super) fn admit(&self, who: &Principal, limits: &Limits) -> Result<Seat<'_>, Failure> {
        let mut places = locked(&self.0);
        let open = places.entries.values().filter(|entry| !entry.state().is_final());
        if (open.count() + places.coming) as u64 >= limits.max_open_signings {
            return Err(Failure::new(FailureKind::TooMany, "signings_too_many"));
        }
        // Results that were not fetched make room before their time; the oldest goes first.
        let mut finished: Vec<_> = places
            .entries
            .values()
            .filter(|entry| entry.who == *who && entry.state().is_final())
            .cloned()
            .collect();
        finished.sort_by_key(|entry| *locked(&entry.moved));
        finished.truncate(finished.len().saturating_sub(MAX_FINISHED_PER_CALLER - 1));
        for entry in &finished {
            places.entries.remove(&entry.id);
        }
        places.coming += 1;
        // Their files are removed while nobody waits for the lock.
        drop(places);
        drop(finished);
        Ok(Seat {
            desk: self,
            taken: false,
        })
    }
}

impl Seat<'_> {
    pub(super) fn take(mut self, entry: Arc<Entry>) {
        let mut places = locked(&self.desk.0);
        places.coming -= 1;
        places.entries.insert(entry.id.clone(), entry);
        self.taken = true;
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if !self.taken {
            locked(&self.desk.0).coming -= 1;
        }
    }
}
