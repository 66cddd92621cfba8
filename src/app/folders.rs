//! The files that a person names by folders and lists: every PDF below a folder, every line of a list, in an order that stays the same. Blocks.
//!
//! No file is opened here. What cannot be looked into is told and left out; a loop of links ends, and no folder is looked into twice.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::draft::small_file;
use super::failure::{Failure, FailureKind};
use crate::text::{Explain, Lang, plain};

/// Most files of one run.
pub const MAX_FILES: usize = 100_000;
/// Most entries of folders that are looked at.
const MAX_ENTRIES: usize = 2_000_000;
/// Deepest folder below one that was named.
const MAX_DEPTH: usize = 64;
/// Longest list, in bytes.
const MAX_LIST_BYTES: usize = 16 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The files: those named first, then by folder and list in the order of the request; within a folder by name.
    pub files: Vec<PathBuf>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// A folder or a list was named: one thing that cannot be read does not end the run.
    pub is_batch: bool,
}

/// Something that is not verified.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Skipped {
    /// The file or folder, harmless to show.
    pub name: String,
    /// Stable name of the reason.
    pub code: &'static str,
    /// The reason in the language of the report.
    pub message: String,
}

impl Skipped {
    /// Because of `failure`.
    pub fn new(path: &Path, failure: &Failure, lang: Lang) -> Self {
        Self {
            name: shown(path),
            code: failure.code(),
            message: failure.explain(lang),
        }
    }
}

/// A path as people may read it: control characters and bytes outside of UTF-8 are replaced.
pub fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// Looks for files: `paths` may be files and folders, `lists` hold a path a line, relative to the list's own folder.
///
/// # Errors
/// `too_many_files`; `input_unreadable` for a list that cannot be read.
pub fn find(paths: &[PathBuf], lists: &[PathBuf], lang: Lang) -> Result<Found, Failure> {
    let mut search = Search {
        found: Found {
            is_batch: !lists.is_empty() || paths.len() > 1,
            ..Found::default()
        },
        seen: BTreeSet::new(),
        entries: 0,
        lang,
    };
    for path in paths {
        search.named(path)?;
    }
    for list in lists {
        let bytes = small_file(list, MAX_LIST_BYTES)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                let beside = list.parent().unwrap_or(Path::new(""));
                search.named(&beside.join(OsStr::from_bytes(line)))?;
            }
        }
    }
    Ok(search.found)
}

struct Search {
    found: Found,
    /// Device and number of the folders that were looked into.
    seen: BTreeSet<(u64, u64)>,
    entries: usize,
    lang: Lang,
}

impl Search {
    /// A path as the person wrote it: what is no folder is a file, whatever its name.
    fn named(&mut self, path: &Path) -> Result<(), Failure> {
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => {
                self.found.is_batch = true;
                self.folder(path, &facts, 0)
            }
            // Whoever reads it says what is wrong with it.
            _ => self.file(path),
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        if self.found.files.len() == MAX_FILES {
            return Err(too_many());
        }
        self.found.files.push(path.to_owned());
        Ok(())
    }

    fn folder(&mut self, path: &Path, facts: &Metadata, depth: usize) -> Result<(), Failure> {
        if !self.seen.insert((facts.dev(), facts.ino())) {
            let failure = Failure::new(FailureKind::Unreadable, "folder_seen").with("file", shown(path));
            self.skip(path, &failure);
            return Ok(());
        }
        if depth == MAX_DEPTH {
            let failure = Failure::new(FailureKind::Unreadable, "folder_too_deep").with("file", shown(path));
            self.skip(path, &failure);
            return Ok(());
        }
        let names = match self.names(path)? {
            Ok(names) => names,
            Err(error) => {
                self.skip(path, &unreadable(path, &error));
                return Ok(());
            }
        };
        for name in names {
            let path = path.join(name);
            match fs::metadata(&path) {
                Ok(facts) if facts.is_dir() => self.folder(&path, &facts, depth + 1)?,
                Ok(facts) if facts.is_file() && is_pdf(&path) => self.file(&path)?,
                Err(error) if is_pdf(&path) => self.skip(&path, &unreadable(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The names in a folder, sorted by their bytes.
    fn names(&mut self, path: &Path) -> Result<io::Result<Vec<std::ffi::OsString>>, Failure> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return Ok(Err(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(too_many());
            }
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                Err(error) => return Ok(Err(error)),
            }
        }
        names.sort();
        Ok(Ok(names))
    }

    fn skip(&mut self, path: &Path, failure: &Failure) {
        self.found.skipped.push(Skipped::new(path, failure, self.lang));
    }
}

fn is_pdf(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf"))
}

fn too_many() -> Failure {
    Failure::new(FailureKind::TooMany, "too_many_files").with("max", MAX_FILES.to_string())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::new(FailureKind::Unreadable, "input_unreadable").with("file", shown(path));
    failure.with("cause", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(found: &Found, root: &Path) -> Vec<String> {
        let below = |path: &PathBuf| shown(path.strip_prefix(root).unwrap());
        found.files.iter().map(below).collect()
    }

    #[test]
    fn pdf_files_are_found_in_a_stable_order_and_loops_end() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("b/c")).unwrap();
        for name in [
            "z.pdf",
            "a.PDF",
            "b/2.pdf",
            "b/c/1.pdf",
            "b/note.txt",
            "x\n\u{202e}.pdf",
        ] {
            fs::write(at(name), b"").unwrap();
        }
        symlink(root.path(), at("b/loop")).unwrap();
        symlink(at("nowhere"), at("dead.pdf")).unwrap();
        let found = find(&[root.path().to_owned()], &[], Lang::En).unwrap();
        let expected = ["a.PDF", "b/2.pdf", "b/c/1.pdf", "x\u{fffd}\u{fffd}.pdf", "z.pdf"];
        assert_eq!(names(&found, root.path()), expected);
        let codes: Vec<&str> = found.skipped.iter().map(|s| s.code).collect();
        assert_eq!(codes, ["folder_seen", "input_unreadable"]);
        assert!(found.is_batch);
    }

    #[test]
    fn a_list_names_files_from_its_own_folder() {
        let root = tempfile::tempdir().unwrap();
        let list = root.path().join("list.txt");
        fs::write(&list, "\u{feff}a.pdf\r\n\n/b/absolute.bin\n").unwrap();
        let found = find(&[], &[list], Lang::Ja).unwrap();
        assert_eq!(
            found.files,
            [root.path().join("a.pdf"), PathBuf::from("/b/absolute.bin")]
        );
        let alone = find(&[PathBuf::from("one.pdf")], &[], Lang::Ja).unwrap();
        assert!(!alone.is_batch && alone.files.len() == 1);
    }

    #[test]
    fn folders_end_at_their_limits() {
        let root = tempfile::tempdir().unwrap();
        let mut path = root.path().to_owned();
        for _ in 0..=MAX_DEPTH {
            path.push("d");
        }
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("deep.pdf"), b"").unwrap();
        let found = find(&[root.path().to_owned()], &[], Lang::Ja).unwrap();
        assert!(found.files.is_empty());
        assert_eq!(found.skipped[0].code, "folder_too_deep");
    }
}
