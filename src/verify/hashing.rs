//! Digests of many ranges of one file in one pass from its beginning: a running digest is cloned where a range has its gap.
//!
//! Reads nothing itself: the caller feeds the file's bytes in order, in pieces of any size.

use super::running::Running;
use crate::der::{DigestAlgorithm, Hasher};
use std::ops::Range;

/// What is to be hashed: the bytes `0..first_end`, then those of `second`. Offsets from the start of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DigestRequest {
    /// With which algorithm.
    pub algorithm: DigestAlgorithm,
    /// End of the first range, which begins at 0.
    pub first_end: u64,
    /// The second range, at or after `first_end`; empty when there is none.
    pub second: Range<u64>,
}

/// A pass over a file. 50 signatures cost one digest of the file and 50 of their own last bytes.
pub struct Hashing {
    at: u64,
    /// One digest of everything so far for each algorithm in use.
    trunks: Vec<(DigestAlgorithm, Hasher)>,
    branches: Vec<Branch>,
}

struct Branch {
    request: DigestRequest,
    /// From `first_end` on.
    hasher: Option<Hasher>,
}

impl Hashing {
    /// For these requests; the answers come in the same order.
    pub fn new(requests: &[DigestRequest]) -> Self {
        let mut trunks: Vec<(DigestAlgorithm, Hasher)> = Vec::new();
        for request in requests {
            if trunks.iter().all(|(a, _)| *a != request.algorithm) {
                trunks.push((request.algorithm, request.algorithm.hasher()));
            }
        }
        Self::at(0, trunks, requests)
    }

    /// The same over a file of which `running` has hashed the beginning: goes on from a mark that stands before every request's gap. Where a request
    /// wants another algorithm than SHA-256 it begins at 0.
    pub fn resume(requests: &[DigestRequest], running: &Running) -> Self {
        let is_sha256 = |request: &DigestRequest| request.algorithm == DigestAlgorithm::Sha256;
        let first_end = requests.iter().map(|request| request.first_end).min();
        match first_end.filter(|_| requests.iter().all(is_sha256)) {
            None => Self::new(requests),
            Some(first_end) => {
                let (at, trunk) = running.before(first_end);
                Self::at(at, vec![(DigestAlgorithm::Sha256, trunk)], requests)
            }
        }
    }

    /// From where on the file is to be fed.
    pub fn begins(&self) -> u64 {
        self.at
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.next_boundary().map_or(u64::MAX, |next| next - self.at);
            let step = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at(step);
            self.take(now);
            self.at += step as u64;
            self.branch_off();
            bytes = rest;
        }
    }

    /// How many bytes of the file are needed; what follows them need not be fed.
    pub fn needed(requests: &[DigestRequest]) -> u64 {
        requests
            .iter()
            .map(|r| r.first_end.max(r.second.end))
            .max()
            .unwrap_or(0)
    }

    /// The digests in the order of the requests; `None` when the file ended before one's ranges did.
    pub fn finish(self) -> Vec<Option<Vec<u8>>> {
        let at = self.at;
        let done = |branch: Branch| {
            let complete = branch.request.second.is_empty() || at >= branch.request.second.end;
            branch.hasher.filter(|_| complete).map(Hasher::finish)
        };
        self.branches.into_iter().map(done).collect()
    }

    fn at(at: u64, trunks: Vec<(DigestAlgorithm, Hasher)>, requests: &[DigestRequest]) -> Self {
        let branch = |request: &DigestRequest| Branch {
            request: request.clone(),
            hasher: None,
        };
        let mut hashing = Self {
            at,
            trunks,
            branches: requests.iter().map(branch).collect(),
        };
        hashing.branch_off();
        hashing
    }

    fn take(&mut self, bytes: &[u8]) {
        let at = self.at;
        for (algorithm, hasher) in &mut self.trunks {
            let waiting = |b: &Branch| b.hasher.is_none() && b.request.algorithm == *algorithm;
            if self.branches.iter().any(waiting) {
                hasher.update(bytes);
            }
        }
        for branch in &mut self.branches {
            if branch.request.second.contains(&at)
                && let Some(hasher) = &mut branch.hasher
            {
                hasher.update(bytes);
            }
        }
    }

    fn branch_off(&mut self) {
        for branch in &mut self.branches {
            if branch.hasher.is_none() && branch.request.first_end == self.at {
                let trunk = self.trunks.iter().find(|(a, _)| *a == branch.request.algorithm);
                branch.hasher = trunk.map(|(_, hasher)| hasher.clone());
            }
        }
    }

    fn next_boundary(&self) -> Option<u64> {
        let boundaries = self.branches.iter().flat_map(|b| {
            let request = &b.request;
            [request.first_end, request.second.start, request.second.end]
        });
        boundaries.filter(|boundary| *boundary > self.at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_pass_gives_what_each_would(
            file in prop::collection::vec(any::<u8>(), 1..400),
            cuts in prop::collection::vec((0..400_usize, 0..400_usize, 0..400_usize, 0..3_usize), 0..6),
            piece in 1..70_usize,
        ) {
            let mut requests = Vec::new();
            let mut expected = Vec::new();
            for (a, b, c, algorithm) in cuts {
                let mut points = [a, b, c];
                points.sort_unstable();
                let [a, b, c] = points;
                let algorithm = DigestAlgorithm::ALL[algorithm];
                requests.push(DigestRequest { algorithm, first_end: a as u64, second: b as u64..c as u64 });
                let inside = a <= file.len() && (b == c || c <= file.len());
                expected.push(inside.then(|| algorithm.digest(&[&file[..a], if b == c { &[] } else { &file[b..c] }].concat())));
            }
            let mut hashing = Hashing::new(&requests);
            file.chunks(piece).for_each(|bytes| hashing.update(bytes));
            prop_assert_eq!(hashing.finish(), &expected[..]);

            let mut running = Running::every(50);
            file.chunks(piece).for_each(|bytes| running.update(bytes));
            let mut hashing = Hashing::resume(&requests, &running);
            let begins = usize::try_from(hashing.begins()).unwrap();
            file[begins..].chunks(piece).for_each(|bytes| hashing.update(bytes));
            prop_assert_eq!(hashing.finish(), expected);
        }

        #[test]
        fn a_later_pass_reads_little_of_what_is_known(length in 2_000..4_000_usize, piece in 1..70_usize) {
            let file = vec![1; length];
            let mut running = Running::every(50);
            file.chunks(piece).for_each(|bytes| running.update(bytes));
            let (first_end, end) = (length as u64 - 10, length as u64);
            let request = |algorithm| DigestRequest { algorithm, first_end, second: end..end };
            let sha256 = [request(DigestAlgorithm::Sha256)];
            prop_assert!(Hashing::resume(&sha256, &running).begins() > first_end - 200);
            let with_another = [request(DigestAlgorithm::Sha256), request(DigestAlgorithm::Sha512)];
            prop_assert_eq!(Hashing::resume(&with_another, &running).begins(), 0);
        }
    }
}
