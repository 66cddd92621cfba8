//! The page worker: `hankod page-worker MINCHO GOTHIC`, started by [`super::Pages`] and by nobody else.
//!
//! It is given bytes over its socket and gives back pictures. It opens no path after its start and no connection ever: the descriptors, threads, bytes of files and memory
//! that it may use are limited to what it has before it sees the first document. It holds no secret but a document's password, for as long as it opens it.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use zeroize::Zeroizing;

use super::Fonts;
use super::draw::Drawing;
use super::draw::stand_in::StandIns;
use super::svg;
use super::wire::{MAX_BODY_BYTES, Refusal, Reply, Request, pack, unpack};
use super::{MAX_DOCUMENT_BYTES, SUBCOMMAND};
use crate::process::Port;

/// Address space of the worker, in bytes: document, fonts, picture and what decoders need.
const MAX_MEMORY_BYTES: u64 = 1 << 30;
/// Stack of the drawing thread: hayro recurses up to fifty nested forms deep.
const STACK_BYTES: usize = 64 << 20;
/// CPU time beyond the host's deadline after which the kernel ends the worker, in seconds.
const CPU_GRACE_SECONDS: u64 = 5;

/// Runs the worker with the arguments after the subcommand, until the host closes the socket.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let [mincho, gothic] = arguments else {
        return ExitCode::FAILURE;
    };
    let fonts = Fonts {
        mincho: mincho.into(),
        mincho_bold: mincho.into(),
        gothic: gothic.into(),
    };
    let stand_ins = StandIns::open(&fonts);
    let Ok(port) = Port::enter(SUBCOMMAND, MAX_BODY_BYTES) else {
        return ExitCode::FAILURE;
    };
    // hayro's panics are answered as pages that cannot be drawn; what they would print may hold pieces of the document.
    std::panic::set_hook(Box::new(|_| {}));
    let drawing = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || confine().is_ok() && serve(&port, &stand_ins).is_ok());
    match drawing.map(std::thread::JoinHandle::join) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// From here on nothing can be opened, written to disk, or started.
fn confine() -> rustix::io::Result<()> {
    let limits = [
        (Resource::As, MAX_MEMORY_BYTES),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
    ];
    limits.into_iter().try_for_each(|(resource, limit)| {
        let limit = Some(limit);
        setrlimit(
            resource,
            Rlimit {
                current: limit,
                maximum: limit,
            },
        )
    })
}

/// Lets this process use `deadline` and a little more of CPU time from now, whatever happens to the host.
fn allow_cpu(deadline: Duration) {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let current = Some(used + deadline.as_secs() + CPU_GRACE_SECONDS);
    // Raising one's own soft limit fails only beyond the hard one, which then holds.
    let _ = setrlimit(
        Resource::Cpu,
        Rlimit {
            current,
            ..getrlimit(Resource::Cpu)
        },
    );
}

#[derive(Default)]
struct Desk {
    document: u64,
    bytes: Vec<u8>,
    length: usize,
    drawing: Option<Drawing>,
}

fn serve(port: &Port, stand_ins: &Arc<StandIns>) -> std::io::Result<()> {
    let mut desk = Desk::default();
    let mut leader = port.lead();
    while let Some(taken) = leader.take()? {
        let Some((request, tail)) = unpack::<Request>(&taken.body) else {
            return Err(std::io::ErrorKind::InvalidData.into());
        };
        let password = match request {
            Request::Open => leader.take()?.map(|frame| frame.body).unwrap_or_default(),
            _ => Zeroizing::default(),
        };
        let (reply, png) = desk.answer(request, tail, password, stand_ins);
        port.reply(taken.id, &pack(&reply, &png))?;
    }
    Ok(())
}

impl Desk {
    fn answer(
        &mut self,
        request: Request,
        tail: &[u8],
        password: Zeroizing<Vec<u8>>,
        stand_ins: &Arc<StandIns>,
    ) -> (Reply, Vec<u8>) {
        let reply = match request {
            Request::Begin { document, length } => self.begin(document, length),
            Request::Piece => self.piece(tail),
            Request::Open => self.open(&password),
            Request::Page {
                document,
                index,
                width_px,
                deadline_ms,
            } => {
                allow_cpu(Duration::from_millis(deadline_ms));
                return self.page(document, index, width_px, stand_ins);
            }
            Request::Seal { deadline_ms } => {
                allow_cpu(Duration::from_millis(deadline_ms));
                match guarded(svg::Refused::Malformed, || svg::png(tail)) {
                    Ok(png) => return (Reply::Seal, png),
                    Err(refused) => Reply::SealRefused(refused),
                }
            }
        };
        (reply, Vec::new())
    }

    fn begin(&mut self, document: u64, length: u64) -> Reply {
        *self = Self::default();
        match usize::try_from(length) {
            Ok(length) if length as u64 <= MAX_DOCUMENT_BYTES => {
                // Room for the tell-tale too, so that the document is never copied.
                self.bytes.reserve_exact(length + 64);
                (self.document, self.length) = (document, length);
                Reply::Taken
            }
            _ => Reply::Refused(Refusal::Undrawable),
        }
    }

    fn piece(&mut self, bytes: &[u8]) -> Reply {
        if bytes.len() > self.length - self.bytes.len().min(self.length) {
            return Reply::Refused(Refusal::Undrawable);
        }
        self.bytes.extend_from_slice(bytes);
        Reply::Taken
    }

    fn open(&mut self, password: &[u8]) -> Reply {
        if self.length == 0 || self.bytes.len() != self.length {
            return Reply::Absent;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let Ok(password) = std::str::from_utf8(password) else {
            return Reply::Refused(Refusal::Encrypted);
        };
        allow_cpu(super::LOAD_DEADLINE);
        match guarded(Refusal::Undrawable, || Drawing::open(bytes, password)) {
            Ok(drawing) => Reply::Opened {
                pages: self.drawing.insert(drawing).pages(),
            },
            Err(refusal) => Reply::Refused(refusal),
        }
    }

    fn page(&self, document: u64, index: u32, width_px: u32, stand_ins: &Arc<StandIns>) -> (Reply, Vec<u8>) {
        let Some(drawing) = self.drawing.as_ref().filter(|_| self.document == document) else {
            return (Reply::Absent, Vec::new());
        };
        match guarded(Refusal::Undrawable, || drawing.page(index, width_px, stand_ins)) {
            Ok(mut picture) => {
                let png = std::mem::take(&mut picture.png);
                (Reply::Page(picture), png)
            }
            Err(refusal) => (Reply::Refused(refusal), Vec::new()),
        }
    }
}

/// A panic while drawing is something that cannot be drawn.
fn guarded<T, E>(panicked: E, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(Err(panicked))
}
