//! The thread that waits for PC/SC to tell of changes: SCardGetStatusChange over every reader and the list of readers itself.
//!
//! pcscd may not be there, may die and may come back: the context is dropped and made anew, with a growing pause. Nothing here polls while pcscd tells.

use super::kind::CardKind;
use super::sight::{Happening, Reader, between, same_card};
use super::{Shared, Sight};
use std::ffi::CStr;
use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use tokio::sync::mpsc;

/// Pauses between two tries to reach pcscd: doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(4);
/// Longest single wait: a reader that came between the list and the wait is found by the next list.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Readers that are watched; pcscd has 16.
pub(super) const MAX_READERS: usize = 64;

/// Watches until the watch is over or nobody listens.
pub(super) fn run(shared: &Shared, happenings: &mpsc::Sender<Happening>) {
    let mut watch = Watch {
        shared,
        happenings,
        last: Sight::default(),
    };
    let mut pause = FIRST_PAUSE;
    loop {
        if let Ok(context) = Context::establish(Scope::User) {
            shared.lock().context = Some(context.clone());
            pause = FIRST_PAUSE;
            let ended = watch.with(&context);
            shared.lock().context = None;
            if let Ended::Service(error) = ended {
                log::info!(code = "pcscd_lost", error:?; "the smart card service does not answer any more");
            }
        }
        if watch.see(Sight::default()).is_err() || shared.rest(pause) {
            return;
        }
        pause = LAST_PAUSE.min(pause * 2);
    }
}

/// Why a watch ended.
enum Ended {
    /// pcscd does not answer any more.
    Service(Error),
    /// Nobody wants to know.
    Unwanted,
}

struct Watch<'a> {
    shared: &'a Shared,
    happenings: &'a mpsc::Sender<Happening>,
    last: Sight,
}

impl Watch<'_> {
    /// Watches over one context.
    fn with(&mut self, context: &Context) -> Ended {
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        loop {
            if self.shared.lock().stop {
                return Ended::Unwanted;
            }
            if let Err(error) = list(context, &mut states) {
                return Ended::Service(error);
            }
            match context.get_status_change(LONGEST_WAIT, &mut states) {
                Ok(()) | Err(Error::Timeout) => {}
                // A reader left between the list and the wait.
                Err(Error::UnknownReader) => continue,
                Err(error) => return Ended::Service(error),
            }
            let sight = self.look(context, &mut states);
            if let Err(ended) = self.see(sight) {
                return ended;
            }
        }
    }

    /// What the states say now; a card that is new is asked what it is.
    fn look(&self, context: &Context, states: &mut [ReaderState]) -> Sight {
        let mut readers = Vec::new();
        for state in states {
            state.sync_current_state();
            let Some(mut reader) = Reader::of(state) else {
                continue;
            };
            self.recognise(context, state.name(), &mut reader);
            readers.push(reader);
        }
        Sight { service: true, readers }
    }

    fn recognise(&self, context: &Context, name: &CStr, reader: &mut Reader) {
        let known = self.last.readers.iter().find(|old| old.name == reader.name);
        let known = known.filter(|old| same_card(old, reader));
        let Some(card) = &mut reader.card else { return };
        card.kind = match known.and_then(|old| old.card.as_ref()) {
            Some(old) => old.kind,
            None => CardKind::of_atr(&card.atr)
                .or_else(|| CardKind::of_applets(context, name))
                .unwrap_or(CardKind::Unknown),
        };
    }

    /// Publishes a sight and tells what differs from the last.
    fn see(&mut self, sight: Sight) -> Result<(), Ended> {
        let before = std::mem::replace(&mut self.last, sight);
        self.shared.lock().sight = self.last.clone();
        let service = (before.service != self.last.service).then_some(Happening::Service { up: self.last.service });
        let happened = service.into_iter().chain(between(&before.readers, &self.last.readers));
        for happening in happened {
            self.tell(happening)?;
        }
        Ok(())
    }

    /// Waits while the listener is busy, but not longer than the watch goes on.
    fn tell(&self, mut happening: Happening) -> Result<(), Ended> {
        loop {
            happening = match self.happenings.try_send(happening) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(back)) => back,
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(Ended::Unwanted),
            };
            if self.shared.rest(FIRST_PAUSE) {
                return Err(Ended::Unwanted);
            }
        }
    }
}

/// Brings the states in line with the readers that there are now.
fn list(context: &Context, states: &mut Vec<ReaderState>) -> Result<(), Error> {
    let names = match context.list_readers_owned() {
        Err(Error::NoReadersAvailable) => Vec::new(),
        names => names?,
    };
    states
        .retain(|state| state.name() == PNP_NOTIFICATION() || names.iter().any(|name| name.as_c_str() == state.name()));
    for name in names.into_iter().take(MAX_READERS) {
        if !states.iter().any(|state| state.name() == name.as_c_str()) {
            states.push(ReaderState::new(name, State::UNAWARE));
        }
    }
    Ok(())
}
