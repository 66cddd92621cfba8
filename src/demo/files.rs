//! How the demonstration writes its files. It overwrites what it wrote before and nothing else.

use super::DemoError;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes `content` to `path`; a new file gets `mode`.
pub(super) fn write(path: &Path, mode: u32, content: &[u8]) -> Result<(), DemoError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(content))
        .map_err(|e| DemoError::file(path, &e))
}

/// Adds `content` to the end of `path`, which is made when absent, for its owner alone.
pub(super) fn append(path: &Path, content: &[u8]) -> Result<(), DemoError> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content))
        .map_err(|e| DemoError::file(path, &e))
}

/// Removes `path` if it exists.
pub(super) fn remove(path: &Path) -> Result<(), DemoError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(DemoError::file(path, &e)),
        _ => Ok(()),
    }
}
