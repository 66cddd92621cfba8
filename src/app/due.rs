//! Work that is due, for who asks for it by hand: what waits is tried at once, and what became of it is told.
//!
//! Nothing here knows how a job is done; a job that another process works on is waited for, not repeated.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::App;
use super::desk::Said;
use super::failure::Failure;
use super::jobs::{Job, Kind, WorkCheckpoint};
use super::renewal::Again;
pub use super::renewal::DueFile;
use crate::store::{self, JobState, StoreError};
use crate::text::{Lang, say};

/// Jobs that one report tells of.
const MAX_JOBS: u32 = 10_000;
/// Between two looks at what another process works on.
const LOOK: Duration = Duration::from_millis(500);

/// Where a job stands, for people and programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// It is tried again at its time.
    Waiting,
    /// Somebody works on it.
    Working,
    /// All is done, or all that can be: then there is a reason.
    Done,
    /// It ended with an error.
    Failed,
    /// It was called off.
    Cancelled,
}

/// One job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkView {
    /// Opaque.
    pub id: String,
    /// `augment`, `renew`
    pub kind: String,
    /// The file: where it went, or its name.
    pub file: String,
    /// Where it stands.
    pub state: WorkState,
    /// Why it waits or failed, or is done with less than was asked for.
    pub reason: Option<Said>,
    /// What keeps the file from its level, for each certificate.
    pub missing: Vec<Said>,
    /// When it is tried again, RFC 3339.
    pub next_try: Option<String>,
}

/// What `hankod extend --due` tells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DueReport {
    /// Every job that was open.
    pub work: Vec<WorkView>,
    /// Files whose archive nears its end and of which `work` says nothing.
    pub files: Vec<DueFile>,
}

impl App {
    /// What is open.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn list_due(&self, lang: Lang) -> Result<DueReport, Failure> {
        self.look_into_folders().await?;
        let jobs = self.open_jobs().await?;
        let view = |(kind, row): &(Kind, store::Job)| WorkView::of(*kind, row, lang);
        let work = jobs.iter().map(view).collect();
        self.report_due(work, lang).await
    }

    /// Tries everything that is open now, whatever it waits for, and tells what became of it. `at` is told each moment.
    ///
    /// # Errors
    /// What `at` said; what the state refused.
    pub async fn work_due(
        &self,
        at: Arc<WorkCheckpoint>,
        ending: CancellationToken,
        lang: Lang,
    ) -> Result<DueReport, Failure> {
        self.plan_renewals(Again::Now).await?;
        let jobs = self.open_jobs().await?;
        let now = self.now();
        let hurried = self.store().write(move |tx| {
            Box::pin(async move {
                for kind in Kind::ALL {
                    tx.hurry_jobs(kind.name(), now).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        hurried.await?;
        self.work_off(at, ending.clone()).await?;
        let mut work = Vec::with_capacity(jobs.len());
        for (kind, row) in jobs {
            let row = self.settled(row, &ending).await?;
            work.push(WorkView::of(kind, &row, lang));
        }
        self.report_due(work, lang).await
    }

    async fn report_due(&self, work: Vec<WorkView>, lang: Lang) -> Result<DueReport, Failure> {
        let mut files = self.due_files(lang).await?;
        files.retain(|due| work.iter().all(|told| told.file != due.file));
        Ok(DueReport { work, files })
    }

    async fn open_jobs(&self) -> Result<Vec<(Kind, store::Job)>, Failure> {
        let mut jobs = Vec::new();
        for kind in Kind::ALL {
            let open = self.store().open_jobs(kind.name(), MAX_JOBS).await?;
            jobs.extend(open.into_iter().map(|row| (kind, row)));
        }
        Ok(jobs)
    }

    /// The job once nobody works on it.
    async fn settled(&self, mut row: store::Job, ending: &CancellationToken) -> Result<store::Job, Failure> {
        loop {
            let worked = self.0.worked.notified();
            tokio::pin!(worked);
            worked.as_mut().enable();
            // A job that is forgotten meanwhile is told as it was.
            row = self.store().job(&row.id).await?.unwrap_or(row);
            let overdue = row.lease_until.is_none_or(|until| until < self.now());
            if overdue || ending.is_cancelled() {
                return Ok(row);
            }
            // Whether told or not, the next look decides.
            let _ = tokio::time::timeout(LOOK, worked).await;
        }
    }
}

impl WorkState {
    /// Of a stored job.
    pub(super) fn of(row: &store::Job) -> Self {
        match row.state {
            JobState::Open if row.owner.is_some() => Self::Working,
            JobState::Open => Self::Waiting,
            JobState::Done => Self::Done,
            JobState::Failed => Self::Failed,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}

/// When a job that waits is tried again, RFC 3339.
pub(super) fn next_try(row: &store::Job) -> Option<String> {
    (WorkState::of(row) == WorkState::Waiting).then(|| row.not_before.rfc3339())
}

impl WorkView {
    fn of(kind: Kind, row: &store::Job, lang: Lang) -> Self {
        let state = WorkState::of(row);
        let job = Job::read(kind, row);
        Self {
            id: row.id.clone(),
            kind: kind.name().to_owned(),
            file: job.as_ref().map(Job::file).unwrap_or_default(),
            state,
            reason: reason(row, lang),
            missing: job.map(|job| job.missing(lang)).unwrap_or_default(),
            next_try: next_try(row),
        }
    }
}

/// Why a job waits, failed, or did less than was asked for, in words.
pub(super) fn reason(row: &store::Job, lang: Lang) -> Option<Said> {
    let code = row.reason.as_deref()?;
    let values: BTreeMap<String, String> =
        serde_json::from_str(row.detail.as_deref().unwrap_or_default()).unwrap_or_default();
    Some(said(code, &values, lang))
}

/// A code that was kept with the values of its message, in words.
pub(super) fn said(code: &str, values: &BTreeMap<String, String>, lang: Lang) -> Said {
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Said {
        code: code.to_owned(),
        message: say(lang, &code.replace('_', "-"), &values),
    }
}
