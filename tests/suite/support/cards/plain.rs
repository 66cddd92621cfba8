//! The least that a reader takes for a card: an ATR, and no applet.

use super::apdu::{Command, Status};
use super::card::Chip;

/// A card that no module knows.
pub(crate) struct Plain {
    /// Its answer to reset.
    pub(crate) atr: Vec<u8>,
}

impl Plain {
    /// T=1, one historical octet that tells cards apart.
    pub(crate) fn new(mark: u8) -> Self {
        let mut atr = vec![0x3b, 0x81, 0x80, 0x01, mark];
        atr.push(atr[1..].iter().fold(0, |check, byte| check ^ byte));
        Self { atr }
    }
}

impl Chip for Plain {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn execute(&mut self, _: &Command) -> Result<Vec<u8>, Status> {
        Err(Status::NOT_FOUND)
    }

    fn reset(&mut self) {}

    fn unlocked(&self) -> bool {
        false
    }
}
