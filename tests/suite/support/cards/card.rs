//! A card as the reader meets it: powered on, reset, asked. It keeps a record of all that it was asked, and does wrong where a test orders it.
//!
//! The record outlives removal; what a card forgets without power, its chip forgets.

use super::apdu::{Command, Layer, Status, VERIFY, complete};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How long a test waits for a card to be asked something.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it looks meanwhile whether the asker has given up.
const LOOK: Duration = Duration::from_millis(50);

/// What is on a card.
pub(crate) trait Chip: Send {
    /// Answer to reset.
    fn atr(&self) -> Vec<u8>;
    /// One command.
    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, Status>;
    /// Power is gone or the reset line was pulled: logins and selections are forgotten.
    fn reset(&mut self);
    /// A login is open: whoever speaks to the card now may sign.
    fn unlocked(&self) -> bool;
}

/// A card; clones are the same card.
#[derive(Clone)]
pub(crate) struct Card(Arc<Mutex<State>>);

struct State {
    chip: Box<dyn Chip>,
    layer: Layer,
    seen: Vec<Seen>,
    faults: Vec<Fault>,
    held: Option<Gate>,
}

/// An APDU that reached the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    /// Instruction.
    pub(crate) ins: u8,
    /// It carried data.
    pub(crate) data: bool,
    /// It ended a chain, or was none.
    pub(crate) complete: bool,
    /// The status word that answered it; `None` when nothing did.
    pub(crate) status: Option<u16>,
}

/// When a card does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    /// At the n-th APDU from now, 1 the next.
    Apdu(usize),
    /// At the next VERIFY that carries a PIN.
    Verify,
    /// At the next signature.
    Sign,
    /// At every APDU until [`Card::behave`].
    Every,
}

/// What it does then.
#[derive(Clone)]
pub(crate) enum Act {
    /// It is out of the reader before the command is carried out.
    PullBefore,
    /// The command is carried out, and the card is out before it answers.
    PullAfter,
    /// The command waits at the gate, then is carried out.
    Hold(Gate),
    /// These octets, status word included, answer in the chip's place.
    Answer(Vec<u8>),
}

struct Fault {
    at: At,
    act: Act,
}

/// Where a card stands until a test lets it go on. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<Stand>, Condvar)>);

#[derive(Default)]
struct Stand {
    reached: bool,
    /// How it goes on: with the command, or out of the reader.
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Released,
    Pulled,
}

impl Gate {
    /// Waits until the card stands here.
    pub(crate) fn reached(&self) {
        let (state, changed) = &*self.0;
        let (_guard, waited) = changed
            .wait_timeout_while(state.lock().unwrap(), PATIENCE, |stand| !stand.reached)
            .unwrap();
        assert!(!waited.timed_out(), "the card was never asked");
    }

    /// Waits until the card stands here or `given_up` says that it never will.
    pub(crate) fn reached_unless(&self, given_up: impl Fn() -> bool) -> bool {
        let (state, changed) = &*self.0;
        loop {
            let over = given_up();
            let (stand, _) = changed
                .wait_timeout_while(state.lock().unwrap(), LOOK, |stand| !stand.reached)
                .unwrap();
            if stand.reached || over {
                return stand.reached;
            }
        }
    }

    /// Lets it go on, also before it comes.
    pub(crate) fn release(&self) {
        self.end(End::Released);
    }

    fn end(&self, end: End) {
        self.0.0.lock().unwrap().end.get_or_insert(end);
        self.0.1.notify_all();
    }

    fn pass(&self) -> End {
        let (state, changed) = &*self.0;
        let mut stand = state.lock().unwrap();
        stand.reached = true;
        changed.notify_all();
        loop {
            match stand.end {
                Some(end) => return end,
                None => stand = changed.wait(stand).unwrap(),
            }
        }
    }
}

impl Card {
    pub(crate) fn new(chip: impl Chip + 'static) -> Self {
        let state = State {
            chip: Box::new(chip),
            layer: Layer::default(),
            seen: Vec::new(),
            faults: Vec::new(),
            held: None,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Orders a fault. Each but [`At::Every`] happens once.
    pub(crate) fn fault(&self, at: At, act: Act) {
        self.lock().faults.push(Fault { at, act });
    }

    /// Takes back all faults that have not happened.
    pub(crate) fn behave(&self) {
        self.lock().faults.clear();
    }

    /// Everything asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// How many PINs were tried on it, right ones included.
    pub(crate) fn tries(&self) -> usize {
        let state = self.lock();
        state.seen.iter().filter(|seen| seen.ins == VERIFY && seen.data).count()
    }

    /// How many signatures it has made.
    pub(crate) fn signatures(&self) -> usize {
        let state = self.lock();
        let signed = |seen: &&Seen| {
            SIGNING.contains(&seen.ins) && seen.complete && matches!(seen.status, Some(0x6100..=0x61ff | 0x9000))
        };
        state.seen.iter().filter(signed).count()
    }

    /// A login is open on it.
    pub(crate) fn unlocked(&self) -> bool {
        self.lock().chip.unlocked()
    }

    pub(super) fn atr(&self) -> Vec<u8> {
        self.lock().chip.atr()
    }

    /// Power or the contacts are gone, or the reset line was pulled.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        state.layer = Layer::default();
        state.chip.reset();
    }

    /// It is pulled out, also from a gate.
    pub(super) fn pulled(&self) {
        if let Some(gate) = &self.lock().held {
            gate.end(End::Pulled);
        }
    }

    /// The answer to an APDU; `None`: the card is out.
    pub(super) fn transmit(&self, apdu: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let act = state.fault_now(apdu);
        let mut end = End::Released;
        if let Some(Act::Hold(gate)) = &act {
            state.held = Some(gate.clone());
            drop(state);
            end = gate.pass();
            state = self.lock();
            state.held = None;
        }
        let answer = match (act, end) {
            (Some(Act::PullBefore), _) | (_, End::Pulled) => None,
            (Some(Act::Answer(octets)), _) => Some(octets),
            (Some(Act::PullAfter), _) => {
                state.execute(apdu);
                None
            }
            (Some(Act::Hold(_)) | None, End::Released) => Some(state.execute(apdu)),
        };
        let status = answer.as_deref().and_then(|octets| octets.last_chunk::<2>());
        let status = status.map(|word| u16::from_be_bytes(*word));
        let seen = Seen {
            ins: apdu.get(1).copied().unwrap_or_default(),
            data: apdu.len() > 5,
            complete: complete(apdu),
            status,
        };
        state.seen.push(seen);
        answer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn execute(&mut self, apdu: &[u8]) -> Vec<u8> {
        let Self { chip, layer, .. } = self;
        layer.transmit(apdu, |command| chip.execute(command))
    }

    fn fault_now(&mut self, apdu: &[u8]) -> Option<Act> {
        let ins = apdu.get(1).copied().unwrap_or_default();
        for fault in &mut self.faults {
            if let At::Apdu(left) = &mut fault.at {
                *left = left.saturating_sub(1);
            }
        }
        let now = |at: At| match at {
            At::Apdu(left) => left == 0,
            At::Verify => ins == VERIFY && apdu.len() > 5,
            At::Every => true,
            At::Sign => SIGNING.contains(&ins) && complete(apdu),
        };
        let index = self.faults.iter().position(|fault| now(fault.at))?;
        match self.faults[index].at {
            At::Every => Some(self.faults[index].act.clone()),
            _ => Some(self.faults.remove(index).act),
        }
    }
}

/// GENERAL AUTHENTICATE of PIV, PERFORM SECURITY OPERATION of JPKI.
const SIGNING: [u8; 2] = [0x87, 0x2a];
