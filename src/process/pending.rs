//! The calls that wait for an answer: a slab whose numbers are never used twice, and their deadlines.
//!
//! A reply to a call that was given up finds nobody, even when its place was given to another call.

use super::Error;
use slab::Slab;
use std::time::Instant;
use tokio::sync::oneshot;

pub(super) type Answer = Result<Vec<u8>, Error>;

struct Call {
    generation: u32,
    due: Instant,
    sent: bool,
    answer: oneshot::Sender<Answer>,
}

/// Every call of one worker that has no answer yet.
#[derive(Default)]
pub(super) struct Pending {
    calls: Slab<Call>,
    generation: u32,
    sent: usize,
}

impl Pending {
    /// Enters a call that is due at `due`; gives its number and where the answer will come.
    pub(super) fn enter(&mut self, due: Instant) -> (u64, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        self.generation = self.generation.wrapping_add(1);
        let index = self.calls.insert(Call {
            generation: self.generation,
            due,
            sent: false,
            answer,
        });
        let id = (u64::from(self.generation) << 32) | u64::from(u32::try_from(index).unwrap_or(u32::MAX));
        (id, receiver)
    }

    /// Calls that the worker has and has not answered.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// Calls in all.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Notes that `id` goes to the worker now; `false` when it was given up meanwhile.
    pub(super) fn send(&mut self, id: u64) -> bool {
        let Some(index) = self.find(id) else { return false };
        let call = &mut self.calls[index];
        if !call.sent {
            call.sent = true;
            self.sent += 1;
        }
        true
    }

    /// Hands the answer to whoever waits for `id`; `false` when nobody does.
    pub(super) fn answer(&mut self, id: u64, answer: Answer) -> bool {
        let Some(index) = self.find(id) else { return false };
        self.finish(index, answer);
        true
    }

    /// `true` while somebody waits for `id`.
    pub(super) fn waits(&self, id: u64) -> bool {
        self.find(id).is_some()
    }

    /// The earliest deadline.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.calls.iter().map(|(_, call)| call.due).min()
    }

    /// Fails what is overdue. `true` when the worker had one of them: it hangs.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        let overdue = self.indices(|call| call.due <= now);
        let mut hangs = false;
        for index in overdue {
            hangs |= self.calls[index].sent;
            self.finish(index, Err(Error::Timeout));
        }
        hangs
    }

    /// The worker is gone: fails what it had been sent.
    pub(super) fn fail_sent(&mut self) {
        for index in self.indices(|call| call.sent) {
            self.finish(index, Err(Error::Crashed));
        }
    }

    fn find(&self, id: u64) -> Option<usize> {
        let index = usize::try_from(id & u64::from(u32::MAX)).ok()?;
        let call = self.calls.get(index)?;
        (u64::from(call.generation) == id >> 32).then_some(index)
    }

    fn indices(&self, which: impl Fn(&Call) -> bool) -> Vec<usize> {
        let matching = self.calls.iter().filter(|(_, call)| which(call));
        matching.map(|(index, _)| index).collect()
    }

    fn finish(&mut self, index: usize, answer: Answer) {
        let call = self.calls.remove(index);
        self.sent -= usize::from(call.sent);
        // A caller that no longer waits has dropped its receiver.
        let _ = call.answer.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_late_reply_never_reaches_the_next_call_in_its_place() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (old, mut first) = pending.enter(now);
        pending.send(old);
        assert!(pending.sweep(now));
        assert_eq!(first.try_recv().unwrap(), Err(Error::Timeout));
        let (new, mut second) = pending.enter(now + Duration::from_secs(9));
        assert_eq!(old & 0xffff_ffff, new & 0xffff_ffff);
        assert!(!pending.answer(old, Ok(vec![1])));
        assert!(second.try_recv().is_err());
        assert!(pending.answer(new, Ok(vec![2])));
        assert_eq!(second.try_recv().unwrap(), Ok(vec![2]));
    }

    #[test]
    fn a_crash_fails_only_what_was_sent() {
        let mut pending = Pending::default();
        let due = Instant::now() + Duration::from_secs(9);
        let (sent, mut failed) = pending.enter(due);
        let (_, mut waiting) = pending.enter(due);
        pending.send(sent);
        pending.fail_sent();
        assert_eq!(failed.try_recv().unwrap(), Err(Error::Crashed));
        assert!(waiting.try_recv().is_err());
        assert_eq!((pending.sent(), pending.len()), (0, 1));
    }

    #[test]
    fn an_overdue_call_that_was_never_sent_blames_nobody() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (_, mut answer) = pending.enter(now);
        assert!(!pending.sweep(now));
        assert_eq!(answer.try_recv().unwrap(), Err(Error::Timeout));
    }
}
