//! Logins: begun once with one PIN, never renewed, and where a PIN is kept if a key wants it again.
//!
//! A PIN is kept only while a login is open and only for a token that holds a key with CKA_ALWAYS_AUTHENTICATE; it is wiped when the login ends.

use super::Ending;
use super::fault::fault;
use super::module::{Module, pin_state, token_ref};
use super::provision::split;
use crate::token::{Error, PinState, TokenRef};
use cryptoki::error::{Error as Cryptoki, RvError};
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::TokenInfo as Told;
use cryptoki::types::RawAuthPin;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Numbers of logins that ended before they began, kept at once.
const MAX_UNWANTED: usize = 1024;

/// Every open login.
pub(super) struct Logins {
    state: Mutex<State>,
    ending: Ending,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Open>,
    /// Ended before they had begun: their callers went away during the login.
    unwanted: HashSet<u64>,
    /// Open when their card was pulled out, until somebody logs them out.
    removed: HashSet<u64>,
    /// Of logins that end with the process: closed, the last one would log out.
    kept: Vec<Session>,
    /// One a slot: a login and a logout of the same token, which the module sees as one login state, never cross.
    turns: HashMap<u64, Arc<Mutex<()>>>,
}

struct Open {
    login: Login,
    /// Keeps the login alive when no thread has a session yet.
    session: Session,
}

/// What a thread needs of a login.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) id: u64,
    pub(super) slot: u64,
    again: Again,
}

/// How a context login goes.
#[derive(Clone)]
enum Again {
    /// No key of the token asks for one.
    Never,
    Pin(Arc<RawAuthPin>),
    ProtectedPath,
}

impl Logins {
    pub(super) fn new(ending: Ending) -> Self {
        let state = Mutex::default();
        Self { state, ending }
    }

    /// Logs in to `token`, with one try. Without `pin` it is typed on the reader.
    pub(super) fn begin(
        &self,
        module: &Module,
        id: u64,
        token: &TokenRef,
        pin: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<(), Error> {
        let turn = self.turn(token.slot);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lock().unwanted.remove(&id) {
            return Err(Error::LoginLost);
        }
        let (loaded, slot, told) = module.token(token.slot)?;
        same(&token_ref(slot, &told), token)?;
        may_try(&told, pin.as_ref().map(|pin| pin.len()))?;
        let session = loaded.pkcs11.open_ro_session(slot).map_err(fault)?;
        // Moves the vector; nothing is copied.
        let pin = pin.map(|mut pin| RawAuthPin::new(Box::new(std::mem::take(&mut *pin))));
        if let Err(error) = log_in(&session, UserType::User, pin.as_ref()) {
            return Err(self.refused(module, token.slot, error));
        }
        let again = match (asks_again(&session), pin) {
            (false, _) => Again::Never,
            (true, Some(pin)) => Again::Pin(Arc::new(pin)),
            (true, None) => Again::ProtectedPath,
        };
        let login = Login {
            id,
            slot: token.slot,
            again,
        };
        self.lock().open.insert(id, Open { login, session });
        Ok(())
    }

    /// Changes the user's PIN, with one try at the old one. `secret`: one byte of length, the old PIN, the new PIN.
    pub(super) fn change_pin(&self, module: &Module, token: &TokenRef, secret: &[u8]) -> Result<(), Error> {
        let turn = self.turn(token.slot);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, new) = split(secret).ok_or(Error::Garbled)?;
        let (loaded, slot, told) = module.token(token.slot)?;
        same(&token_ref(slot, &told), token)?;
        let old_bytes = usize::from(secret[0]);
        match may_try(&told, Some(old_bytes)) {
            // That is what the change is for.
            Err(Error::PinToBeChanged) => {}
            other => other?,
        }
        fits(&told, secret.len() - 1 - old_bytes)?;
        let session = loaded.pkcs11.open_rw_session(slot).map_err(fault)?;
        session.set_pin(&old, &new).map_err(|error| match error {
            Cryptoki::Pkcs11(RvError::FunctionNotSupported, _) => Error::PinUnchangeable,
            error => self.refused(module, token.slot, error),
        })
    }

    pub(super) fn get(&self, id: u64) -> Result<Login, Error> {
        let state = self.lock();
        match state.open.get(&id) {
            Some(open) => Ok(open.login.clone()),
            None if state.removed.contains(&id) => Err(Error::Removed),
            None => Err(Error::LoginLost),
        }
    }

    /// Ends the logins of slots whose cards were pulled out: what is in those slots now is another insertion, even where the module does not notice.
    pub(super) fn card_left(&self, slots: &[u64]) {
        let gone: Vec<Open> = {
            let mut state = self.lock();
            let ids: Vec<u64> = state
                .open
                .values()
                .map(|open| &open.login)
                .filter(|login| slots.contains(&login.slot))
                .map(|login| login.id)
                .collect();
            state.removed.extend(&ids);
            ids.iter().filter_map(|id| state.open.remove(id)).collect()
        };
        for open in gone {
            // A card that is gone is logged out already; one that came in its place must be.
            let _ = open.session.logout();
        }
    }

    /// Logs out, after a login that is under way. One that does not exist yet will not begin.
    pub(super) fn end(&self, module: &Module, id: u64, slot: u64) {
        let turn = self.turn(slot);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, removed) = {
            let mut state = self.lock();
            (state.open.remove(&id), state.removed.remove(&id))
        };
        match open {
            Some(open) if self.ending == Ending::Cut && module.token(slot).is_ok() => {
                self.lock().kept.push(open.session)
            }
            // A token that was pulled meanwhile is logged out already.
            Some(open) => drop(open.session.logout()),
            None if removed => {}
            None => self.lock().note_unwanted(id),
        }
    }

    /// `true` when a card that is still there must be held until the process is gone.
    pub(super) fn must_hold(&self) -> bool {
        let state = self.lock();
        self.ending == Ending::Cut && !(state.kept.is_empty() && state.open.is_empty())
    }

    pub(super) fn end_all(&self) {
        for (_, open) in self.lock().open.drain() {
            let _ = open.session.logout();
        }
    }

    /// The login that a key with CKA_ALWAYS_AUTHENTICATE wants between C_SignInit and C_Sign. A refusal ends the whole login: many tokens drop it, and no PIN is tried twice.
    pub(super) fn again(&self, module: &Module, login: &Login, session: &Session) -> Result<(), Error> {
        let pin = match &login.again {
            Again::Pin(pin) => Some(pin.as_ref()),
            Again::ProtectedPath | Again::Never => None,
        };
        log_in_raw(session, UserType::ContextSpecific, pin).map_err(|error| {
            let error = self.refused(module, login.slot, error);
            self.end(module, login.id, login.slot);
            error
        })
    }

    /// Why a login failed; after a wrong PIN with its flags as they are now (the try that locks a card still says "incorrect").
    fn refused(&self, module: &Module, slot: u64, error: Cryptoki) -> Error {
        let told = || module.token(slot).map(|(_, _, told)| told);
        match error {
            Cryptoki::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _) => Error::PinWrong {
                state: told().map_or(PinState::Ok, |told| pin_state(&told)),
            },
            Cryptoki::Pkcs11(RvError::PinLenRange, _) => told().map_or_else(|error| error, |told| length(&told)),
            error => fault(error),
        }
    }

    fn turn(&self, slot: u64) -> Arc<Mutex<()>> {
        Arc::clone(self.lock().turns.entry(slot).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note_unwanted(&mut self, id: u64) {
        // Most never begin; a number that old has no caller any more.
        if self.unwanted.len() >= MAX_UNWANTED {
            self.unwanted.clear();
        }
        self.unwanted.insert(id);
    }
}

/// Refuses what could only fail, and might cost a try.
fn may_try(told: &Told, pin_bytes: Option<usize>) -> Result<(), Error> {
    match pin_state(told) {
        PinState::Locked => return Err(Error::PinLocked),
        PinState::Uninitialised => return Err(Error::PinUninitialised),
        PinState::ToBeChanged => return Err(Error::PinToBeChanged),
        PinState::Ok | PinState::CountLow | PinState::FinalTry => {}
    }
    pin_bytes.map_or(Ok(()), |bytes| fits(told, bytes))
}

/// Holds a PIN's length against what the token takes. A module that knows no limits says 0 for both.
fn fits(told: &Told, bytes: usize) -> Result<(), Error> {
    let range = told.min_pin_length()..=told.max_pin_length();
    match told.max_pin_length() > 0 && !range.contains(&bytes) {
        true => Err(length(told)),
        false => Ok(()),
    }
}

/// What is in the slot is the token that was meant.
fn same(here: &TokenRef, meant: &TokenRef) -> Result<(), Error> {
    match (&here.label, &here.serial) == (&meant.label, &meant.serial) {
        true => Ok(()),
        false => Err(Error::Gone),
    }
}

fn length(told: &Told) -> Error {
    let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    Error::PinLength {
        min: bytes(told.min_pin_length()),
        max: bytes(told.max_pin_length()),
    }
}

/// One login. If an earlier one was left open, it is closed first: "already logged in" would let any PIN pass.
fn log_in(session: &Session, user: UserType, pin: Option<&RawAuthPin>) -> Result<(), Cryptoki> {
    match log_in_raw(session, user, pin) {
        Err(Cryptoki::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
            session.logout()?;
            log_in_raw(session, user, pin)
        }
        other => other,
    }
}

fn log_in_raw(session: &Session, user: UserType, pin: Option<&RawAuthPin>) -> Result<(), Cryptoki> {
    match pin {
        Some(pin) => session.login_with_raw(user, pin),
        None => session.login(user, None),
    }
}

/// `true` when a private key on the token wants a login for each signature. Modules without the attribute have no such keys.
fn asks_again(session: &Session) -> bool {
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::AlwaysAuthenticate(true),
    ];
    session.find_objects(&template).is_ok_and(|found| !found.is_empty())
}
