//! One worker process, what it serves, and who uses it: a module's only one, or for cards one a reader in use, so that a card that hangs keeps nobody else's waiting.
//!
//! Slot ids are told apart by lane: outside, the upper half of an id is the lane's number; only the worker knows the module's own. Nothing here asks a token twice for the same thing.

use crate::process::{Spec, Worker};
use crate::token::certificate::Entry;
use crate::token::key::pair;
use crate::token::slot::{Slot, SlotState, TokenRef};
use crate::token::wire::{self, Reply, Request};
use crate::token::{Error, Limits, names_reader, reader};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long pcscd may take to see that a card is out: more than twice its 400 ms.
const PULL_PATIENCE: Duration = Duration::from_millis(1000);
/// How long a card that did not answer in time is left alone, unless it is put in again.
const SICK_REST: Duration = Duration::from_secs(30);
/// Where the lane's number stands in a slot's id.
const NUMBER_SHIFT: u32 = 32;

/// A worker and its users.
pub(in crate::token) struct Lane {
    /// 0 for a lane that serves all that its module shows.
    number: u32,
    worker: Worker,
    pub(in crate::token) limits: Limits,
    /// One login a slot: PKCS#11 knows only one per process and token.
    turns: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>,
    usage: Mutex<Usage>,
}

/// Who uses a worker, and whether it must go once nobody does.
#[derive(Default)]
struct Usage {
    /// Logins that begin or are open.
    logins: usize,
    /// A card was opened: what the module and the card keep of that ends with the process.
    spent: bool,
    /// Its slots, as last listed.
    slots: Vec<Slot>,
    /// What their tokens showed since, without a login.
    objects: HashMap<u64, Vec<Entry>>,
    /// When its card did not answer in time, and which insertion that was.
    sick: Option<(Instant, u32)>,
}

impl Lane {
    pub(super) fn new(number: u32, spec: Spec, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            number,
            worker: Worker::new(spec),
            limits,
            turns: Mutex::default(),
            usage: Mutex::default(),
        })
    }

    /// The number of the lane that a slot belongs to.
    pub(super) fn number_of(slot: u64) -> u32 {
        u32::try_from(slot >> NUMBER_SHIFT).unwrap_or(0)
    }

    /// The module's own id of a slot of this lane.
    pub(in crate::token) fn own(&self, slot: u64) -> u64 {
        match self.number {
            0 => slot,
            _ => slot & u64::from(u32::MAX),
        }
    }

    /// The token as the worker knows it.
    pub(in crate::token) fn own_token(&self, token: &TokenRef) -> TokenRef {
        TokenRef {
            slot: self.own(token.slot),
            ..token.clone()
        }
    }

    pub(in crate::token) async fn call(
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

    /// What a token holds; without a login, of a card at work, what it showed before.
    pub(in crate::token) async fn objects(&self, slot: u64, login: Option<u64>) -> Result<Vec<Entry>, Error> {
        let known = || self.at_work().and_then(|usage| usage.objects.get(&slot).cloned());
        if let (None, Some(known)) = (login, known()) {
            return Ok(known);
        }
        let request = Request::Objects {
            slot: self.own(slot),
            login,
        };
        let Reply::Objects(objects) = self.call(&request, None, self.limits.read).await? else {
            return Err(Error::Garbled);
        };
        let entries = pair(objects);
        if login.is_none() && self.number != 0 {
            self.usage().objects.insert(slot, entries.clone());
        }
        Ok(entries)
    }

    /// All slots of the worker, as they are now; a card's under a login as they were before it, so that nobody waits for a card at work.
    pub(super) async fn slots(&self, module: usize) -> Result<Vec<Slot>, Error> {
        if let Some(usage) = self.at_work() {
            return Ok(usage.slots.clone());
        }
        let Reply::Slots(mut slots) = self.call(&Request::Slots, None, self.limits.read).await? else {
            return Err(Error::Garbled);
        };
        if self.number != 0 {
            slots.retain(|slot| slot.id <= u64::from(u32::MAX));
        }
        let upper = u64::from(self.number) << NUMBER_SHIFT;
        for slot in &mut slots {
            slot.id |= upper;
            // The worker knows one module only and cannot say which.
            if let SlotState::Present(info) = &mut slot.state {
                info.token.module = module;
                info.token.slot |= upper;
            }
        }
        let mut usage = self.usage();
        usage.slots.clone_from(&slots);
        usage.objects.clear();
        Ok(slots)
    }

    /// The slots of the card of this insertion; one that has not answered is left alone for a while.
    pub(super) async fn slots_of_card(&self, module: usize, insertion: u32) -> Result<Vec<Slot>, Error> {
        let rests = |(since, of): (Instant, u32)| of == insertion && since.elapsed() < SICK_REST;
        if self.usage().sick.is_some_and(rests) {
            return Err(Error::Timeout);
        }
        let answer = self.slots(module).await;
        self.usage().sick = matches!(answer, Err(Error::Timeout)).then(|| (Instant::now(), insertion));
        answer
    }

    /// The right to log in to a slot; whoever holds it is the only one.
    pub(in crate::token) fn turn(&self, slot: u64) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(slot).or_default())
    }

    /// Counts a login that begins.
    pub(in crate::token) fn enter(&self) {
        self.usage().logins += 1;
    }

    /// Counts a login that is over, or never was. After the last login to a card the worker goes, and with it what the module kept of the PIN and pcscd's connection, which resets the card.
    pub(in crate::token) async fn leave(&self, slot: u64) {
        let going = {
            let mut usage = self.usage();
            usage.logins -= 1;
            usage.spent |= self.number != 0 || usage.reader_of(slot).is_some();
            // Under the lock: a login that begins from now on is for the successor.
            (usage.logins == 0 && std::mem::take(&mut usage.spent)).then(|| self.worker.renew())
        };
        if let Some(going) = going {
            going.await;
        }
    }

    /// Ends the worker's process unless a login is open; the next call starts another. `true` when none was.
    pub(super) fn rest(&self) -> bool {
        let usage = self.usage();
        let idle = usage.logins == 0;
        if idle {
            drop(self.worker.renew());
        }
        idle
    }

    /// Tells the worker that the card in `reader` was pulled out.
    pub(super) async fn card_left(&self, reader: &str) -> Result<(), Error> {
        let slots: Vec<u64> = {
            let usage = self.usage();
            let of_reader = usage.slots.iter().filter(|slot| slot.removable);
            let of_reader = of_reader.filter(|slot| names_reader(&slot.reader, reader));
            of_reader.map(|slot| self.own(slot.id)).collect()
        };
        if slots.is_empty() || self.worker.pid().is_none() {
            return Ok(());
        }
        let request = Request::CardLeft { slots };
        self.call(&request, None, self.limits.read).await.map(drop)
    }

    /// What a failed call to a card means. Modules name a card that is being pulled in many ways, and before pcscd does; so its reader is asked.
    pub(in crate::token) async fn explained(&self, slot: u64, error: Error) -> Error {
        let told_apart = matches!(error, Error::Refused { .. } | Error::LoginLost | Error::Gone);
        let reader = self.usage().reader_of(slot);
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

    pub(super) fn pid(&self) -> Option<u32> {
        self.worker.pid()
    }

    pub(super) async fn stop(&self) {
        self.worker.stop().await;
    }

    /// What is known of a card that is logged in to: nobody asks it anything else meanwhile.
    fn at_work(&self) -> Option<MutexGuard<'_, Usage>> {
        let usage = self.usage();
        (self.number != 0 && usage.logins > 0 && !usage.slots.is_empty()).then_some(usage)
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Usage {
    /// The reader of a card's slot.
    fn reader_of(&self, slot: u64) -> Option<String> {
        let found = self.slots.iter().find(|known| known.id == slot && known.removable);
        found.map(|known| known.reader.clone())
    }
}
