//! A document on its way to its signature: hankod's private copy, to which the update is appended.
//!
//! The caller's own file is read once and never mapped or written. A draft that is dropped leaves nothing behind; a
//! released one appears whole under its name, or not at all. Everything here blocks: call it off the async threads.

use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock, ioctl_ficlone};
use tempfile::TempPath;

use crate::app::desk::{OwnFile, UploadedDocument};
use crate::app::failure::{Failure, FailureKind};
use crate::der::DigestAlgorithm;
use crate::pdf::map::PrivateCopy;
use crate::verify::hashing::{DigestRequest, Hashing};
use crate::verify::running::Running;

/// Bytes read at a time: large enough to be quick, small enough to stay in the processor's cache.
const BLOCK_BYTES: usize = 64 * 1024;

/// A block of a hole, or one that may as well become a hole.
static NOTHING: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// How our copies beside an output are named until they are finished.
const PREFIX: &str = ".hankod-";
const SUFFIX: &str = ".part";

/// The upload folder's name in errors.
const UPLOADS: &str = "uploads";

/// A private copy of the input, open for appending.
pub(crate) struct Draft {
    /// Held where the lock on it tells others that it is in use. Documents that came over HTTP lie in a folder of our own: they are opened when
    /// they are read, so that many that wait hold no file open.
    held: Option<File>,
    path: OwnFile,
    /// What an error calls it: a site need not learn where our folder lies.
    named: PathBuf,
    original_bytes: u64,
    sha256: [u8; 32],
    /// Length of what stands there now.
    bytes: u64,
    /// SHA-256 of what stands there now, ready to go on with the next update.
    running: Running,
}

impl Draft {
    /// Copies `input` into `folder`, hashing on the way. Holes stay holes: the copy takes no more room than the input.
    ///
    /// # Errors
    /// `input_unreadable`, `input_too_large`, `disk_full`, `output_unwritable`.
    pub(crate) fn copy(input: &Path, folder: &Path, max_bytes: u64) -> Result<Self, Failure> {
        let unreadable = |e: io::Error| input_unreadable(input, &e);
        let (source, length) = open_regular(input).map_err(unreadable)?;
        if length > max_bytes {
            return Err(too_large(max_bytes));
        }
        let (file, path) = private_file(folder)?;
        // A file system that shares blocks (XFS, Btrfs) copies at once; then what is hashed is the copy, which nobody changes meanwhile.
        let shared = ioctl_ficlone(&file, &source).is_ok();
        let mut from = if shared { &file } else { &source };
        let mut running = Running::default();
        let mut block = vec![0; BLOCK_BYTES];
        let mut original_bytes = 0;
        loop {
            let n = from.read(&mut block).map_err(unreadable)?;
            if n == 0 {
                break;
            }
            let at = original_bytes;
            original_bytes += n as u64;
            // The file may grow while it is read.
            if original_bytes > max_bytes {
                return Err(too_large(max_bytes));
            }
            let bytes = &block[..n];
            running.update(bytes);
            if !shared && *bytes != NOTHING[..n] {
                file.write_all_at(bytes, at).map_err(|e| unwritable(folder, &e))?;
            }
        }
        // What was not written at the end is a hole as well.
        file.set_len(original_bytes).map_err(|e| unwritable(folder, &e))?;
        let sha256 = running.sha256();
        Ok(Self {
            held: Some(file),
            path: path.into(),
            named: folder.to_owned(),
            original_bytes,
            sha256,
            bytes: original_bytes,
            running,
        })
    }

    /// Takes over a document that came over HTTP and lies in our folder already.
    pub(crate) fn adopt(upload: UploadedDocument) -> Self {
        let sha256 = upload.running.sha256();
        Self {
            held: None,
            path: upload.path,
            named: PathBuf::from(UPLOADS),
            original_bytes: upload.bytes,
            sha256,
            bytes: upload.bytes,
            running: upload.running,
        }
    }

    /// Length of the input.
    pub(crate) fn original_bytes(&self) -> u64 {
        self.original_bytes
    }

    /// SHA-256 of the input, which the person's consent is bound to.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The present bytes as a map, for structure; hashing goes through [`Draft::digest`].
    ///
    /// # Errors
    /// `output_unwritable`.
    pub(crate) fn map(&self) -> Result<PrivateCopy, Failure> {
        let file = self.open()?;
        PrivateCopy::open(&file).map_err(|e| unwritable(&self.named, &e))
    }

    /// Where the copy lies as long as the draft lives.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the present bytes.
    pub(crate) fn present_sha256(&self) -> [u8; 32] {
        self.running.sha256()
    }

    /// Digest of the present bytes followed by `parts`: the bytes that a signature over an appended update covers.
    ///
    /// # Errors
    /// `output_unwritable` when our copy cannot be read.
    pub(crate) fn digest(&mut self, algorithm: DigestAlgorithm, parts: [&[u8]; 2]) -> Result<Vec<u8>, Failure> {
        let mut hasher = if algorithm == DigestAlgorithm::Sha256 {
            self.running.hasher()
        } else {
            let mut hasher = algorithm.hasher();
            self.read(0..self.bytes, &mut |block| hasher.update(block))?;
            hasher
        };
        parts.iter().for_each(|part| hasher.update(part));
        Ok(hasher.finish())
    }

    /// The answers to `requests` over the present bytes. What was hashed when the copy was made is not hashed again: this is for files that
    /// somebody else signed, not for the release check, which reads what lies on the disk.
    ///
    /// # Errors
    /// `output_unwritable` when our copy cannot be read.
    pub(crate) fn digests(&self, requests: &[DigestRequest]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let mut hashing = Hashing::resume(requests, &self.running);
        let range = hashing.begins()..Hashing::needed(requests);
        self.read(range, &mut |block| hashing.update(block))?;
        Ok(hashing.finish())
    }

    /// Reads `range` of the present bytes block by block.
    ///
    /// # Errors
    /// `output_unwritable` when our copy cannot be read.
    pub(crate) fn read(&self, range: Range<u64>, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        feed(&self.open()?, range, each).map_err(|e| unwritable(&self.named, &e))
    }

    /// Puts `update` behind the present bytes and makes it durable.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`; what stood there before stays as it was.
    pub(crate) fn append(&mut self, update: &[u8]) -> Result<(), Failure> {
        let mut file = self.open()?;
        file.set_len(self.bytes)
            .and_then(|()| file.seek(SeekFrom::Start(self.bytes)))
            .and_then(|_| file.write_all(update))
            .and_then(|()| file.sync_data())
            .map_err(|e| unwritable(&self.named, &e))?;
        self.bytes += update.len() as u64;
        self.running.update(update);
        Ok(())
    }

    /// The same copy, its bytes on disk.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`.
    pub(crate) fn durable(self) -> Result<Self, Failure> {
        self.open()?.sync_data().map_err(|e| unwritable(&self.named, &e))?;
        Ok(self)
    }

    /// Puts `bytes` in place of others of the same length, and makes them durable.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`.
    pub(crate) fn overwrite(&mut self, at: u64, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.open()?;
        let from = self.running.back_to(at);
        let running = &mut self.running;
        file.write_all_at(bytes, at)
            .and_then(|()| file.sync_data())
            .and_then(|()| feed(&file, from..self.bytes, &mut |block| running.update(block)))
            .map_err(|e| unwritable(&self.named, &e))
    }

    /// Gives the file its name, in one step, and makes the name durable.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`; then nothing stands under `destination` that did not stand there before.
    pub(crate) fn release(self, destination: &Path) -> Result<(), Failure> {
        let folder = parent(destination);
        self.path
            .persist(destination)
            .map_err(|e| unwritable(destination, &e.error))?;
        File::open(folder)
            .and_then(|f| f.sync_all())
            .map_err(|e| unwritable(folder, &e))
    }

    /// Keeps the file under its temporary name as a thing to hand out.
    pub(crate) fn into_path(self) -> OwnFile {
        self.path
    }

    fn open(&self) -> Result<File, Failure> {
        let opened = match &self.held {
            Some(file) => file.try_clone(),
            None => File::options().read(true).write(true).open(&self.path),
        };
        opened.map_err(|e| unwritable(&self.named, &e))
    }
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The whole of a small file that the person named: a picture, a password.
///
/// # Errors
/// `input_unreadable`, also when it is larger than `max_bytes`.
pub(crate) fn small_file(path: &Path, max_bytes: usize) -> Result<Vec<u8>, Failure> {
    let unreadable = |e: io::Error| input_unreadable(path, &e);
    let (file, _) = open_regular(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(max_bytes as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() > max_bytes {
        return Err(unreadable(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    Ok(bytes)
}

/// Opens a regular file and tells its length. A pipe must not hold the thread until somebody writes, a device never ends.
fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    let facts = file.metadata()?;
    match facts.is_file() {
        true => Ok((file, facts.len())),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Removes the copies that a killed process left in `folder`: those that no living process holds.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name
            .to_str()
            .is_some_and(|n| n.starts_with(PREFIX) && n.ends_with(SUFFIX));
        // Held or not readable: somebody's, or nothing that can be helped here.
        let left = ours
            && File::open(entry.path())
                .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok());
        if left {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn private_file(folder: &Path) -> Result<(File, TempPath), Failure> {
    let made = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        // As the person's other new files: the umask decides who may read them.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder);
    let (file, path) = made.map_err(|e| unwritable(folder, &e))?.into_parts();
    // While it is held, nobody takes it for what a killed process left.
    flock(&file, FlockOperation::LockExclusive).map_err(|e| unwritable(folder, &e.into()))?;
    Ok((file, path))
}

fn feed(mut file: &File, range: Range<u64>, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = range.end.saturating_sub(range.start);
    let mut block = vec![0; BLOCK_BYTES];
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        file.read_exact(&mut block[..want])?;
        each(&block[..want]);
        left -= want as u64;
    }
    Ok(())
}

pub(crate) fn input_unreadable(path: &Path, error: &io::Error) -> Failure {
    let (file, cause) = (path.display().to_string(), error.to_string());
    Failure::new(FailureKind::Unreadable, "input_unreadable")
        .with("file", file)
        .with("cause", cause)
}

fn too_large(max_bytes: u64) -> Failure {
    Failure::new(FailureKind::TooLarge, "input_too_large").with("limit", max_bytes.to_string())
}

/// Why an upload could not be written.
pub(crate) fn not_stored(error: &io::Error) -> Failure {
    unwritable(Path::new(UPLOADS), error)
}

/// Why an output, or our copy, could not be written.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let (kind, code) = match full {
        true => (FailureKind::NoSpace, "disk_full"),
        false => (FailureKind::Internal, "output_unwritable"),
    };
    Failure::new(kind, code)
        .with("file", path.display().to_string())
        .with("cause", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::sha::sha256;

    #[test]
    fn a_draft_knows_its_bytes_whatever_became_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let input = dir.path().join("in");
        let mut bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        std::fs::write(&input, &bytes).unwrap();
        let mut draft = Draft::copy(&input, dir.path(), u64::MAX).unwrap();
        for (at, put) in [(2_500_000, &b"stamp"[..]), (10, b"early"), (2_999_995, b"tail.")] {
            draft.overwrite(at as u64, put).unwrap();
            bytes[at..at + put.len()].copy_from_slice(put);
            assert_eq!(draft.present_sha256(), sha256(&bytes), "{at}");
        }
        draft.append(b"an update").unwrap();
        bytes.extend_from_slice(b"an update");
        assert_eq!(draft.present_sha256(), sha256(&bytes));
        assert_eq!(std::fs::read(draft.path()).unwrap(), bytes);
        let request = DigestRequest {
            algorithm: DigestAlgorithm::Sha256,
            first_end: 2_900_000,
            second: 2_950_000..3_000_000,
        };
        let parts = [&bytes[..2_900_000], &bytes[2_950_000..3_000_000]].concat();
        assert_eq!(draft.digests(&[request]).unwrap(), [Some(sha256(&parts).to_vec())]);
        let more = draft.digest(DigestAlgorithm::Sha256, [b"more", b""]).unwrap();
        assert_eq!(more, sha256(&[&bytes[..], b"more"].concat()));
    }
}
