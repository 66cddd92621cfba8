//! SHA-256 of a file while it is read or written, with marks on the way from which a digest goes on later without reading what stands before.
//!
//! Reads nothing itself, and holds for the bytes that it was fed alone: whoever changes them afterwards feeds them again ([`Running::back_to`]).

use crate::der::{DigestAlgorithm, Hasher};

/// Bytes between two marks, until there are too many of them.
const STEP_BYTES: u64 = 1024 * 1024;
/// Most marks of a file, some hundred bytes each: what is hashed twice is at most a sixty-fourth of it.
const MAX_MARKS: usize = 128;

/// The digest of everything so far.
#[derive(Clone, Debug)]
pub struct Running {
    hasher: Hasher,
    bytes: u64,
    step_bytes: u64,
    /// Where, and the digest of everything before it; ascending.
    marks: Vec<(u64, Hasher)>,
}

impl Default for Running {
    fn default() -> Self {
        Self::every(STEP_BYTES)
    }
}

impl Running {
    pub(super) fn every(step_bytes: u64) -> Self {
        Self {
            hasher: DigestAlgorithm::Sha256.hasher(),
            bytes: 0,
            step_bytes,
            marks: Vec::new(),
        }
    }

    /// Takes the next bytes; marks stand between two pieces.
    pub fn update(&mut self, bytes: &[u8]) {
        let marked = self.marks.last().map_or(0, |(at, _)| *at);
        if self.bytes - marked >= self.step_bytes {
            self.marks.push((self.bytes, self.hasher.clone()));
        }
        if self.marks.len() == MAX_MARKS {
            let mut number = 0;
            self.marks.retain(|_| {
                number += 1;
                number % 2 == 0
            });
            self.step_bytes *= 2;
        }
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// What was fed from `at` on has changed: goes back to the last mark before it. Returns how many bytes still count; those after them are fed again.
    pub fn back_to(&mut self, at: u64) -> u64 {
        (self.bytes, self.hasher) = self.before(at);
        let counts = self.bytes;
        self.marks.retain(|(mark, _)| *mark <= counts);
        counts
    }

    /// How many bytes were fed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest, ready to go on.
    pub fn hasher(&self) -> Hasher {
        self.hasher.clone()
    }

    /// The digest.
    pub fn sha256(&self) -> [u8; 32] {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(&self.hasher().finish());
        sha256
    }

    /// The last mark at or before `at`, and the digest of everything before it.
    pub(super) fn before(&self, at: u64) -> (u64, Hasher) {
        let behind = self.marks.partition_point(|(mark, _)| *mark <= at);
        let mark = behind.checked_sub(1).and_then(|last| self.marks.get(last));
        mark.cloned().unwrap_or_else(|| (0, DigestAlgorithm::Sha256.hasher()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_few_and_close() {
        let (mut running, block) = (Running::every(10), [7; 10]);
        for fed in 1..5_000_u64 {
            running.update(&block);
            assert!(running.marks.len() < MAX_MARKS);
            let (at, hasher) = running.before(running.bytes());
            assert!(fed * 10 - at <= 2 * running.step_bytes && running.step_bytes <= (fed / 16).max(1) * 10);
            let before = vec![7; usize::try_from(at).unwrap()];
            assert_eq!(hasher.finish(), DigestAlgorithm::Sha256.digest(&before));
        }
    }

    #[test]
    fn what_changed_is_fed_again() {
        for at in [0, 5, 10, 495, 999] {
            let (mut running, mut bytes) = (Running::every(10), vec![7; 1_000]);
            bytes.chunks(10).for_each(|piece| running.update(piece));
            bytes[at..].fill(8);
            let from = running.back_to(at as u64);
            assert!(from <= at as u64 && at as u64 - from <= 2 * running.step_bytes, "{at}");
            let again = usize::try_from(from).unwrap();
            bytes[again..].chunks(10).for_each(|piece| running.update(piece));
            assert_eq!(
                (running.bytes(), running.sha256()),
                (1_000, openssl::sha::sha256(&bytes))
            );
            for end in (0..=1_000).step_by(50) {
                let (mark, hasher) = running.before(end);
                let before = &bytes[..usize::try_from(mark).unwrap()];
                assert_eq!(hasher.finish(), DigestAlgorithm::Sha256.digest(before), "{at}, {end}");
            }
        }
    }
}
