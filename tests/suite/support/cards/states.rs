//! What `pcscd` itself says of its readers, asked over its own socket: the moment a card is in or out for every program above.
//!
//! Of the protocol (version 4.4 of pcsc-lite 1.9) three messages are spoken: version, wait, and what wakes a wait. The library that speaks it all takes one socket a process; tests have one each.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

const VERSION: u32 = 0x11;
const WAIT_READER_STATE_CHANGE: u32 = 0x13;
/// Readers in an answer, and octets of each.
const READERS: usize = 16;
const READER_BYTES: usize = 184;
/// Octets of a reader's name, ended by NUL; numbers and the ATR follow.
const NAME_BYTES: usize = 128;
const ATR_BYTES: usize = 33;
const PRESENT: u32 = 4;
/// `pcscd` looks at its readers every 400 ms.
const PATIENCE: Duration = Duration::from_secs(60);
/// Many of them.
const LOOKS: Duration = Duration::from_secs(10);

/// A reader as `pcscd` describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) name: String,
    /// The answer to reset of the card in it, empty without one.
    pub(crate) atr: Vec<u8>,
    pub(crate) present: bool,
}

/// The readers as they are.
pub(crate) fn now(socket: &Path) -> Vec<State> {
    until(socket, |_| true)
}

/// Waits until they are as wanted.
pub(crate) fn until(socket: &Path, wanted: impl Fn(&[State]) -> bool) -> Vec<State> {
    within(socket, PATIENCE, wanted).unwrap_or_else(|states| panic!("the readers stay {states:?}"))
}

/// Whether they become as wanted within a few of `pcscd`'s looks.
pub(crate) fn soon(socket: &Path, wanted: impl Fn(&[State]) -> bool) -> bool {
    within(socket, LOOKS, wanted).is_ok()
}

/// The readers as wanted, or as they stay.
fn within(socket: &Path, patience: Duration, wanted: impl Fn(&[State]) -> bool) -> Result<Vec<State>, Vec<State>> {
    let started = Instant::now();
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(patience)).unwrap();
    ask(&mut stream, VERSION, &[4, 4, 0]);
    stream.read_exact(&mut [0; 12]).unwrap();
    loop {
        ask(&mut stream, WAIT_READER_STATE_CHANGE, &[]);
        let mut octets = vec![0; READERS * READER_BYTES];
        stream.read_exact(&mut octets).unwrap();
        let states: Vec<State> = octets.chunks_exact(READER_BYTES).filter_map(state).collect();
        if wanted(&states) {
            return Ok(states);
        }
        if started.elapsed() >= patience || stream.read_exact(&mut [0; 8]).is_err() {
            return Err(states);
        }
    }
}

fn ask(stream: &mut UnixStream, command: u32, body: &[u32]) {
    let size = u32::try_from(4 * body.len()).unwrap();
    let words = [size, command].into_iter().chain(body.iter().copied());
    let message: Vec<u8> = words.flat_map(u32::to_ne_bytes).collect();
    stream.write_all(&message).unwrap();
}

fn state(octets: &[u8]) -> Option<State> {
    let (name, rest) = octets.split_at(NAME_BYTES);
    let name = name.split(|byte| *byte == 0).next()?;
    let word = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
    let atr_length = usize::try_from(word(48)).unwrap().min(ATR_BYTES);
    (!name.is_empty()).then(|| State {
        name: String::from_utf8_lossy(name).into_owned(),
        present: word(4) & PRESENT != 0,
        atr: rest[12..12 + atr_length].to_vec(),
    })
}
