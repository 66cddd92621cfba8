//! One supervised worker: calls go in, answers come out, and whatever the child does, every call ends.
//!
//! The child starts at the first call. It never decides what to repeat: after a crash, calls that it had been sent fail, calls that it had not been sent go to its successor.

use super::line::{Line, Outgoing};
use super::pending::{Answer, Pending};
use super::{Error, Spec, life};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::oneshot::Receiver;
use zeroize::Zeroizing;

/// Calls that the child may hold at once; the others wait here, where a crash does not reach them.
const WINDOW: usize = 16;
/// Calls that may wait for an answer at once.
const MAX_CALLS: usize = 4096;
/// How long a second crash in a row keeps the worker from being started again; doubled by each further one.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const MAX_BACK_OFF: Duration = Duration::from_secs(10);

/// A child process that answers calls, started when it is needed and started again when it has died. Dropped, it ends its child.
pub struct Worker(Arc<Shared>);

pub(super) struct Shared {
    pub(super) spec: Spec,
    state: Mutex<State>,
    /// Rouses the life: an earlier deadline, bytes that did not fit into the socket, a stop.
    pub(super) wake: Notify,
    ended: Notify,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) pending: Pending,
    pub(super) line: Option<Line>,
    /// When the life looks at deadlines next.
    pub(super) alarm: Option<Instant>,
    pub(super) pid: Option<u32>,
    queue: VecDeque<(u64, Outgoing)>,
    failures: u32,
    not_before: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Phase {
    /// No child; the next call starts one.
    #[default]
    Idle,
    /// A child is being started.
    Starting,
    /// The child takes calls.
    Up,
    /// The child hangs: it gets nothing new and may finish what it has.
    Draining,
    /// The owner wants another one: the child gets nothing new, answers what it has, and goes.
    Leaving,
    /// The owner ended it.
    Stopped,
}

/// How a child's life ended.
#[derive(Debug)]
pub(super) enum End {
    /// It never said hello.
    NeverStarted(Error),
    /// It ended, or was killed because it hung. `served`: it had answered at least one call.
    Gone { served: bool },
}

impl Worker {
    /// A worker that is not started yet.
    pub fn new(spec: Spec) -> Self {
        Self(Arc::new(Shared {
            spec,
            state: Mutex::default(),
            wake: Notify::new(),
            ended: Notify::new(),
        }))
    }

    /// Sends `body` and waits for the reply, at most until `deadline` from now. Needs a tokio runtime.
    ///
    /// A child that holds a call for longer than `deadline` is taken for hung: it is ended and its other calls fail after 100 ms at the latest.
    ///
    /// # Errors
    /// [`Error::Crashed`]: the child died with the call, whose outcome is unknown; [`Error::Timeout`], [`Error::Busy`], [`Error::Start`], [`Error::TooLarge`], [`Error::Stopped`].
    pub async fn call(&self, body: &[u8], deadline: Duration) -> Result<Vec<u8>, Error> {
        self.submit(body, None, deadline).await
    }

    /// As [`Worker::call`], with a secret that follows in a frame and a buffer of its own.
    ///
    /// # Errors
    /// As [`Worker::call`].
    pub async fn call_with_secret(&self, body: &[u8], secret: &[u8], deadline: Duration) -> Result<Vec<u8>, Error> {
        self.submit(body, Some(secret), deadline).await
    }

    /// The child's process id while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.0.lock().pid
    }

    /// Lets the child finish and log out, at most a second, and waits for its end. Waiting calls fail with [`Error::Stopped`].
    pub async fn stop(&self) {
        let ended = self.0.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        if self.0.stop() {
            ended.await;
        }
    }

    /// Has the child answer what it has, finish and go; calls that come from now on are for its successor. The future waits for its end.
    pub fn renew(&self) -> impl Future<Output = ()> + Send + use<> {
        let shared = Arc::clone(&self.0);
        {
            let mut state = shared.lock();
            if state.phase == Phase::Up {
                state.phase = Phase::Leaving;
                shared.wake.notify_one();
            }
        }
        async move {
            loop {
                let ended = shared.ended.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                if shared.lock().phase != Phase::Leaving {
                    return;
                }
                ended.await;
            }
        }
    }

    async fn submit(&self, body: &[u8], secret: Option<&[u8]>, deadline: Duration) -> Answer {
        if body.len() > self.0.spec.max_body_bytes || secret.is_some_and(|s| s.len() > self.0.spec.max_body_bytes) {
            return Err(Error::TooLarge);
        }
        let answer = self.enter(body, secret, deadline)?;
        answer.await.unwrap_or(Err(Error::Crashed))
    }

    fn enter(&self, body: &[u8], secret: Option<&[u8]>, deadline: Duration) -> Result<Receiver<Answer>, Error> {
        let mut state = self.0.lock();
        state.may_enter()?;
        let now = Instant::now();
        let (id, answer) = state.pending.enter(now, deadline);
        let outgoing = Outgoing::new(id, body, secret).ok_or(Error::TooLarge);
        match outgoing {
            Ok(outgoing) => state.queue.push_back((id, outgoing)),
            Err(error) => {
                state.pending.answer(id, Err(error));
                return Ok(answer);
            }
        }
        let stuck = state.fill_window(now);
        if stuck || state.alarm.is_none_or(|alarm| now + deadline < alarm) {
            self.0.wake.notify_one();
        }
        if state.phase == Phase::Idle {
            state.phase = Phase::Starting;
            tokio::spawn(life::lives(Arc::clone(&self.0)));
        }
        Ok(answer)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` when there is a child whose end can be waited for.
    fn stop(&self) -> bool {
        let mut state = self.lock();
        let alive = !matches!(state.phase, Phase::Idle | Phase::Stopped);
        state.phase = Phase::Stopped;
        state.fail_queue(&Error::Stopped);
        self.wake.notify_one();
        alive
    }

    /// Draws the conclusion from a child's end; `true` when calls wait and the next child may start at once.
    pub(super) fn settle(&self, end: End) -> bool {
        let mut state = self.lock();
        state.line = None;
        state.pid = None;
        state.alarm = None;
        state.pending.fail_sent();
        // What nobody waits for any more is no reason to start a successor.
        state.sweep(Instant::now());
        self.ended.notify_waiters();
        if state.phase == Phase::Stopped {
            return false;
        }
        match end {
            End::Gone { .. } if state.phase == Phase::Leaving => state.failures = 0,
            End::NeverStarted(error) => {
                state.failures += 1;
                state.fail_queue(&error);
            }
            End::Gone { served: true } => state.failures = 1,
            End::Gone { served: false } => state.failures += 1,
        }
        if state.failures > 1 {
            let doublings = (state.failures - 2).min(10);
            let back_off = MAX_BACK_OFF.min(FIRST_BACK_OFF * 2_u32.pow(doublings));
            state.not_before = Some(Instant::now() + back_off);
            state.fail_queue(&Error::Crashed);
        }
        let again = !state.queue.is_empty();
        state.phase = if again { Phase::Starting } else { Phase::Idle };
        again
    }
}

impl State {
    fn may_enter(&mut self) -> Result<(), Error> {
        if self.phase == Phase::Stopped {
            return Err(Error::Stopped);
        }
        if self.pending.len() >= MAX_CALLS {
            return Err(Error::Busy);
        }
        if self.phase == Phase::Idle && self.not_before.is_some_and(|then| Instant::now() < then) {
            return Err(Error::Crashed);
        }
        Ok(())
    }

    /// Sends what the window has room for; `true` when the socket did not take it all.
    pub(super) fn fill_window(&mut self, now: Instant) -> bool {
        let Some(line) = &mut self.line else { return false };
        if self.phase == Phase::Up {
            while self.pending.sent() < WINDOW
                && let Some((id, outgoing)) = self.queue.pop_front()
            {
                if self.pending.send(id, now) {
                    line.push(outgoing);
                }
            }
        }
        line.flush();
        line.is_stuck()
    }

    /// Fails what is overdue and forgets its bytes, which may be a secret's; `true` when the child hangs.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        let hangs = self.pending.sweep(now);
        let pending = &self.pending;
        self.queue.retain(|(id, _)| pending.waits(*id));
        hangs
    }

    fn fail_queue(&mut self, error: &Error) {
        for (id, _) in std::mem::take(&mut self.queue) {
            self.pending.answer(id, Err(error.clone()));
        }
    }
}

impl Outgoing {
    fn new(id: u64, body: &[u8], secret: Option<&[u8]>) -> Option<Self> {
        let mut frames: Vec<Zeroizing<Vec<u8>>> = vec![super::frame::encode(id, body)?];
        if let Some(secret) = secret {
            frames.push(super::frame::encode(id, secret)?);
        }
        Some(Self(frames))
    }
}
