//! A PIN in a file. Links, devices, files open to others and long files are refused before a byte is used.

use super::PinError;
use crate::secret::{MAX_SECRET_BYTES, Pin};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// Who else may read the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exposure {
    /// No bit for group or others may be set.
    OwnerOnly,
    /// systemd's credentials folder is closed to others; its files carry group bits as the mask of an access list.
    FolderIsPrivate,
}

/// Reads the PIN; one line end after it is not part of it.
pub(super) fn read(path: &Path, exposure: Exposure) -> Result<Pin, PinError> {
    let shown = || path.display().to_string();
    let unreadable = |reason: String| PinError::Unreadable { path: shown(), reason };
    // NOFOLLOW: a link could lead to a file of somebody else. NONBLOCK: a pipe must not hold the thread.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut file: File = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => fd.into(),
        Err(rustix::io::Errno::LOOP) => return Err(PinError::NotRegular { path: shown() }),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let facts = file.metadata().map_err(|e| unreadable(e.to_string()))?;
    if !facts.is_file() {
        return Err(PinError::NotRegular { path: shown() });
    }
    let us = rustix::process::geteuid().as_raw();
    let shared = match exposure {
        Exposure::OwnerOnly => facts.mode() & 0o077,
        Exposure::FolderIsPrivate => facts.mode() & 0o007,
    };
    if shared != 0 || (facts.uid() != us && facts.uid() != 0) {
        return Err(PinError::Exposed { path: shown() });
    }
    let mut bytes = Zeroizing::new(vec![0; MAX_SECRET_BYTES + 3]);
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]).map_err(|e| unreadable(e.to_string()))? {
            0 => break,
            n => length += n,
        }
    }
    let line = bytes[..length].strip_suffix(b"\n").unwrap_or(&bytes[..length]);
    let kept = line.strip_suffix(b"\r").unwrap_or(line).len();
    bytes.truncate(kept);
    if bytes.is_empty() {
        return Err(PinError::Empty);
    }
    Pin::new(std::mem::take(&mut *bytes)).ok_or(PinError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn with_file(content: &[u8], mode: u32, check: impl FnOnce(&Path)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pin");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        check(&path);
    }

    #[test]
    fn one_line_end_is_cut() {
        for (content, pin) in [
            (&b"1234"[..], &b"1234"[..]),
            (b"1234\n", b"1234"),
            (b"1234\r\n", b"1234"),
            (b"12 34 \n", b"12 34 "),
            (b"1234\n\n", b"1234\n"),
        ] {
            with_file(content, 0o600, |path| {
                assert_eq!(read(path, Exposure::OwnerOnly).unwrap().expose(), pin);
            });
        }
    }

    #[test]
    fn open_files_links_and_long_files_are_refused() {
        for mode in [0o640, 0o604, 0o620, 0o610] {
            with_file(b"1234", mode, |path| {
                assert!(matches!(read(path, Exposure::OwnerOnly), Err(PinError::Exposed { .. })));
            });
        }
        with_file(b"1234", 0o440, |path| {
            assert!(read(path, Exposure::FolderIsPrivate).is_ok());
        });
        with_file(b"1234", 0o600, |path| {
            let link = path.with_file_name("link");
            symlink(path, &link).unwrap();
            assert!(matches!(
                read(&link, Exposure::OwnerOnly),
                Err(PinError::NotRegular { .. })
            ));
            assert!(matches!(
                read(path.parent().unwrap(), Exposure::OwnerOnly),
                Err(PinError::NotRegular { .. })
            ));
            assert!(matches!(
                read(&path.with_file_name("none"), Exposure::OwnerOnly),
                Err(PinError::Unreadable { .. })
            ));
        });
        with_file(&[b'1'; MAX_SECRET_BYTES + 1], 0o600, |path| {
            assert_eq!(read(path, Exposure::OwnerOnly).unwrap_err(), PinError::TooLong);
        });
        with_file(b"\n", 0o600, |path| {
            assert_eq!(read(path, Exposure::OwnerOnly).unwrap_err(), PinError::Empty);
        });
    }
}
