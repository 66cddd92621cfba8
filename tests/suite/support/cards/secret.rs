//! A PIN on a card, and its tries.

use super::apdu::Status;

/// A PIN as it travels.
pub(crate) struct Secret {
    value: Vec<u8>,
    tries: u8,
    left: u8,
}

impl Secret {
    pub(crate) fn new(value: &[u8], tries: u8) -> Self {
        Self {
            value: value.to_vec(),
            tries,
            left: tries,
        }
    }

    /// One try.
    pub(crate) fn try_it(&mut self, value: &[u8]) -> Result<(), Status> {
        if self.left == 0 {
            return Err(Status::BLOCKED);
        }
        if value == self.value {
            self.left = self.tries;
            return Ok(());
        }
        self.left -= 1;
        Err(Status::tries(self.left))
    }

    pub(crate) fn left(&self) -> u8 {
        self.left
    }

    /// So many wrong tries happened before.
    pub(crate) fn wear(&mut self, wrong: u8) {
        self.left = self.left.saturating_sub(wrong);
    }
}
