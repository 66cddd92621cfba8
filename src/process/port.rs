//! The worker's side of the socket.
//!
//! Blocking and without a runtime: several threads may take turns as the leader, each answers for itself. What was read is wiped as soon as it is taken, so that no secret stays in the buffer.

use super::frame;
use super::hello;
use rustix::process::{Signal, set_parent_process_death_signal};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::{Zeroize, Zeroizing};

const FIRST_BUFFER_BYTES: usize = 64 * 1024;

/// A worker's connection to the process that started it.
pub struct Port {
    inbox: Mutex<Inbox>,
    socket: Mutex<UnixStream>,
}

/// The right to read: whoever holds it is the leader and takes the next frame, or several that belong together.
pub struct Leader<'a>(MutexGuard<'a, Inbox>);

/// A frame taken from the socket; its body is wiped when dropped.
pub struct Taken {
    /// The call's number, for the reply.
    pub id: u64,
    /// The body, in a buffer of its own.
    pub body: Zeroizing<Vec<u8>>,
}

impl Port {
    /// Makes this process a worker: takes the socket from stdin, says hello, and sets what protects a worker: it dies with its parent, leaves no core dump, is unreadable for
    /// other processes of the user, and bears `name` (at most 15 bytes) in process lists.
    ///
    /// # Errors
    /// When stdin is not a socket (somebody typed the subcommand) or the kernel refuses one of the protections.
    pub fn enter(name: &str, max_body_bytes: usize) -> io::Result<Self> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        std::fs::write("/proc/self/comm", name)?;
        crate::secret::guard_process()?;
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        rustix::net::sockopt::socket_type(&socket)?;
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        let port = Self::over(UnixStream::from(socket), max_body_bytes)?;
        port.reply(0, &hello::bytes())?;
        Ok(port)
    }

    fn over(socket: UnixStream, max_body_bytes: usize) -> io::Result<Self> {
        let inbox = Inbox {
            socket: socket.try_clone()?,
            buffer: Zeroizing::new(vec![0; FIRST_BUFFER_BYTES]),
            start: 0,
            end: 0,
            max_body_bytes,
        };
        Ok(Self {
            inbox: Mutex::new(inbox),
            socket: Mutex::new(socket),
        })
    }

    /// Waits for the right to read.
    pub fn lead(&self) -> Leader<'_> {
        Leader(self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers call `id`, at once.
    ///
    /// # Errors
    /// When the parent is gone; the worker then has nothing left to do.
    pub fn reply(&self, id: u64, body: &[u8]) -> io::Result<()> {
        let frame = frame::encode(id, body).ok_or_else(|| io::Error::other("reply too long"))?;
        self.socket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&frame)
    }
}

impl Leader<'_> {
    /// Waits for the next frame; `None` when the parent has closed its side.
    ///
    /// # Errors
    /// A frame out of range, or a broken socket.
    pub fn take(&mut self) -> io::Result<Option<Taken>> {
        self.0.take()
    }
}

struct Inbox {
    socket: UnixStream,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    max_body_bytes: usize,
}

impl Inbox {
    fn take(&mut self) -> io::Result<Option<Taken>> {
        loop {
            if let Some((frame, used)) = frame::split(&self.buffer[self.start..self.end], self.max_body_bytes)? {
                let taken = Taken {
                    id: frame.id,
                    body: Zeroizing::new(frame.body.to_vec()),
                };
                self.buffer[self.start..self.start + used].zeroize();
                self.start += used;
                return Ok(Some(taken));
            }
            self.make_room();
            match self.socket.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(None),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Moves the unread rest to the front, or into a larger buffer when a frame fills this one; the old place is wiped.
    fn make_room(&mut self) {
        let unread = self.start..self.end;
        let length = unread.len();
        if length == self.buffer.len() {
            let mut larger = Zeroizing::new(vec![0; length * 2]);
            larger[..length].copy_from_slice(&self.buffer[unread]);
            self.buffer = larger;
        } else {
            self.buffer.copy_within(unread, 0);
            self.buffer[length..self.end].zeroize();
        }
        (self.start, self.end) = (0, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (UnixStream, Port) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (ours, Port::over(theirs, 1 << 20).unwrap())
    }

    #[test]
    fn frames_of_every_size_arrive_in_order() {
        let (mut host, port) = pair();
        let sizes = [0, 1, 100, FIRST_BUFFER_BYTES, 3, 300_000, 5];
        let writer = std::thread::spawn(move || {
            for (id, size) in (0_u64..).zip(sizes) {
                host.write_all(&frame::encode(id, &vec![7; size]).unwrap()).unwrap();
            }
        });
        for (id, size) in (0_u64..).zip(sizes) {
            let taken = port.lead().take().unwrap().unwrap();
            assert_eq!((taken.id, taken.body.len()), (id, size));
            assert!(taken.body.iter().all(|b| *b == 7));
        }
        writer.join().unwrap();
        assert!(port.lead().take().unwrap().is_none());
    }

    #[test]
    fn a_taken_secret_is_not_left_in_the_buffer() {
        let (mut host, port) = pair();
        let secret = b"3141592653";
        host.write_all(&frame::encode(1, secret).unwrap()).unwrap();
        host.write_all(&frame::encode(2, &[]).unwrap()[..5]).unwrap();
        drop(port.lead().take().unwrap());
        let mut leader = port.lead();
        leader.0.make_room();
        assert!(!leader.0.buffer.windows(secret.len()).any(|w| w == secret));
    }
}
