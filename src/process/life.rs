//! A child's life: start, hello, answers, and an end that is always seen and always reaped.
//!
//! One task holds it. A child that hangs is drained for 100 ms and killed, because killing at once would fail innocent calls.

use super::line::Line;
use super::spawn::{Spawned, spawn};
use super::worker::{End, Phase, Shared};
use super::{Error, frame, hello};
use std::io;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::time::{sleep_until, timeout};

const START_DEADLINE: Duration = Duration::from_secs(10);
const DRAIN: Duration = Duration::from_millis(100);
/// What a stopped child gets to log out and finish.
const FAREWELL: Duration = Duration::from_secs(1);
const READ_BYTES: usize = 64 * 1024;

/// Child after child, until none is needed.
pub(super) async fn lives(shared: Arc<Shared>) {
    loop {
        let end = life(&shared).await;
        log::debug!(worker = shared.spec.title(), end:?; "worker ended");
        if !shared.settle(end) {
            return;
        }
    }
}

async fn life(shared: &Shared) -> End {
    let Spawned { child, socket } = match spawn(shared.spec.clone()).await {
        Ok(spawned) => spawned,
        Err(error) => return End::NeverStarted(Error::Start(error.to_string())),
    };
    let child = Reaped(Some(child));
    let end = match UnixStream::from_std(socket) {
        Ok(socket) => talk(shared, &child, Arc::new(socket)).await,
        Err(error) => End::NeverStarted(Error::Start(error.to_string())),
    };
    child.kill_and_wait().await;
    end
}

async fn talk(shared: &Shared, child: &Reaped, socket: Arc<UnixStream>) -> End {
    let mut inbox = Inbox::new(Arc::clone(&socket), shared.spec.max_body_bytes);
    match timeout(START_DEADLINE, inbox.hello()).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return End::NeverStarted(Error::Start("it does not speak our protocol".to_owned())),
        Ok(Err(error)) => return End::NeverStarted(Error::Start(error.to_string())),
        Err(_) => return End::NeverStarted(Error::Start("it did not answer".to_owned())),
    }
    let mut stuck = {
        let mut state = shared.lock();
        if state.phase == Phase::Starting {
            state.phase = Phase::Up;
        }
        state.pid = child.0.as_ref().map(Child::id);
        state.line = Some(Line::new(Arc::clone(&socket)));
        state.fill_window(Instant::now())
    };
    let mut served = false;
    // `Some` once the child is to end: by itself until then, killed after.
    let mut last_moment: Option<Instant> = None;
    shared.wake.notify_one();
    loop {
        let alarm = last_moment.or(shared.lock().alarm);
        tokio::select! {
            ready = socket.readable() => {
                let answers = ready.and_then(|()| inbox.read());
                let Ok(answers) = answers else { return End::Gone { served } };
                stuck = deliver(shared, &mut inbox, answers, &mut served);
                if inbox.broken { return End::Gone { served } }
            }
            _ = socket.writable(), if stuck => stuck = fill_when_writable(shared, &socket),
            () = shared.wake.notified() => stuck = look_around(shared, &socket, &mut last_moment),
            () = until(alarm), if alarm.is_some() => stuck = look_around(shared, &socket, &mut last_moment),
        }
        if last_moment.is_some_and(|moment| Instant::now() >= moment) || is_drained(shared) {
            return End::Gone { served };
        }
    }
}

/// Hands out the answers that have arrived and sends what the window now has room for; `true` when the socket is full.
fn deliver(shared: &Shared, inbox: &mut Inbox, bytes: usize, served: &mut bool) -> bool {
    let mut state = shared.lock();
    inbox.end += bytes;
    while let Some((id, body)) = inbox.take() {
        *served |= state.pending.answer(id, Ok(body));
    }
    if state.phase == Phase::Leaving && state.pending.sent() == 0 {
        shared.wake.notify_one();
    }
    state.fill_window(Instant::now())
}

/// Fills the window through the runtime's own account of the socket, so that a full one is waited for and not asked again and again.
fn fill_when_writable(shared: &Shared, socket: &UnixStream) -> bool {
    let fill = || match shared.lock().fill_window(Instant::now()) {
        true => Err(io::Error::from(io::ErrorKind::WouldBlock)),
        false => Ok(()),
    };
    socket.try_io(Interest::WRITABLE, fill).is_err()
}

/// Sees to deadlines and to a stop, and sets the next alarm; `true` when the socket is full.
fn look_around(shared: &Shared, socket: &UnixStream, last_moment: &mut Option<Instant>) -> bool {
    let mut state = shared.lock();
    let now = Instant::now();
    if state.sweep(now) && matches!(state.phase, Phase::Up | Phase::Leaving) {
        state.phase = Phase::Draining;
        *last_moment = Some(now + DRAIN);
    }
    let leaves = state.phase == Phase::Leaving && state.pending.sent() == 0;
    if (leaves || state.phase == Phase::Stopped) && last_moment.is_none() {
        // The child reads the end of its input, finishes, logs out and goes.
        let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Write);
        *last_moment = Some(now + FAREWELL);
    }
    state.alarm = state.pending.next_due();
    state.fill_window(Instant::now())
}

fn is_drained(shared: &Shared) -> bool {
    let state = shared.lock();
    state.phase == Phase::Draining && state.pending.sent() == 0
}

async fn until(alarm: Option<Instant>) {
    if let Some(alarm) = alarm {
        sleep_until(alarm.into()).await;
    }
}

/// What the child says.
struct Inbox {
    socket: Arc<UnixStream>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    max_body_bytes: usize,
    /// A frame was out of range: nothing after it can be trusted.
    broken: bool,
}

impl Inbox {
    fn new(socket: Arc<UnixStream>, max_body_bytes: usize) -> Self {
        Self {
            socket,
            buffer: vec![0; READ_BYTES],
            start: 0,
            end: 0,
            max_body_bytes,
            broken: false,
        }
    }

    /// `true` when the first frame is our worker's hello.
    async fn hello(&mut self) -> io::Result<bool> {
        loop {
            let Ok(found) = frame::split(&self.buffer[self.start..self.end], hello::MAX_HELLO_BYTES) else {
                return Ok(false);
            };
            if let Some((frame, used)) = found {
                let ours = frame.id == 0 && frame.body == hello::bytes();
                self.start += used;
                return Ok(ours);
            }
            self.socket.readable().await?;
            self.end += self.read()?;
        }
    }

    /// Reads what is there, after `end`; 0 when the socket was not ready after all.
    fn read(&mut self) -> io::Result<usize> {
        self.make_room();
        match self.socket.try_read(&mut self.buffer[self.end..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    fn take(&mut self) -> Option<(u64, Vec<u8>)> {
        match frame::split(&self.buffer[self.start..self.end], self.max_body_bytes) {
            Ok(Some((frame, used))) => {
                let taken = (frame.id, frame.body.to_vec());
                self.start += used;
                Some(taken)
            }
            Ok(None) => None,
            Err(_) => {
                self.broken = true;
                None
            }
        }
    }

    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        } else if self.end == 0 && self.buffer.len() > READ_BYTES {
            self.buffer = vec![0; READ_BYTES];
        }
    }
}

/// A child that is killed when its life is dropped in the middle (the runtime ends), and reaped otherwise.
struct Reaped(Option<Child>);

impl Reaped {
    async fn kill_and_wait(mut self) {
        let Some(mut child) = self.0.take() else { return };
        let reap = move || {
            // It may have ended by itself; waiting tells.
            let _ = child.kill();
            child.wait()
        };
        if let Ok(Ok(status)) = tokio::task::spawn_blocking(reap).await {
            log::debug!(status:%; "worker reaped");
        }
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
        }
    }
}
