//! The host's side: one supervised worker a module, started when it is first asked.
//!
//! Nothing here calls PKCS#11, keeps a PIN, or asks a token twice for the same thing.

use super::Error;
use super::certificate::Entry;
use super::key::pair;
use super::reader;
use super::slot::{Listing, ModuleProblem, SlotState, TokenInfo, TokenRef};
use super::wire::{self, MAX_BODY_BYTES, Reply, Request};
use crate::process::{Program, Spec, Worker};
use crate::text::Explain;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// How long pcscd may take to see that a card is out: more than twice its 400 ms.
const PULL_PATIENCE: Duration = Duration::from_millis(1000);
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

pub(super) struct Module {
    path: PathBuf,
    worker: Worker,
    pub(super) limits: Limits,
    /// One login a slot: PKCS#11 knows only one per process and token.
    turns: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>,
    usage: Mutex<Usage>,
}

/// Who uses a module's worker, and whether it must go once nobody does.
#[derive(Default)]
struct Usage {
    /// Logins that begin or are open.
    logins: usize,
    /// A card was opened: what the module and the card keep of that ends with the process.
    spent: bool,
    /// Readers of removable slots, as last listed.
    readers: HashMap<u64, String>,
}

impl ModuleSpec {
    /// A module that gets of `environment` what modules read ([`MODULE_ENVIRONMENT`]); callers pass `std::env::vars_os()`.
    pub fn new(path: impl Into<PathBuf>, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let wanted = |name: &OsString| MODULE_ENVIRONMENT.iter().any(|known| name == known);
        Self {
            path: path.into(),
            env: environment.into_iter().filter(|(name, _)| wanted(name)).collect(),
            threads: DEFAULT_THREADS,
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

    /// Every slot of every module, all modules at once; those that fail yield a problem each.
    pub async fn list(&self) -> Listing {
        let mut asked = JoinSet::new();
        for index in 0..self.0.len() {
            let modules = Arc::clone(&self.0);
            asked.spawn(async move { (index, modules[index].slots(index).await) });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(index, _)| *index);
        let mut listing = Listing::default();
        for (module, answer) in answers {
            match answer {
                Ok(slots) => listing.slots.extend(slots),
                Err(error) => listing.problems.push(ModuleProblem {
                    module,
                    path: self.0[module].path.clone(),
                    error,
                }),
            }
        }
        listing
    }

    /// The token as it stands now: its flags, its PIN's state.
    ///
    /// # Errors
    /// [`Error::Gone`] when it is not in its slot any more, or what the module says.
    pub async fn info(&self, token: &TokenRef) -> Result<TokenInfo, Error> {
        let slots = self.module(token.module)?.slots(token.module).await?;
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
        self.module(token.module)?.objects(token.slot, None).await
    }

    /// Ends the logins of the card that was pulled out of `reader`, in every module that is running.
    pub async fn card_left(&self, reader: &str) {
        for module in self.0.iter() {
            let slots = module.slots_of(reader);
            if slots.is_empty() || module.worker.pid().is_none() {
                continue;
            }
            let request = Request::CardLeft { slots };
            if let Err(error) = module.call(&request, None, module.limits.read).await {
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
        self.0.get(module)?.worker.pid()
    }

    /// Ends all workers; each logs out and gets a second for it.
    pub async fn stop(&self) {
        for module in self.0.iter() {
            module.worker.stop().await;
        }
    }

    pub(super) fn module(&self, index: usize) -> Result<&Module, Error> {
        self.0.get(index).ok_or(Error::Gone)
    }

    pub(super) fn modules(&self) -> &Arc<Vec<Module>> {
        &self.0
    }
}

impl Module {
    fn new(program: &Program, spec: ModuleSpec, limits: Limits) -> Self {
        let worker = Worker::new(Spec {
            program: program.clone(),
            args: vec![
                super::worker::SUBCOMMAND.into(),
                spec.path.clone().into_os_string(),
                spec.threads.clamp(1, super::worker::MAX_THREADS).to_string().into(),
            ],
            env: spec.env,
            max_body_bytes: MAX_BODY_BYTES,
        });
        Self {
            path: spec.path,
            worker,
            limits,
            turns: Mutex::default(),
            usage: Mutex::default(),
        }
    }

    pub(super) async fn call(
        &self,
        request: &Request,
        secret: Option<&[u8]>,
        deadline: Duration,
    ) -> Result<Reply, Error> {
        let body = wire::encode(request)?;
        let reply = match secret {
            Some(secret) => self.worker.call_with_secret(&body, secret, deadline).await,
            None => self.worker.call(&body, deadline).await,
        }?;
        match wire::decode(&reply)? {
            Reply::Failed(error) => Err(error),
            reply => Ok(reply),
        }
    }

    pub(super) async fn objects(&self, slot: u64, login: Option<u64>) -> Result<Vec<Entry>, Error> {
        let request = Request::Objects { slot, login };
        match self.call(&request, None, self.limits.read).await? {
            Reply::Objects(objects) => Ok(pair(objects)),
            _ => Err(Error::Garbled),
        }
    }

    /// The right to log in to a slot; whoever holds it is the only one.
    pub(super) fn turn(&self, slot: u64) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(slot).or_default())
    }

    /// Counts a login that begins.
    pub(super) fn enter(&self) {
        self.usage().logins += 1;
    }

    /// Counts a login that is over, or never was. After the last login to a card the worker goes, and with it what the module kept of the PIN and pcscd's connection, which resets the card.
    pub(super) async fn leave(&self, slot: u64) {
        let going = {
            let mut usage = self.usage();
            usage.logins -= 1;
            usage.spent |= usage.readers.contains_key(&slot);
            // Under the lock: a login that begins from now on is for the successor.
            (usage.logins == 0 && std::mem::take(&mut usage.spent)).then(|| self.worker.renew())
        };
        if let Some(going) = going {
            going.await;
        }
    }

    /// What a failed call to a card means. Modules name a card that is being pulled in many ways, and before pcscd does; so its reader is asked.
    pub(super) async fn explained(&self, slot: u64, error: Error) -> Error {
        let told_apart = matches!(error, Error::Refused { .. } | Error::LoginLost | Error::Gone);
        let reader = self.usage().readers.get(&slot).cloned();
        let (true, Some(reader)) = (told_apart, reader) else {
            return error;
        };
        let left = tokio::task::spawn_blocking(move || reader::leaves(&reader, PULL_PATIENCE));
        if left.await.unwrap_or(false) {
            Error::Removed
        } else {
            error
        }
    }

    fn slots_of(&self, reader: &str) -> Vec<u64> {
        let usage = self.usage();
        let slots = usage.readers.iter().filter(|(_, told)| names_reader(told, reader));
        slots.map(|(slot, _)| *slot).collect()
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn slots(&self, module: usize) -> Result<Vec<super::Slot>, Error> {
        let Reply::Slots(mut slots) = self.call(&Request::Slots, None, self.limits.read).await? else {
            return Err(Error::Garbled);
        };
        for slot in &mut slots {
            // The worker knows one module only and cannot say which.
            if let SlotState::Present(info) = &mut slot.state {
                info.token.module = module;
            }
        }
        let removable = slots.iter().filter(|slot| slot.removable);
        self.usage().readers = removable.map(|slot| (slot.id, slot.reader.clone())).collect();
        Ok(slots)
    }
}

/// `true` when a slot's description means the reader: it has room for 64 bytes of the name.
pub fn names_reader(description: &str, reader: &str) -> bool {
    let cut = description.len() >= MIN_CUT_BYTES && reader.starts_with(description);
    !description.is_empty() && (description == reader.trim_end() || cut)
}
