//! Verifying files: a private copy is read, hashed once for all its signatures, judged. Blocks.
//!
//! Nothing is signed, fetched or recorded here. The caller's file is read once and never mapped, because whoever owns it may cut it short.

use std::path::Path;

use super::draft::Draft;
use super::failure::Failure;
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::{Explain, Lang};
use crate::verify::hashing::Hashing;
use crate::verify::judge::{TrustEvidence, Verdict};
use crate::verify::report::FileReport;
use crate::verify::{Finding, file};

/// The reports of several files.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// In the order of the request.
    pub files: Vec<FileReport>,
}

impl Report {
    /// The worst verdict; `None` without files.
    pub fn verdict(&self) -> Option<Verdict> {
        self.files.iter().map(|file| file.verdict).max()
    }

    /// A file could not be opened for what it should be, and nothing speaks of tampering.
    pub fn has_unreadable(&self) -> bool {
        let unopened = |file: &FileReport| file.revisions == 0 && file.verdict == Verdict::Indeterminate;
        self.files.iter().any(unopened)
    }
}

/// Verifies the file at `path`. `folder`: where the private copy may lie for as long as this takes.
///
/// # Errors
/// `input_unreadable`, `document_too_large`, `output_unwritable`; a file that is no PDF gets a report that says so.
pub fn verify_file(
    path: &Path,
    folder: &Path,
    max_bytes: u64,
    password: Option<&Password>,
    lang: Lang,
) -> Result<FileReport, Failure> {
    let draft = Draft::copy(path, folder, max_bytes)?;
    let sha256 = Some(hex::encode(draft.sha256()));
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let map = draft.map()?;
    let opened = Document::open(map.data(), password).map_err(Finding::from);
    let examined = opened.and_then(|document| Ok((file::examine(&document)?, document)));
    let (examination, document) = match examined {
        Ok(found) => found,
        Err(finding) => {
            log::info!(code = finding.code(); "a file could not be examined");
            let report = FileReport::unexamined(&name, &finding, lang);
            return Ok(FileReport { sha256, ..report });
        }
    };
    let mut hashing = Hashing::new(examination.requests());
    draft.read(0..Hashing::needed(examination.requests()), &mut |block| {
        hashing.update(block)
    })?;
    let judgement = examination.judge(&hashing.finish(), &TrustEvidence::new());
    let report = FileReport::new(&name, &document, &judgement, lang);
    Ok(FileReport { sha256, ..report })
}
