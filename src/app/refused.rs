//! What the release check refused: signed copies that hankod made and would not let out. The newest are kept for whoever must find out why.
//!
//! They lie in the state folder, readable by its owner alone; nobody gets them from here. That one could not be kept changes no outcome.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use super::App;
use super::draft::Draft;
use super::failure::Failure;
use crate::text::{Explain, Lang};
use crate::verify::Finding;
use crate::verify::release::Original;
use crate::verify::running::Running;

/// The folder's name in the state folder.
const FOLDER: &str = "refused";
/// Most copies that are kept; the oldest goes first.
const MAX_KEPT: usize = 8;
/// Largest copy that is kept, in bytes. Of a larger one there is only what was found.
const MAX_KEPT_BYTES: u64 = 256 * 1024 * 1024;

/// Where refused copies go.
#[derive(Clone, Debug)]
pub(crate) struct Refused(PathBuf);

/// What stands beside a copy, as JSON.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    original_bytes: u64,
    original_sha256: String,
    bytes: u64,
    sha256: String,
    findings: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    code: &'static str,
    message: String,
}

impl App {
    /// Where copies go that the release check refuses.
    pub(crate) fn refused_copies(&self) -> Refused {
        Refused(self.store().dir().path().join(FOLDER))
    }
}

impl Refused {
    /// Keeps a copy of `original` with what was found against it, and says why nobody gets it. Blocks.
    pub(crate) fn keep(&self, draft: &Draft, original: &Original, findings: Vec<Finding>) -> Failure {
        findings
            .iter()
            .for_each(|finding| log::error!(code = finding.code(); "the release check refused a file"));
        match self.put(draft, original, &findings) {
            Ok(path) => {
                log::error!(code = "release_refused_kept", path:% = path.display(); "what the release check refused is kept in the state folder");
            }
            Err(cause) => {
                log::error!(code = "release_refused_lost", cause:%; "what the release check refused could not be kept");
            }
        }
        Failure::from(findings)
    }

    fn put(&self, draft: &Draft, original: &Original, findings: &[Finding]) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        self.make_room()?;
        let (copy, running) = self.copy(draft)?;
        let sha256 = hex::encode(running.sha256());
        if running.bytes() <= MAX_KEPT_BYTES {
            copy.persist(self.0.join(format!("{sha256}.pdf")))?;
        }
        let told = |finding: &Finding| Told {
            code: finding.code(),
            message: finding.explain(Lang::En),
        };
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            original_bytes: original.bytes,
            original_sha256: hex::encode(original.sha256),
            bytes: running.bytes(),
            sha256: sha256.clone(),
            findings: findings.iter().map(told).collect(),
        };
        let mut file = NamedTempFile::new_in(&self.0)?;
        file.write_all(&serde_json::to_vec_pretty(&report)?)?;
        let path = self.0.join(format!("{sha256}.json"));
        file.persist(&path)?;
        Ok(path)
    }

    /// The bytes as they lie on the disk, which may not be those that were written; hashed to their end, kept up to [`MAX_KEPT_BYTES`].
    fn copy(&self, draft: &Draft) -> io::Result<(NamedTempFile, Running)> {
        let mut copy = NamedTempFile::new_in(&self.0)?;
        let mut running = Running::default();
        let mut written = Ok(());
        let bytes = fs::metadata(draft.path())?.len();
        let read = draft.read(0..bytes, &mut |block| {
            running.update(block);
            if written.is_ok() && running.bytes() <= MAX_KEPT_BYTES {
                written = copy.write_all(block);
            }
        });
        read.map_err(|failure| io::Error::other(failure.code()))?;
        written.map(|()| (copy, running))
    }

    /// Removes the oldest, so that one more may come.
    fn make_room(&self) -> io::Result<()> {
        let mut reports = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                reports.push((File::open(&path)?.metadata()?.modified()?, path));
            }
        }
        reports.sort();
        let over = (reports.len() + 1).saturating_sub(MAX_KEPT);
        for (_, report) in &reports[..over] {
            fs::remove_file(report)?;
            remove(&report.with_extension("pdf"))?;
        }
        Ok(())
    }
}

/// Of a large one there was none.
fn remove(copy: &Path) -> io::Result<()> {
    match fs::remove_file(copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_with_what_was_found() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Refused(dir.path().join(FOLDER));
        let original = Original {
            bytes: 1,
            sha256: [7; 32],
        };
        let input = dir.path().join("in");
        let mut newest = String::new();
        for n in 0..MAX_KEPT + 2 {
            fs::write(&input, [n as u8; 3]).unwrap();
            let draft = Draft::copy(&input, dir.path(), u64::MAX).unwrap();
            let failure = refused.keep(&draft, &original, vec![Finding::OriginalEnd, Finding::OriginalChanged]);
            assert_eq!(failure.code(), "original_end");
            newest = hex::encode(draft.sha256());
        }
        let names = || fs::read_dir(&refused.0).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(names().count(), 2 * MAX_KEPT);
        let kept = refused.0.join(&newest);
        assert_eq!(fs::read(kept.with_extension("pdf")).unwrap(), [MAX_KEPT as u8 + 1; 3]);
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(kept.with_extension("json")).unwrap()).unwrap();
        assert_eq!((&report["sha256"], &report["bytes"]), (&newest.into(), &3.into()));
        assert_eq!(report["findings"][1]["code"], "original_changed");
    }
}
