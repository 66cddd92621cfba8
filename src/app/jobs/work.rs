//! The workers of jobs: they claim what is due, run its steps, write the answers, and sleep until there is more.
//!
//! A bounded number of jobs of each kind at once. A job whose workers keep dying is run alone, then not at all, so that it takes nobody with it.
//! An answer that comes after the job was called off, or taken over, is thrown away with all that belongs to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settle::{self, MAX_UNANSWERED, settle};
use super::{Answer, Job, Kind};
use crate::app::App;
use crate::app::failure::{Failure, FailureKind};
use crate::audit::{self, AuditError};
use crate::store::{self, Claim, Lease, RunLock};
use crate::text::Explain;

/// How long a lease lasts without being kept up.
const LEASE: Duration = Duration::from_secs(60);
/// Between two times that a worker keeps its lease up.
const BEAT: Duration = Duration::from_secs(15);
/// The longest sleep: another process may have put a job.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// One step. What takes longer hangs.
const MAX_STEP: Duration = Duration::from_secs(30 * 60);
/// Unanswered leases after which a job is run alone.
const SUSPECT: u32 = 2;
/// Who does the work, in the audit log.
pub(crate) const ACTOR: &str = "jobs";

/// A moment of a job's step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkStep {
    /// What sort of work.
    pub kind: Kind,
    /// The job.
    pub job: String,
    /// The step's name.
    pub step: String,
    /// Which moment.
    pub moment: Moment,
}

/// Moments of a step, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Moment {
    /// The job is leased; nothing is done.
    Begun,
    /// The work is done; nothing of it is written.
    Answered,
    /// The answer is durable.
    Kept,
}

/// Told each moment; an error there ends the worker where it stands.
pub type WorkCheckpoint = dyn Fn(&WorkStep) -> Result<(), Failure> + Send + Sync;

/// The workers of one process.
struct Workers {
    app: App,
    at: Arc<WorkCheckpoint>,
    /// Whether to begin nothing more.
    ending: CancellationToken,
    run: String,
    lock: RunLock,
    tasks: JoinSet<(Kind, Result<(), Failure>)>,
    running: BTreeMap<Kind, usize>,
    /// A suspect runs; nothing else begins.
    alone: bool,
}

impl App {
    /// Works on jobs until `ending`, then finishes the steps under way.
    ///
    /// # Errors
    /// What the state refused at the beginning.
    pub async fn work(&self, ending: CancellationToken) -> Result<(), Failure> {
        let mut workers = Workers::new(self, Arc::new(|_| Ok(())), ending).await?;
        let watching = self.watch_renewals(workers.ending.clone());
        let reminding = self.watch_reminders(workers.ending.clone());
        let ending_overdue = self.watch_due_dates(workers.ending.clone());
        let working = async {
            while !workers.ending.is_cancelled() {
                workers.begin_all().await;
                workers.pause().await;
            }
        };
        tokio::join!(watching, reminding, ending_overdue, working);
        workers.end().await
    }

    /// Works on the jobs that are due now and ends when nothing is left that this process can do. `at` is told each moment.
    ///
    /// # Errors
    /// What `at` said; what the state refused.
    pub async fn work_off(&self, at: Arc<WorkCheckpoint>, ending: CancellationToken) -> Result<(), Failure> {
        let mut workers = Workers::new(self, at, ending).await?;
        let result = workers.work_off().await;
        if result.is_err() {
            // As a process that ends in the middle: nothing more is written by those under way.
            workers.tasks.shutdown().await;
        }
        result.and(workers.end().await)
    }

    /// Wakes the workers: a job was put, or became due.
    pub(crate) fn wake_workers(&self) {
        self.0.wake.notify_one();
    }
}

impl Workers {
    async fn new(app: &App, at: Arc<WorkCheckpoint>, ending: CancellationToken) -> Result<Self, Failure> {
        let run = crate::app::new_id();
        let (dir, name) = (app.store().dir().clone(), run.clone());
        let lock = app.blocking(move || Ok(dir.lock_for_jobs(&name)?)).await?;
        Ok(Self {
            app: app.clone(),
            at,
            ending,
            run,
            lock,
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
            alone: false,
        })
    }

    async fn work_off(&mut self) -> Result<(), Failure> {
        loop {
            if !self.ending.is_cancelled() {
                self.free_the_dead().await?;
                self.begin().await?;
            }
            let Some(ended) = self.tasks.join_next().await else {
                return Ok(());
            };
            self.ended(ended)?;
        }
    }

    /// As [`Workers::begin`]; what fails is logged and tried again later.
    async fn begin_all(&mut self) {
        let begun = match self.free_the_dead().await {
            Ok(()) => self.begin().await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = begun {
            log::error!(code = "jobs_not_begun", reason = failure.code(); "jobs could not be taken up");
        }
    }

    /// Ends the leases of processes that were killed.
    async fn free_the_dead(&self) -> Result<(), Failure> {
        let dir = self.app.store().dir().clone();
        for run in self.app.blocking(move || Ok(dir.dead_runs()?)).await? {
            let ended = self
                .app
                .store()
                .write(move |tx| Box::pin(async move { tx.end_leases(&run).await }));
            let count: u64 = ended.await.map_err(Failure::from)?;
            if count > 0 {
                log::warn!(code = "jobs_taken_over", count; "jobs of a process that is gone were taken over");
            }
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        self.alone &= !self.tasks.is_empty();
        if self.alone {
            return Ok(());
        }
        for kind in Kind::ALL {
            let room = kind.at_once() - self.running.get(&kind).copied().unwrap_or(0);
            if room > 0 {
                self.claim(kind, 0..SUSPECT, room).await?;
            }
        }
        for kind in Kind::ALL {
            if self.tasks.is_empty() {
                self.claim(kind, SUSPECT..u32::MAX, 1).await?;
                self.alone = !self.tasks.is_empty();
            }
        }
        Ok(())
    }

    async fn claim(&mut self, kind: Kind, unanswered: std::ops::Range<u32>, count: usize) -> Result<(), Failure> {
        let at = self.app.now();
        let claim = Claim {
            kind: kind.name(),
            max_version: kind.version(),
            min_unanswered: unanswered.start,
            max_unanswered: unanswered.end,
            count,
            owner: self.run.clone(),
            at,
            until: at.plus(LEASE),
        };
        // Most looks find nothing, and a look that only reads costs no turn of the writer.
        let next = self.app.store().next_job(kind.name(), kind.version()).await?;
        if next.is_none_or(|next| next > at) {
            return Ok(());
        }
        let claimed = self
            .app
            .store()
            .write(move |tx| Box::pin(async move { tx.claim_jobs(&claim).await }));
        let jobs: Vec<store::Job> = claimed.await.map_err(Failure::from)?;
        for row in jobs {
            *self.running.entry(kind).or_default() += 1;
            let worker = Worker {
                app: self.app.clone(),
                at: self.at.clone(),
                ending: self.ending.clone(),
                kind,
            };
            self.tasks.spawn(async move { (kind, worker.run(row).await) });
        }
        Ok(())
    }

    /// Sleeps until a job is put, becomes due, or ends, or the daemon does.
    async fn pause(&mut self) {
        let mut wake = Instant::now() + MAX_SLEEP;
        for kind in Kind::ALL {
            let full = self.running.get(&kind).is_some_and(|n| *n >= kind.at_once());
            // What cannot be read now is asked again after the sleep.
            if let (false, Ok(Some(next))) = (full, self.app.store().next_job(kind.name(), kind.version()).await) {
                wake = wake.min(Instant::now() + next.since(self.app.now()).max(settle::MIN_PAUSE));
            }
        }
        let ended = tokio::select! {
            () = self.ending.cancelled() => None,
            () = self.app.0.wake.notified() => None,
            Some(ended) = self.tasks.join_next() => Some(ended),
            () = tokio::time::sleep_until(wake) => None,
        };
        if let Some(ended) = ended {
            drop(self.ended(ended));
        }
    }

    fn ended(&mut self, ended: Result<(Kind, Result<(), Failure>), tokio::task::JoinError>) -> Result<(), Failure> {
        // A worker catches what a step does; it ends otherwise only with the process.
        let (kind, result) = ended.map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))?;
        if let Some(count) = self.running.get_mut(&kind) {
            *count -= 1;
        }
        result
    }

    /// Lets what runs finish and leaves in order.
    async fn end(mut self) -> Result<(), Failure> {
        while let Some(ended) = self.tasks.join_next().await {
            drop(self.ended(ended));
        }
        let run = self.run;
        let ended = self
            .app
            .store()
            .write(move |tx| Box::pin(async move { tx.end_leases(&run).await }));
        let _: u64 = ended.await.map_err(Failure::from)?;
        self.lock.leave();
        Ok(())
    }
}

/// Whoever runs the steps of one job.
struct Worker {
    app: App,
    at: Arc<WorkCheckpoint>,
    ending: CancellationToken,
    kind: Kind,
}

impl Worker {
    /// Runs steps until the job ends, waits, or is somebody else's.
    async fn run(&self, mut row: store::Job) -> Result<(), Failure> {
        loop {
            self.tell(&row, Moment::Begun)?;
            let answer = match row.unanswered > MAX_UNANSWERED {
                true => Err(Failure::new(FailureKind::Internal, "job_poisoned")),
                false => self.step(&row).await,
            };
            self.tell(&row, Moment::Answered)?;
            match self.keep(&row, answer).await {
                Ok(next) => {
                    self.app.0.worked.notify_waiters();
                    self.tell(&row, Moment::Kept)?;
                    if next.owner.is_none() {
                        return Ok(());
                    }
                    row = next;
                }
                Err(AuditError::Store(error)) if error.is_lost_lease() => {
                    log::warn!(code = "job_lost", job = row.id.as_str(); "a job was called off or taken over while it was worked on");
                    return Ok(());
                }
                Err(error) => {
                    // The disk may be full: nothing can be written, so the same worker tries again while it has the job.
                    log::error!(code = "job_not_written", job = row.id.as_str(), reason = error.code(); "a job's progress could not be written");
                    if self.rest().await {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// `true` when the process is about to end.
    async fn rest(&self) -> bool {
        let ended = tokio::time::timeout(settle::MIN_BACK_OFF, self.ending.cancelled()).await;
        ended.is_ok()
    }

    /// Does the step's work while the lease is kept up.
    async fn step(&self, row: &store::Job) -> Result<Answer, Failure> {
        let job = Job::read(self.kind, row).ok_or(Failure::new(FailureKind::Internal, "job_unreadable"))?;
        let (app, id) = (self.app.clone(), row.id.clone());
        // In a task of its own, so that a panic is an answer too; it ends with this worker.
        let mut work = JoinSet::new();
        work.spawn(async move { job.run(&app, &id).await });
        let deadline = tokio::time::sleep(MAX_STEP);
        let mut beat = tokio::time::interval(BEAT);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                done = work.join_next() => return match done {
                    Some(Ok(answer)) => answer,
                    Some(Err(_)) | None => Err(Failure::new(FailureKind::Internal, "job_panicked")),
                },
                _ = beat.tick() => self.keep_up(row.lease()).await,
                () = &mut deadline => return Err(Failure::new(FailureKind::Timeout, "job_step_timeout")),
            }
        }
    }

    async fn keep_up(&self, lease: Lease) {
        let until = self.app.now().plus(LEASE);
        let kept = self
            .app
            .store()
            .write(move |tx| Box::pin(async move { tx.keep_lease(&lease, until).await }));
        if let Err(error) = kept.await {
            // The answer will find out.
            log::warn!(code = "job_lease_not_kept", reason = error.code(); "a job's lease could not be kept up");
        }
    }

    /// Writes the answer, what belongs to it, and its audit entry.
    async fn keep(&self, row: &store::Job, answer: Result<Answer, Failure>) -> Result<store::Job, AuditError> {
        let at = self.app.now();
        let (next, also, details) = match answer {
            Ok(answer) => (Ok(answer.next), answer.also, answer.details),
            Err(failure) => (Err(failure), None, Vec::new()),
        };
        let mut chance = [0; 1];
        // Without chance the waits are merely alike.
        let _ = getrandom::fill(&mut chance);
        let hold = (!self.ending.is_cancelled()).then(|| at.plus(LEASE));
        let moved = settle(row, next.as_ref(), at, chance[0], hold);
        if let Some(reason) = moved.reason {
            let (job, step, next_try) = (row.id.as_str(), row.step.as_str(), moved.not_before.rfc3339());
            match moved.state {
                store::JobState::Failed => {
                    log::error!(code = "job_failed", job, kind = self.kind.name(), step, reason; "a job failed")
                }
                store::JobState::Done => {
                    log::warn!(code = "job_short", job, kind = self.kind.name(), step, reason; "a job did what can be done, which is less than was asked for")
                }
                _ => {
                    log::warn!(code = "job_waits", job, kind = self.kind.name(), step, reason, next_try; "a job waits")
                }
            }
        }
        let event = super::record(row, &moved, details, ACTOR);
        let lease = row.lease();
        let written = self.app.store().write(move |tx| {
            Box::pin(async move {
                // First, so that a lost lease stops everything else.
                let row = tx.move_job(&lease, &moved).await?;
                if let Some(also) = also {
                    also(tx).await?;
                }
                if let Some(event) = event {
                    audit::append(tx, &event).await?;
                }
                Ok::<_, AuditError>(row)
            })
        });
        written.await
    }

    fn tell(&self, row: &store::Job, moment: Moment) -> Result<(), Failure> {
        (self.at)(&WorkStep {
            kind: self.kind,
            job: row.id.clone(),
            step: row.step.clone(),
            moment,
        })
    }
}
