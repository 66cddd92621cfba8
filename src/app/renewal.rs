//! Which archives are watched over, and which are due: those that this state folder made, and those in the configured folders.
//!
//! Nothing is renewed here: what is due becomes a job. A file is never changed by being looked at.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::App;
use super::desk::Said;
use super::draft::Draft;
use super::extend::end::End;
use super::extend::survey::Survey;
use super::failure::Failure;
use super::jobs::{self, Kind};
use super::{due, folders};
use crate::audit::AuditError;
use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::store::{JobState, KeptFile, Put, Sha256};
use crate::text::{Explain, Lang, say};

/// Between two looks of a daemon, and before a renewal that failed is tried anew.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Files that become jobs at one look, the first to end first.
const MAX_DUE: u32 = 10_000;

/// A file whose archive nears its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DueFile {
    /// Where it lies.
    pub file: String,
    /// When its last timestamp ends, RFC 3339.
    pub ends: String,
    /// What ends then.
    pub cause: Said,
    /// Why it cannot be renewed.
    pub problem: Option<Said>,
}

/// When a renewal that failed is tried anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Again {
    /// At once: somebody asked for it.
    Now,
    /// After a day.
    Daily,
}

impl Again {
    /// Whether what ended at `ended` is tried anew now.
    pub(crate) fn may(self, ended: Timestamp, now: Timestamp) -> bool {
        self == Self::Now || ended.plus(DAY) <= now
    }
}

/// What is noted of a file that is watched over from now on.
pub(crate) fn kept(path: &Path, sha256: Sha256, end: End, now: Timestamp) -> KeptFile {
    KeptFile {
        path: path.as_os_str().as_bytes().to_vec(),
        sha256,
        ends: end.at,
        cause: end.cause.name().to_owned(),
        problem: None,
        updated: now,
    }
}

impl App {
    /// Looks once a day until `ending`.
    pub(super) async fn watch_renewals(&self, ending: CancellationToken) {
        while !ending.is_cancelled() {
            if let Err(failure) = self.plan_renewals(Again::Daily).await {
                log::error!(code = "renewals_not_planned", reason = failure.code(); "which files must be renewed could not be found out");
            }
            // Ended or not, the loop asks.
            let _ = tokio::time::timeout(DAY, ending.cancelled()).await;
        }
    }

    /// Makes jobs of what is due.
    ///
    /// # Errors
    /// What the state refused; `too_many_files` for the folders.
    pub(crate) async fn plan_renewals(&self, again: Again) -> Result<(), Failure> {
        self.look_into_folders().await?;
        for file in self.kept_and_due().await? {
            self.plan(file, again).await?;
        }
        self.plan_contract_files(self.now().plus(self.margin()), again).await?;
        self.wake_workers();
        Ok(())
    }

    /// Files that are due, those first that end first.
    ///
    /// # Errors
    /// What the state refused.
    pub(super) async fn due_files(&self, lang: Lang) -> Result<Vec<DueFile>, Failure> {
        let mut files = Vec::new();
        for file in self.kept_and_due().await? {
            let failed = self.store().job_of(Kind::Renew.name(), &key(&file)).await?;
            let failed = failed.filter(|job| job.state == JobState::Failed);
            let problem = match &file.problem {
                Some(code) => Some(said(code, code, lang)),
                None => failed.and_then(|job| due::reason(&job, lang)),
            };
            files.push(DueFile {
                file: path(&file).display().to_string(),
                ends: file.ends.rfc3339(),
                cause: said(&file.cause, &format!("renewal-{}", file.cause), lang),
                problem,
            });
        }
        for (archive, failed) in self.due_contract_files(self.now().plus(self.margin())).await? {
            // Evidence that was never whole has no end to tell of.
            let Some((ends, cause)) = archive.ends else { continue };
            files.push(DueFile {
                file: format!("{}/{}", archive.contract, archive.document),
                ends: ends.rfc3339(),
                cause: said(&cause, &format!("renewal-{cause}"), lang),
                problem: failed.and_then(|job| due::reason(&job, lang)),
            });
        }
        Ok(files)
    }

    /// How long before its end an archive is due.
    fn margin(&self) -> Duration {
        DAY.saturating_mul(u32::try_from(self.config().renewal.margin_days).unwrap_or(u32::MAX))
    }

    /// Watches over what lies in the configured folders, where it is new or newer than what is known.
    ///
    /// # Errors
    /// `too_many_files`; what the state refused. A file that cannot be read is left out.
    pub(super) async fn look_into_folders(&self) -> Result<(), Failure> {
        let folders = self.config().renewal.folders.clone();
        if folders.is_empty() {
            return Ok(());
        }
        let found = self.blocking(move || folders::find(&folders, &[], Lang::En)).await?;
        for skipped in found.skipped {
            log::warn!(code = "renewal_folder_skipped", file = skipped.name, reason = skipped.code; "something in a folder of archives could not be looked into");
        }
        for path in found.files {
            let known = self.store().kept_file(path.as_os_str().as_bytes()).await?;
            let changed = std::fs::metadata(&path).and_then(|facts| facts.modified());
            let changed = changed.map(Timestamp::from_system);
            if known.is_some_and(|known| changed.is_ok_and(|at| at <= known.updated)) {
                continue;
            }
            let (now, looking, app) = (self.now(), path.clone(), self.clone());
            match self.blocking(move || look(&app, &looking)).await {
                Ok((sha256, Some(end))) => self.watch_over(kept(&path, sha256, end, now)).await?,
                Ok((_, None)) => {}
                Err(failure) => {
                    log::debug!(code = "renewal_not_watched", file:% = path.display(), reason = failure.code(); "a file in a folder of archives is no archive");
                }
            }
        }
        Ok(())
    }

    async fn kept_and_due(&self) -> Result<Vec<KeptFile>, Failure> {
        let before = self.now().plus(self.margin());
        Ok(self.store().kept_files(before, MAX_DUE).await?)
    }

    async fn plan(&self, mut file: KeptFile, again: Again) -> Result<(), Failure> {
        let now = self.now();
        if file.problem.is_some() {
            let (path, sha256) = (path(&file), file.sha256);
            let (gone, is_back) = self
                .blocking(move || Ok((!path.exists(), jobs::digest(&path) == Some(sha256))))
                .await?;
            if file.ends <= now {
                // Nothing can be renewed any more; one that is not there either is not told for ever.
                return if gone { self.watch_no_more(file).await } else { Ok(()) };
            }
            if !is_back {
                return Ok(());
            }
            file = self.anew(file, now).await?;
        }
        if let Put::Known(job) = self.put_renewal(&file, now).await?
            && job.state != JobState::Open
            && again.may(job.updated, now)
        {
            let file = self.anew(file, now).await?;
            self.put_renewal(&file, now).await?;
        }
        Ok(())
    }

    async fn put_renewal(&self, file: &KeptFile, now: Timestamp) -> Result<Put, Failure> {
        let (job, key) = (jobs::renewal(file, &path(file)), key(file));
        let put = self
            .store()
            .write(move |tx| Box::pin(async move { jobs::put(tx, &job, &key, jobs::ACTOR, (now, now)).await }));
        Ok(put.await?)
    }

    /// The file as one of which nothing was tried yet.
    async fn anew(&self, file: KeptFile, now: Timestamp) -> Result<KeptFile, Failure> {
        let file = KeptFile {
            problem: None,
            updated: now,
            ..file
        };
        self.watch_over(file.clone()).await?;
        Ok(file)
    }

    async fn watch_over(&self, file: KeptFile) -> Result<(), Failure> {
        let written = self
            .store()
            .write(move |tx| Box::pin(async move { Ok::<_, AuditError>(tx.keep_file(&file).await?) }));
        Ok(written.await?)
    }

    async fn watch_no_more(&self, file: KeptFile) -> Result<(), Failure> {
        let written = self
            .store()
            .write(move |tx| Box::pin(async move { Ok::<_, AuditError>(tx.forget_file(&file.path).await?) }));
        Ok(written.await?)
    }
}

/// SHA-256 of a file, and when its archive ends. Blocks.
fn look(app: &App, path: &Path) -> Result<(Sha256, Option<End>), Failure> {
    let draft = Draft::copy(path, app.uploads(), app.max_document_bytes())?;
    Ok((draft.sha256(), Survey::of(&draft, None)?.end()))
}

/// When an archive that lies at `path` ends. Blocks.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn end_of(app: &App, path: &Path) -> Result<Option<End>, Failure> {
    Ok(look(app, path)?.1)
}

fn path(file: &KeptFile) -> PathBuf {
    OsString::from_vec(file.path.clone()).into()
}

/// Names the work: the place, the file, and the last time that something became of it.
fn key(file: &KeptFile) -> String {
    let place = DigestAlgorithm::Sha256.digest(&file.path);
    format!(
        "{}/{}/{}",
        hex::encode(place),
        hex::encode(file.sha256),
        file.updated.micros()
    )
}

fn said(code: &str, words: &str, lang: Lang) -> Said {
    Said {
        code: code.to_owned(),
        message: say(lang, &words.replace('_', "-"), &[]),
    }
}
