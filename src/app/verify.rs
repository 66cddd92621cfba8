//! Verifying files: a private copy is read, hashed once for all its signatures, judged. Blocks.
//!
//! Nothing is signed or recorded here. The caller's file is read once and never mapped, because whoever owns it may cut it short.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::anchors;
use super::draft::Draft;
use super::failure::Failure;
use super::files::password;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::{Explain, Lang};
use crate::trust::Anchors;
use crate::verify::hashing::Hashing;
use crate::verify::judge::{Basis, Pieces, RevocationRule, Verdict};
use crate::verify::report::FileReport;
use crate::verify::{Finding, file};

/// The reports of several files.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// In the order of the request.
    pub files: Vec<FileReport>,
}

/// By what files are judged, as a person says it.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Files and folders of anchors in place of the configured ones; empty: those.
    pub trust: Vec<PathBuf>,
    /// What is demanded about revocation.
    pub revocation: RevocationRule,
    /// The moment of the judgement; `None`: now.
    pub at: Option<Timestamp>,
    /// A file with the password of encrypted files.
    pub password_file: Option<PathBuf>,
}

/// By what files are judged.
pub struct Asked {
    /// Whom the organisation trusts.
    pub anchors: Anchors,
    /// The moment of the judgement.
    pub at: Timestamp,
    /// What is demanded about revocation.
    pub revocation: RevocationRule,
    /// Opens encrypted files.
    pub password: Option<Password>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Language of the report.
    pub lang: Lang,
}

impl Wish {
    /// Reads the files that it names; what it leaves open is the configuration's. Anchors on tokens are not among them. Blocks.
    ///
    /// # Errors
    /// Those of [`anchors`], `input_unreadable`, `password_too_long`.
    pub fn read(&self, config: &Config, lang: Lang) -> Result<Asked, Failure> {
        Ok(Asked {
            anchors: match self.trust.is_empty() {
                true => anchors::of_config(&config.trust)?,
                false => anchors::of_paths(&self.trust)?,
            },
            at: self.at.unwrap_or_else(|| Timestamp::from_system(SystemTime::now())),
            revocation: self.revocation,
            password: self.password_file.as_deref().map(password).transpose()?,
            max_bytes: config.limits.max_document_bytes,
            lang,
        })
    }
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
/// `input_unreadable`, `input_too_large`, `output_unwritable`; a file that is no PDF gets a report that says so.
pub fn verify_file(path: &Path, folder: &Path, asked: &Asked) -> Result<FileReport, Failure> {
    let draft = Draft::copy(path, folder, asked.max_bytes)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    verify_draft(&draft, &name, asked)
}

/// Verifies a copy that is ours already.
///
/// # Errors
/// `output_unwritable` when it cannot be read.
pub(super) fn verify_draft(draft: &Draft, name: &str, asked: &Asked) -> Result<FileReport, Failure> {
    let sha256 = Some(hex::encode(draft.sha256()));
    let map = draft.map()?;
    let opened = Document::open(map.data(), asked.password.as_ref()).map_err(Finding::from);
    let examined = opened.and_then(|document| Ok((file::examine(&document)?, document)));
    let (examination, document) = match examined {
        Ok(found) => found,
        Err(finding) => {
            log::info!(code = finding.code(); "a file could not be examined");
            let report = FileReport::unexamined(name, &finding, asked.lang);
            return Ok(FileReport { sha256, ..report });
        }
    };
    let mut hashing = Hashing::new(examination.requests());
    draft.read(0..Hashing::needed(examination.requests()), &mut |block| {
        hashing.update(block)
    })?;
    let digests = hashing.finish();
    let pieces = Pieces::default();
    let basis = Basis {
        anchors: &asked.anchors,
        at: asked.at,
        revocation: asked.revocation,
        pieces: &pieces,
    };
    let judgement = examination.judge(&digests, &basis);
    let report = FileReport::new(name, &document, &judgement, asked.lang);
    Ok(FileReport { sha256, ..report })
}
