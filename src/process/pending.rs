//! The calls that wait for an answer: a slab whose numbers are never used twice, and their deadlines.
//!
//! A reply to a call that was given up finds nobody, even when its place was given to another call. A caller's deadline runs from its call, the child's from when it was sent: a child is not
//! blamed for time that a call spent waiting here.

use super::Error;
use slab::Slab;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(super) type Answer = Result<Vec<u8>, Error>;

struct Call {
    generation: u32,
    /// How long the caller waits, and the child may take.
    patience: Duration,
    /// When the caller gives up.
    due: Instant,
    /// When the child is taken for hung, once it has the call.
    held_until: Option<Instant>,
    /// `None` when the caller has its answer and only the child's is awaited.
    answer: Option<oneshot::Sender<Answer>>,
}

/// Every call of one worker that has no answer yet.
#[derive(Default)]
pub(super) struct Pending {
    calls: Slab<Call>,
    generation: u32,
    sent: usize,
}

impl Pending {
    /// Enters a call at `now`, whose caller waits for `patience`; gives its number and where the answer will come.
    pub(super) fn enter(&mut self, now: Instant, patience: Duration) -> (u64, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        self.generation = self.generation.wrapping_add(1);
        let index = self.calls.insert(Call {
            generation: self.generation,
            patience,
            due: now + patience,
            held_until: None,
            answer: Some(answer),
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

    /// Notes that `id` goes to the worker at `now`; `false` when it was given up meanwhile, or is now.
    pub(super) fn send(&mut self, id: u64, now: Instant) -> bool {
        let Some(index) = self.find(id) else { return false };
        if self.calls[index].due <= now {
            self.finish(index, Err(Error::Timeout));
            return false;
        }
        let call = &mut self.calls[index];
        if call.held_until.is_none() {
            call.held_until = Some(now + call.patience);
            self.sent += 1;
        }
        true
    }

    /// Hands the answer to whoever waits for `id`; `false` when the call is over.
    pub(super) fn answer(&mut self, id: u64, answer: Answer) -> bool {
        let Some(index) = self.find(id) else { return false };
        self.finish(index, answer);
        true
    }

    /// `true` while somebody waits for `id`.
    pub(super) fn waits(&self, id: u64) -> bool {
        self.find(id).is_some()
    }

    /// The earliest deadline, of a caller or of the child.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.calls.iter().filter_map(|(_, call)| call.next_due()).min()
    }

    /// Fails what is overdue at `now`. `true` when the child has had one of the calls for too long: it hangs.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        let mut hangs = false;
        for index in self.indices(|call| call.next_due().is_some_and(|due| due <= now)) {
            let call = &mut self.calls[index];
            let held_too_long = call.held_until.is_some_and(|until| until <= now);
            hangs |= held_too_long;
            if held_too_long || call.held_until.is_none() {
                self.finish(index, Err(Error::Timeout));
            } else if let Some(answer) = call.answer.take() {
                // A caller that no longer waits has dropped its receiver.
                let _ = answer.send(Err(Error::Timeout));
            }
        }
        hangs
    }

    /// The worker is gone: fails what it had been sent.
    pub(super) fn fail_sent(&mut self) {
        for index in self.indices(|call| call.held_until.is_some()) {
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
        self.sent -= usize::from(call.held_until.is_some());
        // A caller that no longer waits has dropped its receiver, or has its answer.
        let _ = call.answer.map(|waiting| waiting.send(answer));
    }
}

impl Call {
    fn next_due(&self) -> Option<Instant> {
        let callers = self.answer.is_some().then_some(self.due);
        callers.into_iter().chain(self.held_until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(9);

    #[test]
    fn a_late_reply_never_reaches_the_next_call_in_its_place() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (old, mut first) = pending.enter(now, PATIENCE);
        pending.send(old, now);
        assert!(pending.sweep(now + PATIENCE));
        assert_eq!(first.try_recv().unwrap(), Err(Error::Timeout));
        let (new, mut second) = pending.enter(now, PATIENCE);
        assert_eq!(old & 0xffff_ffff, new & 0xffff_ffff);
        assert!(!pending.answer(old, Ok(vec![1])));
        assert!(second.try_recv().is_err());
        assert!(pending.answer(new, Ok(vec![2])));
        assert_eq!(second.try_recv().unwrap(), Ok(vec![2]));
    }

    #[test]
    fn a_crash_fails_only_what_was_sent() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (sent, mut failed) = pending.enter(now, PATIENCE);
        let (_, mut waiting) = pending.enter(now, PATIENCE);
        pending.send(sent, now);
        pending.fail_sent();
        assert_eq!(failed.try_recv().unwrap(), Err(Error::Crashed));
        assert!(waiting.try_recv().is_err());
        assert_eq!((pending.sent(), pending.len()), (0, 1));
    }

    #[test]
    fn an_overdue_call_that_was_never_sent_blames_nobody() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (id, mut answer) = pending.enter(now, Duration::ZERO);
        assert!(!pending.sweep(now));
        assert_eq!(answer.try_recv().unwrap(), Err(Error::Timeout));
        assert!(!pending.send(id, now));
    }

    #[test]
    fn a_child_gets_its_whole_time_for_a_call_that_waited_long() {
        let mut pending = Pending::default();
        let entered = Instant::now();
        let (id, mut answer) = pending.enter(entered, PATIENCE);
        let (due, sent) = (entered + PATIENCE, entered + PATIENCE / 2);
        assert!(pending.send(id, sent));
        assert!(!pending.sweep(due));
        assert_eq!(answer.try_recv().unwrap(), Err(Error::Timeout));
        assert_eq!((pending.sent(), pending.next_due()), (1, Some(sent + PATIENCE)));
        assert!(pending.sweep(sent + PATIENCE));
        assert_eq!((pending.sent(), pending.len()), (0, 0));
    }

    #[test]
    fn a_late_answer_makes_room_though_its_caller_is_gone() {
        let mut pending = Pending::default();
        let now = Instant::now();
        let (id, _answer) = pending.enter(now, PATIENCE);
        pending.send(id, now + PATIENCE / 2);
        assert!(!pending.sweep(now + PATIENCE));
        assert!(pending.answer(id, Ok(Vec::new())));
        assert_eq!((pending.sent(), pending.len()), (0, 0));
    }
}
