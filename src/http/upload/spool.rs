//! One document on its way to disk: hashed and written on a thread for blocking work, fed through a short queue.
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

pub(super) struct Spool {
    chunks: mpsc::Sender<Bytes>,
    writer: JoinHandle<io::Result<UploadedDocument>>,
}

impl Spool {
    pub(super) fn start(folder: &Path) -> Self {
        let (chunks, queue) = mpsc::channel(MAX_WAITING_CHUNKS);
        let folder = folder.to_owned();
        Self {
            chunks,
            writer: tokio::task::spawn_blocking(move || write(folder, queue)),
        }
    }

    /// Hands a chunk over; `false` when the writer has given up (and `finish` says why).
    pub(super) async fn put(&self, chunk: Bytes) -> bool {
        self.chunks.send(chunk).await.is_ok()
    }

    pub(super) async fn finish(self) -> Result<UploadedDocument, Failure> {
        drop(self.chunks);
        let written = self.writer.await.map_err(io::Error::other).flatten();
        written.map_err(|error| not_stored(&error))
    }
}

fn write(folder: PathBuf, mut chunks: mpsc::Receiver<Bytes>) -> io::Result<UploadedDocument> {
    let file = Builder::new().prefix("upload-").suffix(".pdf").tempfile_in(folder);
    // The crate's own words name our folder, which the caller need not know.
    let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
    let mut running = Running::default();
    while let Some(chunk) = chunks.blocking_recv() {
        running.update(&chunk);
        file.as_file_mut().write_all(&chunk)?;
    }
    Ok(UploadedDocument {
        path: file.into_temp_path().into(),
        bytes: running.bytes(),
        running,
    })
}
