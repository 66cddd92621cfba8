//! The module itself: loaded at the first request, kept until the worker ends; its slots and tokens.
//!
//! A module that fails to load is tried again at the next request: it may have been installed meanwhile.

use super::fault::fault;
use crate::token::raw::RawSign;
use crate::token::{Error, PinState, Slot, SlotState, TokenInfo, TokenRef};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error as Cryptoki;
use cryptoki::slot::{Slot as SlotId, TokenInfo as Told};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Slots of one module that are shown.
const MAX_SLOTS: usize = 256;

/// A module, loaded or not.
pub(super) struct Module {
    path: PathBuf,
    loaded: Mutex<Option<Loaded>>,
}

/// A module that is loaded and initialised.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) pkcs11: Pkcs11,
    pub(super) raw: Arc<RawSign>,
}

impl Module {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            loaded: Mutex::default(),
        }
    }

    pub(super) fn get(&self) -> Result<Loaded, Error> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*loaded {
            return Ok(loaded.clone());
        }
        Ok(loaded.insert(load(&self.path)?).clone())
    }

    /// Tells the module that nobody will call it again.
    pub(super) fn finalize(&self) {
        if let Some(loaded) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The process ends now; a complaint changes nothing.
            let _ = loaded.pkcs11.finalize();
        }
    }

    /// All slots, as they are now.
    pub(super) fn slots(&self) -> Result<Vec<Slot>, Error> {
        let Loaded { pkcs11, .. } = self.get()?;
        let slots = pkcs11.get_all_slots().map_err(fault)?;
        Ok(slots
            .into_iter()
            .take(MAX_SLOTS)
            .map(|slot| describe(&pkcs11, slot))
            .collect())
    }

    /// The slot with this id and what its token tells of itself.
    pub(super) fn token(&self, slot: u64) -> Result<(Loaded, SlotId, Told), Error> {
        let loaded = self.get()?;
        let slot = SlotId::try_from(slot).map_err(|_| Error::Gone)?;
        let told = loaded.pkcs11.get_token_info(slot).map_err(fault)?;
        Ok((loaded, slot, told))
    }
}

/// The gravest thing that the user's PIN flags say.
pub(super) fn pin_state(told: &Told) -> PinState {
    if !told.user_pin_initialized() {
        PinState::Uninitialised
    } else if told.user_pin_locked() {
        PinState::Locked
    } else if told.user_pin_final_try() {
        PinState::FinalTry
    } else if told.user_pin_count_low() {
        PinState::CountLow
    } else if told.user_pin_to_be_changed() {
        PinState::ToBeChanged
    } else {
        PinState::Ok
    }
}

/// How the host addresses a token; the host fills in the module.
pub(super) fn token_ref(slot: SlotId, told: &Told) -> TokenRef {
    TokenRef {
        module: 0,
        slot: slot.id(),
        label: told.label().trim_end().to_owned(),
        serial: told.serial_number().trim_end().to_owned(),
    }
}

fn load(path: &Path) -> Result<Loaded, Error> {
    let pkcs11 = Pkcs11::new(path).map_err(|error| not_loaded(path, &error))?;
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    pkcs11.initialize(arguments).map_err(fault)?;
    let raw = Arc::new(RawSign::open(path)?);
    Ok(Loaded { pkcs11, raw })
}

fn not_loaded(path: &Path, error: &Cryptoki) -> Error {
    let told = path.display().to_string();
    if !path.exists() {
        return Error::ModuleMissing { path: told };
    }
    let reason = match error {
        Cryptoki::LibraryLoading(loader) => loader.to_string(),
        Cryptoki::MissingSymbol(symbol) => format!("no {symbol}"),
        other => format!("{other:?}"),
    };
    Error::ModuleNotPkcs11 { path: told, reason }
}

fn describe(pkcs11: &Pkcs11, slot: SlotId) -> Slot {
    let info = match pkcs11.get_slot_info(slot) {
        Ok(info) => info,
        Err(error) => {
            return Slot {
                id: slot.id(),
                reader: String::new(),
                removable: false,
                state: SlotState::Unreadable(fault(error)),
            };
        }
    };
    let reader = info.slot_description().trim_end().to_owned();
    let state = match info.token_present().then(|| pkcs11.get_token_info(slot)) {
        None => SlotState::Empty,
        Some(Ok(told)) => SlotState::Present(TokenInfo {
            reader: reader.clone(),
            removable: info.removable_device(),
            ..token_info(slot, &told)
        }),
        Some(Err(error)) => match fault(error) {
            Error::Gone => SlotState::Empty,
            error => SlotState::Unreadable(error),
        },
    };
    Slot {
        id: slot.id(),
        reader,
        removable: info.removable_device(),
        state,
    }
}

fn token_info(slot: SlotId, told: &Told) -> TokenInfo {
    let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    TokenInfo {
        token: token_ref(slot, told),
        reader: String::new(),
        removable: false,
        manufacturer: told.manufacturer_id().trim_end().to_owned(),
        model: told.model().trim_end().to_owned(),
        initialised: told.token_initialized(),
        login_required: told.login_required(),
        protected_authentication_path: told.protected_authentication_path(),
        pin: pin_state(told),
        pin_bytes: (bytes(told.min_pin_length()), bytes(told.max_pin_length())),
    }
}
