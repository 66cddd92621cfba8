//! Which files of concluded contracts are due: those whose last timestamp nears its end, and those whose evidence was not whole. What is due becomes a
//! job; nothing is renewed here.

use super::App;
use crate::app::failure::Failure;
use crate::app::jobs::{self, Kind};
use crate::app::renewal::Again;
use crate::audit::AuditError;
use crate::clock::Timestamp;
use crate::store::{ContractArchive, JobState, Put};

/// Files that become jobs at one look, the first to end first.
const MAX_DUE: u32 = 10_000;

impl App {
    /// Makes jobs of the files whose evidence ends before `before` or is not whole.
    ///
    /// # Errors
    /// What the state refused; the anchors' errors.
    pub(crate) async fn plan_contract_files(&self, before: Timestamp, again: Again) -> Result<(), Failure> {
        let due = self.store().due_archives(before, MAX_DUE).await?;
        // Without anybody to trust there is no more to be had.
        if due.is_empty() || self.anchors().await?.is_empty() {
            return Ok(());
        }
        for archive in due {
            self.plan_contract_file(archive, again).await?;
        }
        Ok(())
    }

    /// Those of the files that are archives, with the job that failed to renew each.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn due_contract_files(
        &self,
        before: Timestamp,
    ) -> Result<Vec<(ContractArchive, Option<crate::store::Job>)>, Failure> {
        let mut due = Vec::new();
        for archive in self.store().due_archives(before, MAX_DUE).await? {
            let job = self.store().job_of(Kind::Keep.name(), &key(&archive)).await?;
            due.push((archive, job.filter(|job| job.state == JobState::Failed)));
        }
        Ok(due)
    }

    async fn plan_contract_file(&self, archive: ContractArchive, again: Again) -> Result<(), Failure> {
        let now = self.now();
        let put = |archive: ContractArchive| async move {
            let (job, key) = (jobs::keeping(&archive), key(&archive));
            let written = self.store().write(move |tx| {
                Box::pin(async move {
                    tx.put_archive(&archive).await?;
                    jobs::put(tx, &job, &key, jobs::ACTOR, (now, now)).await
                })
            });
            let put: Result<Put, AuditError> = written.await;
            put
        };
        if let Put::Known(job) = put(archive.clone()).await?
            && job.state != JobState::Open
            && again.may(job.updated, now)
        {
            // As one of which nothing was tried yet.
            let updated = now;
            put(ContractArchive { updated, ..archive }).await?;
        }
        Ok(())
    }
}

/// Names the work: the document, its file, and the last time that something became of it.
fn key(archive: &ContractArchive) -> String {
    let sha256 = hex::encode(archive.sha256);
    format!(
        "{}/{}/{sha256}/{}",
        archive.contract,
        archive.document,
        archive.updated.micros()
    )
}
