//! PC/SC: readers and cards as they come and go, what kind of card it is, and the power cut that ends what a PIN has opened.
//!
//! One thread watches ([`Readers::watch`]); what it sees goes into a bounded channel and stands in [`Readers::now`]. Nothing here knows PKCS#11, and nothing here sends a PIN to a card.

mod holder;
mod kind;
mod sight;
mod tries;
mod watch;

pub use kind::CardKind;
pub use sight::{Card, Happening, Reader};

use super::names_reader;
use std::ffi::CString;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pcsc::{Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State as CardState};
use tokio::sync::mpsc;

/// Happenings that wait for a daemon that is busy; the thread waits with them.
pub const MAX_WAITING_HAPPENINGS: usize = 64;
/// How long the thread gets to see that it is to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The readers of this machine, watched by a thread of their own. Dropped, it ends the thread.
pub struct Readers {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What PC/SC shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sight {
    /// `false`: pcscd does not answer.
    pub service: bool,
    /// The readers, in pcscd's order.
    pub readers: Vec<Reader>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    /// What a waiting call is cancelled by.
    context: Option<Context>,
    sight: Sight,
}

impl Readers {
    /// Begins to watch. Without pcscd nothing is seen, and it is looked for again and again.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn watch(happenings: mpsc::Sender<Happening>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("readers".to_owned())
            .spawn(move || watch::run(&watched, &happenings))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// What was seen last.
    pub fn now(&self) -> Sight {
        self.shared.lock().sight.clone()
    }
}

/// One look at the readers; none where pcscd does not answer. A card's kind is what its answer to reset alone tells.
pub(super) fn glance() -> Vec<Reader> {
    let Ok(context) = Context::establish(Scope::User) else {
        return Vec::new();
    };
    let names = context.list_readers_owned().unwrap_or_default();
    let names = names.into_iter().take(watch::MAX_READERS);
    let mut states: Vec<ReaderState> = names.map(|name| ReaderState::new(name, CardState::UNAWARE)).collect();
    if states.is_empty() || context.get_status_change(Duration::ZERO, &mut states).is_err() {
        return Vec::new();
    }
    states.iter().filter_map(Reader::of).collect()
}

/// Who holds a reader that is taken; `None` when that is this process itself, which asks a new card what it is.
pub(super) fn held() -> Option<super::Error> {
    match holder::others() {
        holder::Others::None => None,
        holder::Others::Some(programs) => Some(super::Error::Held {
            programs: programs.join(", "),
        }),
    }
}

/// Cuts the power of the card in `reader` (its name, or a slot's description), so that nothing which a PIN has opened stays open, whoever else is connected. Blocks for as long as the card takes.
///
/// # Errors
/// [`PowerError`]
pub fn power_off(reader: &str) -> Result<(), PowerError> {
    match with_card(reader, |card| card.disconnect(Disposition::UnpowerCard)) {
        // Where nothing is, nothing is open.
        Ok(Some(Ok(())) | None) | Ok(Some(Err((_, pcsc::Error::RemovedCard)))) => Ok(()),
        Ok(Some(Err((_, error)))) | Err(error) => Err(PowerError(format!("{error:?}"))),
    }
}

/// How many tries the PIN of the token with this label has left, asked of the card in `reader`; `None` where it does not tell. Only while no login is open. Blocks for as long as the card takes.
pub fn tries_left(reader: &str, label: &str) -> Option<u32> {
    let asked = with_card(reader, |mut card| {
        let transaction = card.transaction().ok()?;
        let told = tries::ask(&transaction, label);
        // Nothing was opened; whoever comes next selects its own applet.
        let _ = transaction.end(Disposition::LeaveCard);
        told
    });
    asked.ok()??
}

/// Does something with the card in `reader`; `None` when there is none.
fn with_card<T>(reader: &str, work: impl FnOnce(pcsc::Card) -> T) -> Result<Option<T>, pcsc::Error> {
    let context = Context::establish(Scope::User)?;
    let named = |name: &CString| names_reader(reader, &name.to_string_lossy());
    let mut names: Vec<CString> = match context.list_readers_owned() {
        Err(pcsc::Error::NoReadersAvailable) => return Ok(None),
        names => names?.into_iter().filter(named).collect(),
    };
    let name = match (names.pop(), names.is_empty()) {
        (None, _) => return Ok(None),
        (Some(name), true) => name,
        // Two of one name: the card could be somebody else's.
        (Some(_), false) => return Err(pcsc::Error::UnknownReader),
    };
    match context.connect(&name, ShareMode::Shared, Protocols::ANY) {
        Ok(card) => Ok(Some(work(card))),
        Err(pcsc::Error::NoSmartcard | pcsc::Error::RemovedCard) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the card leaves `reader` (its name, or a slot's description) within `patience`: pcscd looks at some readers only every 400 ms, and until then shows a card that is out already. Blocks.
///
/// `true` also when the reader or pcscd itself is gone.
pub(super) fn leaves(reader: &str, patience: Duration) -> bool {
    let Ok(context) = Context::establish(Scope::User) else {
        return true;
    };
    let readers = context.list_readers_owned().unwrap_or_default();
    let Some(name) = readers
        .into_iter()
        .find(|name| names_reader(reader, &name.to_string_lossy()))
    else {
        return true;
    };
    let mut states = [ReaderState::new(name, CardState::UNAWARE)];
    if context.get_status_change(Duration::ZERO, &mut states).is_err() {
        return true;
    }
    if !states[0].event_state().contains(CardState::PRESENT) {
        return true;
    }
    let count = states[0].event_count();
    let until = Instant::now() + patience;
    loop {
        states[0].sync_current_state();
        match context.get_status_change(until.saturating_duration_since(Instant::now()), &mut states) {
            Err(pcsc::Error::Timeout) => return false,
            Ok(()) if states[0].event_count() == count => {}
            Ok(()) | Err(_) => return true,
        }
    }
}

/// The power of a card could not be cut.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the card could not be powered off: {0}")]
pub struct PowerError(String);

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        let Some(thread) = self.thread.take() else { return };
        let until = Instant::now() + FAREWELL;
        // A call that has not begun to wait yet is not cancelled, so it is cancelled until the thread has ended.
        while !thread.is_finished() && Instant::now() < until {
            let context = self.shared.lock().context.clone();
            if let Some(context) = context {
                let _ = context.cancel();
            }
            self.shared.ended.notify_all();
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most this long; `true` when the watch is over.
    fn rest(&self, at_most: Duration) -> bool {
        let state = self.lock();
        let waited = self.ended.wait_timeout_while(state, at_most, |state| !state.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }
}
