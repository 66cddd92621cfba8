//! The daemon's side of the page worker. Nothing here parses a document; one is drawn at a time, the others wait their turn.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};

use super::svg::{self, MAX_SVG_BYTES};
use super::wire::{MAX_BODY_BYTES, PIECE_BYTES, Refusal, Reply, Request, pack, unpack};
use super::{Error, Fonts, LOAD_DEADLINE, MAX_DOCUMENT_BYTES, PagePicture, SUBCOMMAND};
use crate::process::{self, Program, Spec, Worker};
use crate::secret::Password;

/// Pages that may wait for their turn.
const MAX_WAITING: usize = 64;

/// What drawing may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For one page, in milliseconds; then the worker is ended and started again.
    pub page_deadline_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_deadline_ms: 10_000,
        }
    }
}

/// Draws pages in a worker process, which is started when the first page is asked for.
pub struct Pages {
    worker: Worker,
    limits: Limits,
    /// Whoever holds it talks to the worker; inside, the document that the worker has.
    turn: Mutex<Option<u64>>,
    waiting: Semaphore,
    next: AtomicU64,
}

/// Where a document's bytes are.
#[derive(Clone, Debug)]
pub enum Source {
    /// An open file, read at positions; it must not change.
    File(Arc<File>),
    /// The first so many bytes of an open file: an earlier revision of what stands in it.
    Part(Arc<File>, u64),
    /// In memory.
    Bytes(Arc<[u8]>),
}

/// A document to be drawn, as [`Pages::open`] found it.
#[derive(Clone, Debug)]
pub struct Document {
    number: u64,
    source: Source,
    length: u64,
    pages: u64,
    password: Option<Arc<Password>>,
}

impl Document {
    /// How many pages it has.
    pub fn pages(&self) -> u64 {
        self.pages
    }
}

impl Pages {
    /// A host whose worker is `program` with `fonts` as stand-ins. Nothing is started yet.
    pub fn new(program: Program, fonts: &Fonts, limits: Limits) -> Self {
        let args = [
            OsString::from(SUBCOMMAND),
            fonts.mincho.clone().into(),
            fonts.gothic.clone().into(),
        ];
        Self {
            worker: Worker::new(Spec {
                program,
                args: args.into(),
                env: Vec::new(),
                max_body_bytes: MAX_BODY_BYTES,
            }),
            limits,
            turn: Mutex::new(None),
            waiting: Semaphore::new(MAX_WAITING),
            next: AtomicU64::new(1),
        }
    }

    /// Opens a document that the strict reader has accepted, where it counted `expected_pages`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the drawing library counts otherwise, [`Error::TooLarge`], [`Error::Encrypted`], [`Error::Rebuilt`], [`Error::Undrawable`],
    /// [`Error::Timeout`], [`Error::Unreadable`], [`Error::Worker`].
    pub async fn open(
        &self,
        source: Source,
        expected_pages: u64,
        password: Option<Arc<Password>>,
    ) -> Result<Document, Error> {
        let length = source.length()?;
        if length > MAX_DOCUMENT_BYTES {
            return Err(Error::TooLarge);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let document = Document {
            number,
            source,
            length,
            pages: expected_pages,
            password,
        };
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Error::Worker(process::Error::Busy))?;
        let mut turn = self.turn.lock().await;
        self.load(&mut turn, &document).await?;
        Ok(document)
    }

    /// Draws page `index` (from 0), `width_px` pixels wide (fewer for huge pages).
    ///
    /// # Errors
    /// [`Error::Timeout`] past the deadline and [`Error::Undrawable`] after a crash: the worker is started again and other pages go on. [`Error::NoPage`], and what [`Pages::open`] gives.
    pub async fn page(&self, document: &Document, index: u32, width_px: u32) -> Result<PagePicture, Error> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Error::Worker(process::Error::Busy))?;
        let mut turn = self.turn.lock().await;
        let deadline_ms = self.limits.page_deadline_ms;
        let request = Request::Page {
            document: document.number,
            index,
            width_px,
            deadline_ms,
        };
        let deadline = Duration::from_millis(deadline_ms);
        if *turn != Some(document.number) {
            self.load(&mut turn, document).await?;
        }
        // A worker that was started again has nothing at hand; once is enough, for nobody else has the turn.
        for _ in 0..2 {
            let body = self.worker.call(&pack(&request, &[]), deadline).await;
            match understood(&body.map_err(ended)?)? {
                (Reply::Page(mut picture), png) => {
                    picture.png = png;
                    return Ok(picture);
                }
                (Reply::Absent, _) => self.load(&mut turn, document).await?,
                (reply, _) => return Err(refused(&reply)),
            }
        }
        Err(Error::Undrawable)
    }

    /// Draws an SVG as a PNG with transparency, 1,200 pixels on its longer side.
    ///
    /// # Errors
    /// [`Error::SealSvg`] for what [`super::svg`] refuses; [`Error::Timeout`] and [`Error::Undrawable`] as for pages.
    pub async fn seal(&self, svg: &[u8]) -> Result<Vec<u8>, Error> {
        if svg.len() > MAX_SVG_BYTES {
            return Err(svg::Refused::TooLarge.into());
        }
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Error::Worker(process::Error::Busy))?;
        let _turn = self.turn.lock().await;
        let deadline_ms = self.limits.page_deadline_ms;
        let request = pack(&Request::Seal { deadline_ms }, svg);
        let body = self.worker.call(&request, Duration::from_millis(deadline_ms)).await;
        match understood(&body.map_err(ended)?)? {
            (Reply::Seal, png) => Ok(png),
            (Reply::SealRefused(refused), _) => Err(refused.into()),
            (reply, _) => Err(refused(&reply)),
        }
    }

    /// Ends the worker.
    pub async fn stop(&self) {
        self.worker.stop().await;
    }

    /// The worker's process id while there is one.
    pub fn worker_pid(&self) -> Option<u32> {
        self.worker.pid()
    }

    async fn load(&self, turn: &mut Option<u64>, document: &Document) -> Result<(), Error> {
        *turn = None;
        let begin = Request::Begin {
            document: document.number,
            length: document.length,
        };
        self.tell(&begin, &[]).await?;
        let mut at = 0;
        while at < document.length {
            let piece = document.source.piece(at, document.length).await?;
            at += piece.len() as u64;
            self.tell(&Request::Piece, &piece).await?;
        }
        let password = document.password.as_ref().map_or(&[][..], |password| password.expose());
        let open = pack(&Request::Open, &[]);
        let body = self.worker.call_with_secret(&open, password, LOAD_DEADLINE).await;
        match understood(&body.map_err(ended)?)?.0 {
            Reply::Opened { pages } if u64::from(pages) == document.pages => {
                *turn = Some(document.number);
                Ok(())
            }
            Reply::Opened { pages } => Err(Error::Mismatch {
                expected: document.pages,
                found: pages.into(),
            }),
            reply => Err(refused(&reply)),
        }
    }

    async fn tell(&self, request: &Request, tail: &[u8]) -> Result<(), Error> {
        let body = self.worker.call(&pack(request, tail), LOAD_DEADLINE).await;
        match understood(&body.map_err(ended)?)?.0 {
            Reply::Taken => Ok(()),
            reply => Err(refused(&reply)),
        }
    }
}

impl Source {
    fn length(&self) -> Result<u64, Error> {
        match self {
            Self::File(file) => Ok(file.metadata().map_err(|_| Error::Unreadable)?.len()),
            Self::Part(_, length) => Ok(*length),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Up to [`PIECE_BYTES`] from `at`, read on a thread that may block.
    async fn piece(&self, at: u64, length: u64) -> Result<Vec<u8>, Error> {
        let take = usize::try_from(length - at).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let source = self.clone();
        let read = move || {
            let mut piece = vec![0; take];
            match source {
                Self::File(file) | Self::Part(file, _) => {
                    file.read_exact_at(&mut piece, at).map_err(|_| Error::Unreadable)?
                }
                Self::Bytes(bytes) => {
                    let from = usize::try_from(at).map_err(|_| Error::Unreadable)?;
                    piece.copy_from_slice(bytes.get(from..from + take).ok_or(Error::Unreadable)?);
                }
            }
            Ok(piece)
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| Error::Unreadable)?
    }
}

fn understood(body: &[u8]) -> Result<(Reply, Vec<u8>), Error> {
    let (reply, tail) = unpack::<Reply>(body).ok_or(Error::Undrawable)?;
    Ok((reply, tail.to_vec()))
}

fn ended(error: process::Error) -> Error {
    match error {
        process::Error::Timeout => Error::Timeout,
        process::Error::Crashed => Error::Undrawable,
        other => Error::Worker(other),
    }
}

fn refused(reply: &Reply) -> Error {
    match reply {
        Reply::Refused(Refusal::Encrypted) => Error::Encrypted,
        Reply::Refused(Refusal::Rebuilt) => Error::Rebuilt,
        Reply::Refused(Refusal::NoPage) => Error::NoPage,
        _ => Error::Undrawable,
    }
}
