//! A configured module and its workers: one for everything, or where the module can be told to see one reader alone, one for each reader that has a card in it.
//!
//! A worker is told its reader by the module's configuration file, written before it starts. Nothing here talks to a card.

use super::lane::Lane;
use super::{Limits, ModuleSpec};
use crate::config::Cards;
use crate::der::DigestAlgorithm;
use crate::process::{Program, Spec};
use crate::token::opensc::{self, PerReader};
use crate::token::reader::Reader;
use crate::token::slot::{Slot, SlotState};
use crate::token::wire::MAX_BODY_BYTES;
use crate::token::{Error, worker};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

/// A module of the configuration.
pub(super) struct Module {
    pub(super) path: PathBuf,
    pub(super) cards: Cards,
    program: Program,
    spec: ModuleSpec,
    limits: Limits,
    /// The worker of everything; where readers have their own, the one that sees none and only shows that the module loads.
    plain: Arc<Lane>,
    readers: Mutex<HashMap<String, Own>>,
}

/// A reader's own worker.
#[derive(Clone)]
struct Own {
    number: u32,
    lane: Arc<Lane>,
    /// The readers that its configuration keeps from it.
    kept_away: BTreeSet<String>,
}

impl Module {
    pub(super) fn new(program: &Program, spec: ModuleSpec, limits: Limits) -> Self {
        let file = spec.per_reader.as_ref().map(|per| per.file(None));
        Self {
            path: spec.path.clone(),
            cards: spec.cards.clone(),
            program: program.clone(),
            limits,
            plain: Lane::new(0, process(program, &spec, file.as_deref()), limits),
            readers: Mutex::default(),
            spec,
        }
    }

    /// `true` when readers have workers of their own.
    pub(super) fn is_per_reader(&self) -> bool {
        self.spec.per_reader.is_some()
    }

    /// Sees to it that each reader with a card has a worker that sees no other reader, and that none stays without. Writes files.
    pub(super) fn prepare(&self, seen: &[Reader]) -> Result<(), Error> {
        let Some(per) = &self.spec.per_reader else {
            return Ok(());
        };
        per.write(None, &BTreeSet::new()).map_err(unwritten)?;
        let mut readers = self.lock();
        readers.retain(|name, own| {
            let used = seen.iter().any(|reader| reader.name == *name && reader.card.is_some());
            used || !own.lane.rest()
        });
        for reader in seen.iter().filter(|reader| reader.card.is_some()) {
            let others: BTreeSet<String> = seen.iter().map(|other| other.name.clone()).collect();
            match readers.get_mut(&reader.name) {
                Some(own) => self.keep_away(per, reader, own, others)?,
                None => {
                    let own = self.open(per, reader, others, &readers)?;
                    readers.insert(reader.name.clone(), own);
                }
            }
        }
        Ok(())
    }

    fn open(
        &self,
        per: &PerReader,
        reader: &Reader,
        others: BTreeSet<String>,
        known: &HashMap<String, Own>,
    ) -> Result<Own, Error> {
        let number = number(&reader.name, |number| known.values().any(|own| own.number == number));
        per.write(Some((number, &reader.name)), &others).map_err(unwritten)?;
        let spec = process(&self.program, &self.spec, Some(&per.file(Some(number))));
        Ok(Own {
            number,
            lane: Lane::new(number, spec, self.limits),
            kept_away: others,
        })
    }

    /// A reader that was plugged in since: the worker is to look away from it too, once it has no login.
    fn keep_away(
        &self,
        per: &PerReader,
        reader: &Reader,
        own: &mut Own,
        others: BTreeSet<String>,
    ) -> Result<(), Error> {
        if others.is_subset(&own.kept_away) {
            return Ok(());
        }
        per.write(Some((own.number, &reader.name)), &others)
            .map_err(unwritten)?;
        if own.lane.rest() {
            own.kept_away = others;
        }
        Ok(())
    }

    /// What the module shows. `seen`: the readers; `closed`: those whose cards are not this module's, or nobody's now.
    pub(super) async fn slots(
        &self,
        index: usize,
        seen: &[Reader],
        closed: impl Fn(&Reader) -> Option<SlotState>,
    ) -> Result<Vec<Slot>, Error> {
        if !self.is_per_reader() {
            return self.plain.slots(index).await;
        }
        let mut asked = JoinSet::new();
        let mut slots = Vec::new();
        for reader in seen {
            let own = self.lock().get(&reader.name).map(|own| Arc::clone(&own.lane));
            match (closed(reader), own) {
                (Some(state), _) => slots.push(row(reader, state)),
                (None, None) => slots.push(row(reader, SlotState::Empty)),
                (None, Some(lane)) => {
                    let reader = reader.clone();
                    asked.spawn(async move { (lane.slots_of_card(index, reader.count).await, reader) });
                }
            }
        }
        if asked.is_empty() {
            // Nobody else would notice that the module cannot be loaded.
            self.plain.slots(index).await?;
            return Ok(slots);
        }
        for (answer, reader) in asked.join_all().await {
            match answer {
                Ok(shown) => slots.extend(shown),
                Err(error @ (Error::ModuleMissing { .. } | Error::ModuleNotPkcs11 { .. })) => return Err(error),
                Err(error) => slots.push(row(&reader, SlotState::Unreadable(error))),
            }
        }
        let place = |slot: &Slot| seen.iter().position(|reader| reader.name.starts_with(&slot.reader));
        slots.sort_by_key(|slot| (place(slot), slot.id));
        Ok(slots)
    }

    /// The worker that has this slot.
    pub(super) fn lane(&self, slot: u64) -> Option<Arc<Lane>> {
        match self.is_per_reader() {
            false => Some(Arc::clone(&self.plain)),
            true => {
                let number = Lane::number_of(slot);
                let readers = self.lock();
                let own = readers.values().find(|own| own.number == number);
                own.map(|own| Arc::clone(&own.lane))
            }
        }
    }

    /// The worker that makes tokens.
    pub(super) fn plain(&self) -> &Arc<Lane> {
        &self.plain
    }

    /// All workers.
    pub(super) fn lanes(&self) -> Vec<Arc<Lane>> {
        let own = self.lock().values().map(|own| Arc::clone(&own.lane)).collect();
        [vec![Arc::clone(&self.plain)], own].concat()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Own>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row(reader: &Reader, state: SlotState) -> Slot {
    Slot {
        id: u64::MAX,
        reader: reader.name.clone(),
        removable: true,
        state,
    }
}

/// The worker process of a module, with this configuration of OpenSC.
fn process(program: &Program, spec: &ModuleSpec, file: Option<&Path>) -> Spec {
    let mut env = spec.env.clone();
    if let Some(file) = file {
        env.retain(|(name, _)| name != opensc::VARIABLE);
        env.push((opensc::VARIABLE.into(), file.into()));
    }
    let ending = match spec.per_reader.as_ref().is_some_and(|per| per.locks) {
        true => worker::Ending::Cut,
        false => worker::Ending::Logout,
    };
    let args: [OsString; 4] = [
        worker::SUBCOMMAND.into(),
        spec.path.clone().into_os_string(),
        spec.threads.clamp(1, worker::MAX_THREADS).to_string().into(),
        ending.word().into(),
    ];
    Spec {
        program: program.clone(),
        args: args.into(),
        env,
        max_body_bytes: MAX_BODY_BYTES,
    }
}

/// A number for a reader: the same in every process, so that ids of tokens stay, and nobody else's.
fn number(name: &str, taken: impl Fn(u32) -> bool) -> u32 {
    let digest = DigestAlgorithm::Sha256.digest(name.as_bytes());
    let wished = digest
        .iter()
        .take(3)
        .fold(0, |number, byte| number << 8 | u32::from(*byte));
    let mut number = wished.max(1);
    while taken(number) {
        number += 1;
    }
    number
}

fn unwritten(error: std::io::Error) -> Error {
    Error::WorkerUnavailable {
        reason: format!("its configuration could not be written: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_keeps_its_number_and_shares_it_with_no_other() {
        let first = number("Reader 00 00", |_| false);
        assert!(first > 0 && first == number("Reader 00 00", |_| false));
        assert_eq!(number("Reader 00 00", |taken| taken == first), first + 1);
        assert_ne!(first, number("Reader 00 01", |_| false));
        assert_eq!(Lane::number_of(u64::from(first) << 32 | 7), first);
    }
}
