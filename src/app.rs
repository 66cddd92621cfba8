//! Use cases: what hankod does for whoever asks, the same for the API, the page and the command line.
//!
//! Nothing here knows HTTP or arguments. This is the lowest row that reads the clock.

pub mod access_token;
pub mod anchors;
pub mod approvals;
mod authorise;
mod backed;
pub mod batch;
mod care;
pub mod ceremony;
mod choose;
pub mod clients;
pub mod collect;
pub mod compare;
mod consent;
pub mod contracts;
pub mod desk;
pub mod doctor;
mod draft;
pub mod due;
pub mod expiry;
pub mod extend;
pub mod failure;
pub mod files;
mod fill;
pub mod filter;
pub mod folders;
pub mod forms;
mod interrupted;
pub mod jobs;
mod journal;
mod jwt;
mod keyring;
mod later;
pub mod logbook;
mod modules;
mod own_file;
mod pages;
pub mod pairings;
pub mod paper;
pub mod people;
pub mod period;
mod pins;
mod policy;
mod prepare;
mod readers;
pub mod receipts;
mod refused;
mod release;
mod renewal;
mod returns;
mod rooms;
pub mod sad;
pub mod seals;
pub mod sign_document;
pub mod sign_hash;
pub mod sign_in;
mod signing;
mod signings;
pub mod spool;
mod stamp;
mod tokens;
pub mod verify;
pub mod view;
mod witness;
mod zip;

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{Semaphore, broadcast};

use crate::access::Principal;
use crate::audit::{self, AuditError, Kind};
use crate::clock::Timestamp;
use desk::{Event, Health};
use failure::{Failure, FailureKind};
use rooms::Rooms;

pub(crate) use draft::not_stored;
pub use rooms::Opening;

/// Who starts and ends the daemon, in the audit log.
const DAEMON: &str = "daemon";

/// Everything that the skins may ask for. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Rooms>);

impl App {
    /// What the daemon is.
    pub fn health(&self) -> Health {
        Health {
            name: "hankod",
            version: env!("CARGO_PKG_VERSION"),
            api: &["v1"],
            proofs: Vec::new(),
        }
    }

    /// Folder for uploads, on the volume where the signed files will lie.
    pub fn uploads(&self) -> &Path {
        self.0.uploads()
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// `true` when somebody listens to [`App::events`].
    pub fn has_listeners(&self) -> bool {
        self.0.events.receiver_count() > 0
    }

    /// Writes that the daemon began to serve.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn record_start(&self, version: &str) -> Result<(), Failure> {
        let event = audit::Event::new(self.now(), Kind::DaemonStarted, DAEMON, "").with("version", version);
        self.record(event).await
    }

    /// Writes that the daemon ended in order.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn record_stop(&self) -> Result<(), Failure> {
        self.record(audit::Event::new(self.now(), Kind::DaemonStopped, DAEMON, ""))
            .await
    }

    async fn record(&self, event: audit::Event) -> Result<(), Failure> {
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        written.await?;
        audit::announce(self.store(), self.now()).await?;
        Ok(())
    }

    /// `true` when the event concerns this principal.
    pub fn may_see(&self, who: &Principal, event: &Event) -> bool {
        match event {
            Event::Token { .. } | Event::Reader { .. } | Event::Card { .. } => true,
            Event::Signing { id, .. } => self.desk().knows(who, id),
            Event::Pairing { .. } => *who == Principal::OwnPage,
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_system(SystemTime::now())
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.0.events.send(event);
    }

    /// Runs work that reads files or computes for long, off the async threads; a bounded number at once.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        in_a_place(&self.0.workers, work).await
    }

    /// The same for judging other people's files, in places of its own: it may wait for their authorities' servers, and no signature waits for it.
    pub(crate) async fn judging<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        in_a_place(&self.0.judges, work).await
    }
}

async fn in_a_place<T: Send + 'static>(
    places: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let died = || Failure::new(FailureKind::Internal, "internal_error");
    let place = places.clone().acquire_owned().await.map_err(|_| died())?;
    // The place is given back by the work itself: whoever asked may have gone.
    let work = move || {
        let result = work();
        drop(place);
        result
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| died())?
}

/// An opaque id that nobody can guess: 128 random bits in hexadecimal.
///
/// # Panics
/// When the system has no random numbers, as `getrandom` promises it has.
fn new_id() -> String {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "Linux always has random numbers once it has booted")]
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    hex::encode(bytes)
}
