//! A newer file takes the place of one that we wrote, if that one is still what we wrote; else it stands beside it. Blocks.
//!
//! Never overwrites what somebody else made. Running it again after it succeeded changes nothing.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::draft::{self, Draft, parent, unwritable};
use super::super::failure::{Failure, FailureKind};
use crate::der::DigestAlgorithm;
use crate::store::Sha256;

/// Names that are tried beside a file.
const MAX_NAMES: u32 = 100;
/// Piece in which files are read.
const BLOCK_BYTES: usize = 64 * 1024;

/// A path in a payload: text, or hexadecimal bytes where it is none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum PathText {
    /// As it is.
    Text(String),
    /// What is no UTF-8.
    Bytes {
        /// Hexadecimal.
        hex: String,
    },
}

/// Where the newer file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Delivered {
    /// In place of the older one.
    InPlace,
    /// Here, because the older one was moved or changed.
    Beside(PathBuf),
}

impl PathText {
    /// This path.
    pub(crate) fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes {
                hex: hex::encode(path.as_os_str().as_bytes()),
            },
        }
    }

    /// The path's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.path().into_os_string().into_vec()
    }

    /// The path. Hexadecimal that is none names nothing.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes { hex } => OsString::from_vec(hex::decode(hex).unwrap_or_default()).into(),
        }
    }
}

impl Delivered {
    /// For the audit log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::InPlace => "in_place",
            Self::Beside(_) => "beside",
        }
    }
}

/// Puts a copy of `source`, whose SHA-256 is `new`, at `place` if there lies a file with SHA-256 `old`, else beside it under a name with `mark`.
///
/// # Errors
/// `disk_full`, `output_unwritable`, `state_damaged` for a source that is not `new`.
pub(crate) fn deliver(
    source: &Path,
    new: &Sha256,
    place: &Path,
    old: &Sha256,
    mark: &str,
) -> Result<Delivered, Failure> {
    if replace(source, new, place, old)? {
        return Ok(Delivered::InPlace);
    }
    for n in 1..=MAX_NAMES {
        let path = beside(place, mark, n);
        match digest(&path) {
            Some(sha256) if sha256 == *new => return Ok(Delivered::Beside(path)),
            None if !path.exists() => {
                copy(source, new, &path)?.release(&path)?;
                return Ok(Delivered::Beside(path));
            }
            _ => {}
        }
    }
    Err(unwritable(place, &ErrorKind::AlreadyExists.into()))
}

/// Puts a copy of `source`, whose SHA-256 is `new`, at `place` in one step if there lies a file with SHA-256 `old`; else `false`, and nothing is touched.
///
/// # Errors
/// As [`deliver`].
pub(crate) fn replace(source: &Path, new: &Sha256, place: &Path, old: &Sha256) -> Result<bool, Failure> {
    draft::sweep(parent(place));
    let found = digest(place);
    if found == Some(*new) {
        // Done before a crash.
        return Ok(true);
    }
    if found != Some(*old) {
        return Ok(false);
    }
    let copy = copy(source, new, place)?;
    let kept = fs::metadata(place).and_then(|facts| fs::set_permissions(copy.path(), facts.permissions()));
    kept.map_err(|e| unwritable(place, &e))?;
    copy.release(place)?;
    Ok(true)
}

/// SHA-256 of a file; `None` when there is none that can be read.
pub(crate) fn digest(path: &Path) -> Option<Sha256> {
    let mut file = File::open(path)
        .ok()
        .filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    let (mut hasher, mut block) = (DigestAlgorithm::Sha256.hasher(), vec![0; BLOCK_BYTES]);
    loop {
        match file.read(&mut block).ok()? {
            0 => return hasher.finish().try_into().ok(),
            n => hasher.update(&block[..n]),
        }
    }
}

fn copy(source: &Path, new: &Sha256, place: &Path) -> Result<Draft, Failure> {
    let copy = Draft::copy(source, parent(place), u64::MAX)?;
    match copy.sha256() == *new {
        true => copy.durable(),
        false => Err(Failure::new(FailureKind::Internal, "state_damaged").with("what", "document")),
    }
}

/// `a.pdf` -> `a.b-t.pdf`, `a.b-t-2.pdf`
fn beside(place: &Path, mark: &str, n: u32) -> PathBuf {
    let mut name = place.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{mark}"));
    if n > 1 {
        name.push(format!("-{n}"));
    }
    if let Some(extension) = place.extension() {
        name.push(".");
        name.push(extension);
    }
    place.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest as _;
    use std::os::unix::fs::PermissionsExt;

    fn sha(bytes: &[u8]) -> Sha256 {
        sha2::Sha256::digest(bytes).into()
    }

    #[test]
    fn only_our_own_file_is_replaced_and_twice_is_as_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (source, place) = (path("blob"), path("契約.pdf"));
        fs::write(&source, "new").unwrap();
        let put = || deliver(&source, &sha(b"new"), &place, &sha(b"old"), "b-t").unwrap();
        let read = |name: &str| fs::read_to_string(path(name)).unwrap();

        fs::write(&place, "old").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o640)).unwrap();
        for _ in 0..2 {
            assert_eq!(put(), Delivered::InPlace);
            assert_eq!(read("契約.pdf"), "new");
        }
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o640);

        fs::write(&place, "somebody's").unwrap();
        for _ in 0..2 {
            assert_eq!(put(), Delivered::Beside(path("契約.b-t.pdf")));
        }
        assert_eq!(
            (read("契約.pdf"), read("契約.b-t.pdf")),
            ("somebody's".into(), "new".into())
        );

        fs::write(path("契約.b-t.pdf"), "somebody's too").unwrap();
        fs::remove_file(&place).unwrap();
        assert_eq!(put(), Delivered::Beside(path("契約.b-t-2.pdf")));
        assert!(!place.exists());
        assert_eq!(read("契約.b-t.pdf"), "somebody's too");
        assert!(deliver(&source, &sha(b"other"), &place, &sha(b"old"), "b-t").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_path_outside_of_utf8_comes_back() {
        for bytes in [&b"/a/\xe5\xa5\x91.pdf"[..], b"/a/\xff\xfe.pdf"] {
            let path = PathBuf::from(OsString::from_vec(bytes.to_vec()));
            let json = serde_json::to_string(&PathText::of(&path)).unwrap();
            assert_eq!(serde_json::from_str::<PathText>(&json).unwrap().path(), path);
        }
    }
}
