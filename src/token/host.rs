//! The host's side: each module in supervised workers, started when they are first asked.
//!
//! Nothing here calls PKCS#11, keeps a PIN, or asks a token twice for the same thing.

mod lane;
mod module;
mod share;

pub(super) use lane::Lane;

use super::Error;
use super::certificate::Entry;
use super::opensc::PerReader;
use super::reader::{self, Reader};
use super::slot::{Listing, ModuleProblem, Slot, SlotState, TokenInfo, TokenRef};
use crate::config::Cards;
use crate::process::Program;
use crate::text::Explain;
use module::Module;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Environment variables that PKCS#11 modules and their libraries read. A worker gets these and no others.
pub const MODULE_ENVIRONMENT: &[&str] = &[
    "HOME",
    "KRYOPTIC_CONF",
    "OPENSC_CONF",
    "P11_KIT_SERVER_ADDRESS",
    "PATH",
    "PCSCLITE_CSOCK_NAME",
    "SOFTHSM2_CONF",
    "TPM2_PKCS11_STORE",
    "TPM2_PKCS11_TCTI",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];
/// A slot's description of this length may be the beginning of a longer name: 64 bytes, and a character that did not fit.
const MIN_CUT_BYTES: usize = 60;
/// Threads of a worker unless its module's configuration says otherwise; each has a session of its own.
pub const DEFAULT_THREADS: usize = 2;

/// A PKCS#11 module to load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleSpec {
    /// Absolute path of the library.
    pub path: PathBuf,
    /// The worker's whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Threads that sign at once, 1 to 64.
    pub threads: usize,
    /// Which cards it serves.
    pub cards: Cards,
    /// How it is told to see one reader alone, where it can be.
    pub per_reader: Option<PerReader>,
}

/// How long calls may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Listing slots and objects, ending a login.
    pub read: Duration,
    /// A login with a PIN from here, or waiting for somebody else's to end.
    pub login: Duration,
    /// A login, or a signature, whose PIN a person types on the reader.
    pub pinpad: Duration,
    /// One signature.
    pub sign: Duration,
    /// Generating a key pair or making a token.
    pub provision: Duration,
}

/// All configured modules. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Vec<Module>>);

impl ModuleSpec {
    /// A module that gets of `environment` what modules read ([`MODULE_ENVIRONMENT`]); callers pass `std::env::vars_os()`.
    pub fn new(path: impl Into<PathBuf>, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let wanted = |name: &OsString| MODULE_ENVIRONMENT.iter().any(|known| name == known);
        Self {
            path: path.into(),
            env: environment.into_iter().filter(|(name, _)| wanted(name)).collect(),
            threads: DEFAULT_THREADS,
            cards: Cards::default(),
            per_reader: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(20),
            login: Duration::from_secs(20),
            pinpad: Duration::from_secs(120),
            sign: Duration::from_secs(30),
            provision: Duration::from_secs(120),
        }
    }
}

impl Tokens {
    /// Takes the modules; starts nothing. `program` runs the workers: [`Program::this`] everywhere but in tests.
    pub fn new(program: &Program, modules: Vec<ModuleSpec>, limits: Limits) -> Self {
        let modules = modules.into_iter().map(|spec| Module::new(program, spec, limits));
        Self(Arc::new(modules.collect()))
    }

    /// Every slot of every module, all modules and readers at once; those that fail yield a problem each. A card is shown by one module: of those that show it the one whose
    /// configuration names it, else the first.
    pub async fn list(&self) -> Listing {
        let seen = Arc::new(self.look().await);
        let mut asked = JoinSet::new();
        for index in 0..self.0.len() {
            let (modules, seen) = (Arc::clone(&self.0), Arc::clone(&seen));
            asked.spawn(async move { (index, slots(&modules, index, &seen).await) });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(index, _)| *index);
        let mut problems = Vec::new();
        let mut shown = Vec::new();
        for (module, answer) in answers {
            shown.push(answer.unwrap_or_else(|error| {
                let path = self.0[module].path.clone();
                problems.push(ModuleProblem { module, path, error });
                Vec::new()
            }));
        }
        let rules: Vec<&Cards> = self.0.iter().map(|module| &module.cards).collect();
        Listing {
            slots: share::shared(shown, &rules, &seen.readers),
            problems,
        }
    }

    /// The token as it stands now: its flags, its PIN's state.
    ///
    /// # Errors
    /// [`Error::Gone`] when it is not in its slot any more, or what the module says.
    pub async fn info(&self, token: &TokenRef) -> Result<TokenInfo, Error> {
        let slots = self.lane(token)?.slots(token.module).await?;
        let found = slots.into_iter().find_map(|slot| match slot.state {
            SlotState::Present(info) if info.token == *token => Some(info),
            _ => None,
        });
        found.ok_or(Error::Gone)
    }

    /// What a token shows without a login: as a rule certificates and public keys, whose private halves are [`super::KeyState::BehindLogin`].
    ///
    /// # Errors
    /// [`Error::Gone`], or what the module says.
    pub async fn objects(&self, token: &TokenRef) -> Result<Vec<Entry>, Error> {
        self.lane(token)?.objects(token.slot, None).await
    }

    /// Ends the logins of the card that was pulled out of `reader`, in every module that is running.
    pub async fn card_left(&self, reader: &str) {
        for lane in self.0.iter().flat_map(Module::lanes) {
            if let Err(error) = lane.card_left(reader).await {
                log::warn!(code = error.code(), reader; "a module was not told that a card is gone");
            }
        }
    }

    /// The place of the module with this path, however it is spelt; without a path that of the only one.
    pub fn module_at(&self, path: Option<&Path>) -> Option<usize> {
        let same = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match path {
            Some(path) => self.0.iter().position(|module| same(&module.path) == same(path)),
            None => (self.0.len() == 1).then_some(0),
        }
    }

    /// Process id of a module's worker, while there is one.
    pub fn worker_pid(&self, module: usize) -> Option<u32> {
        self.0.get(module)?.lanes().iter().find_map(|lane| lane.pid())
    }

    /// Ends all workers; each logs out and gets a second for it.
    pub async fn stop(&self) {
        for lane in self.0.iter().flat_map(Module::lanes) {
            lane.stop().await;
        }
    }

    /// The worker that has the token.
    pub(super) fn lane(&self, token: &TokenRef) -> Result<Arc<Lane>, Error> {
        let module = self.0.get(token.module).ok_or(Error::Gone)?;
        module.lane(token.slot).ok_or(Error::Gone)
    }

    /// The worker of a module that makes tokens.
    pub(super) fn maker(&self, module: usize) -> Result<&Arc<Lane>, Error> {
        self.0.get(module).map(Module::plain).ok_or(Error::Gone)
    }

    /// The readers, where a module cares for them; each with a card in it then has its worker.
    async fn look(&self) -> Seen {
        let cares = |module: &Module| module.is_per_reader() || !module.cards.atrs.is_empty();
        if !self.0.iter().any(cares) {
            return Seen::default();
        }
        let modules = Arc::clone(&self.0);
        let looked = tokio::task::spawn_blocking(move || {
            let readers = reader::glance();
            for module in modules.iter() {
                if let Err(error) = module.prepare(&readers) {
                    log::warn!(code = error.code(), error:%; "a reader has no worker");
                }
            }
            let taken = readers.iter().any(|reader| reader.taken && reader.card.is_some());
            let held = taken.then(reader::held).flatten();
            Seen { readers, held }
        });
        looked.await.unwrap_or_default()
    }
}

/// The readers as they are.
#[derive(Default)]
struct Seen {
    readers: Vec<Reader>,
    /// Who holds those that are taken.
    held: Option<Error>,
}

/// What one module shows, without the cards that another one is there for and those that another program holds.
async fn slots(modules: &[Module], index: usize, seen: &Seen) -> Result<Vec<Slot>, Error> {
    let claimed = |reader: &Reader| {
        let atr = reader.card.as_ref().map(|card| card.atr.as_slice());
        let names = |module: &Module| atr.is_some_and(|atr| module.cards.names(atr));
        !names(&modules[index]) && modules.iter().any(names)
    };
    let closed = |reader: &Reader| match (&reader.card, &seen.held) {
        (None, _) => Some(SlotState::Empty),
        (Some(_), _) if claimed(reader) => Some(SlotState::Empty),
        (Some(_), Some(held)) if reader.taken => Some(SlotState::Unreadable(held.clone())),
        (Some(_), _) => None,
    };
    modules[index].slots(index, &seen.readers, closed).await
}

/// `true` when a slot's description means the reader: it has room for 64 bytes of the name.
pub fn names_reader(description: &str, reader: &str) -> bool {
    let cut = description.len() >= MIN_CUT_BYTES && reader.starts_with(description);
    !description.is_empty() && (description == reader.trim_end() || cut)
}
