//! One document on its way to disk: hashed and written on a thread for blocking work, at once where it is small, else fed through a short queue.
//!
//! The file has no name that the client chose, is readable by us alone, and is removed when nobody takes it over.

use crate::app::desk::UploadedDocument;
use crate::app::failure::Failure;
use crate::app::not_stored;
use crate::verify::running::Running;
use axum::body::Bytes;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Chunks that wait for the disk.
const MAX_WAITING_CHUNKS: usize = 8;

/// Most bytes of a document that is not being written yet: a thread that waits for each chunk costs more than writing a small one.
const MAX_HELD_BYTES: usize = 64 * 1024;

pub(super) struct Spool<'a> {
    folder: &'a Path,
    held: Vec<u8>,
    writer: Option<Writer>,
}

struct Writer {
    chunks: mpsc::Sender<Bytes>,
    done: JoinHandle<io::Result<UploadedDocument>>,
}

impl<'a> Spool<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            held: Vec::new(),
            writer: None,
        }
    }

    /// Takes a chunk; `false` when the writer has given up (and `finish` says why).
    pub(super) async fn put(&mut self, chunk: Bytes) -> bool {
        if let Some(writer) = &self.writer {
            return writer.chunks.send(chunk).await.is_ok();
        }
        if self.held.len() + chunk.len() <= MAX_HELD_BYTES {
            self.held.extend_from_slice(&chunk);
            return true;
        }
        let writer = self.start();
        let sent = writer.chunks.send(chunk).await.is_ok();
        self.writer = Some(writer);
        sent
    }

    pub(super) async fn finish(mut self) -> Result<UploadedDocument, Failure> {
        let Writer { chunks, done } = match self.writer.take() {
            Some(writer) => writer,
            None => self.start(),
        };
        drop(chunks);
        let written = done.await.map_err(io::Error::other).flatten();
        written.map_err(|error| not_stored(&error))
    }

    fn start(&mut self) -> Writer {
        let (chunks, queue) = mpsc::channel(MAX_WAITING_CHUNKS);
        let (folder, held) = (self.folder.to_owned(), std::mem::take(&mut self.held));
        Writer {
            chunks,
            done: tokio::task::spawn_blocking(move || write(folder, held, queue)),
        }
    }
}

fn write(folder: PathBuf, held: Vec<u8>, mut chunks: mpsc::Receiver<Bytes>) -> io::Result<UploadedDocument> {
    let file = Builder::new().prefix("upload-").suffix(".pdf").tempfile_in(folder);
    // The crate's own words name our folder, which the caller need not know.
    let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
    let mut running = Running::default();
    let later = std::iter::from_fn(|| chunks.blocking_recv());
    for chunk in [Bytes::from(held)].into_iter().chain(later) {
        running.update(&chunk);
        file.as_file_mut().write_all(&chunk)?;
    }
    Ok(UploadedDocument {
        path: file.into_temp_path().into(),
        bytes: running.bytes(),
        running,
    })
}
