//! Jobs: work that outlasts the process, leased to one worker at a time and moved on step by step.
//!
//! Several processes may share the table: a lease says who works on a job and until when, its number refuses the answer of a worker that was
//! taken for dead. What a job means is `app`'s; the SQL is what SQLite and PostgreSQL both understand.

use super::dialect::{Row, column};
use super::{Store, StoreError, Tx};
use crate::clock::Timestamp;

const JOB: &str = "job";
const LEASE: &str = "lease";

/// The columns of [`Job`], in its order.
const COLUMNS: &str = "id, kind, unique_key, version, payload, step, state, priority, attempts, unanswered, not_before, reason, detail, \
                       owner, lease, lease_until, created, updated";

/// Open, and nobody works on it; `$3` is the time.
const FREE: &str = "state = 'open' AND (owner IS NULL OR lease_until <= $3)";

/// A job to be put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewJob {
    /// Opaque, unique.
    pub id: String,
    /// What sort of work.
    pub kind: &'static str,
    /// The same work has the same key, within its kind, for ever.
    pub key: String,
    /// Of the payload's shape.
    pub version: u32,
    /// JSON.
    pub payload: String,
    /// The first step.
    pub step: &'static str,
    /// Higher goes first.
    pub priority: i32,
    /// When.
    pub at: Timestamp,
    /// Not begun before this.
    pub not_before: Timestamp,
}

/// What [`Tx::put_job`] found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Put {
    /// It stands there now, under this id.
    New(String),
    /// The same work stood there before: this job.
    Known(Box<Job>),
}

/// A stored job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// Opaque.
    pub id: String,
    /// What sort of work.
    pub kind: String,
    /// Names the work within its kind.
    pub key: String,
    /// Of the payload's shape.
    pub version: u32,
    /// JSON.
    pub payload: String,
    /// The step that is next or under way.
    pub step: String,
    /// Where it stands.
    pub state: JobState,
    /// Higher goes first.
    pub priority: i32,
    /// Failures in a row at this step.
    pub attempts: u32,
    /// Leases in a row that ended without an answer, the present one among them.
    pub unanswered: u32,
    /// Not before this.
    pub not_before: Timestamp,
    /// Code of the last failure or wait.
    pub reason: Option<String>,
    /// Values that its message names: a JSON object of text.
    pub detail: Option<String>,
    /// Who works on it.
    pub owner: Option<String>,
    /// Number of the last lease.
    pub lease: i64,
    /// Until when it is leased.
    pub lease_until: Option<Timestamp>,
    /// When it was put.
    pub created: Timestamp,
    /// Its last change.
    pub updated: Timestamp,
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits or is worked on.
    Open,
    /// All its steps are done.
    Done,
    /// It ended with an error.
    Failed,
    /// It was called off.
    Cancelled,
}

/// Which jobs a worker takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Of this kind.
    pub kind: &'static str,
    /// With a payload of this version at most: a newer daemon's jobs are left to it.
    pub max_version: u32,
    /// With so many unanswered leases at least and less than `max_unanswered`.
    pub min_unanswered: u32,
    /// See `min_unanswered`.
    pub max_unanswered: u32,
    /// No more than these.
    pub count: usize,
    /// Who takes them.
    pub owner: String,
    /// Now.
    pub at: Timestamp,
    /// The lease's end.
    pub until: Timestamp,
}

/// The right to answer for a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The job.
    pub job: String,
    /// Its number.
    pub number: i64,
}

/// What a step's answer makes of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Where it stands then.
    pub state: JobState,
    /// The step that is next, with its payload and that one's version; `None`: as it was.
    pub next: Option<(&'static str, u32, String)>,
    /// Failures in a row at this step.
    pub attempts: u32,
    /// Not before this.
    pub not_before: Timestamp,
    /// Why.
    pub reason: Option<&'static str>,
    /// Values that the reason's message names: a JSON object of text.
    pub detail: Option<String>,
    /// Keep the lease until then, to go on at once.
    pub hold: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

impl Job {
    /// The right to answer that came with a claim.
    pub fn lease(&self) -> Lease {
        Lease {
            job: self.id.clone(),
            number: self.lease,
        }
    }
}

impl StoreError {
    /// Whether an answer was refused because its job ended or is somebody else's by now.
    pub fn is_lost_lease(&self) -> bool {
        matches!(self, Self::NotFound { what: LEASE })
    }

    /// Whether a job was not there, or not open any more.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::NotFound { what: JOB })
    }
}

impl Store {
    /// A job.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn job(&self, id: &str) -> Result<Option<Job>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
        let mut found = self.select_jobs(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id)).await?;
        Ok(found.pop())
    }

    /// The job of a kind with this key.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn job_of(&self, kind: &str, key: &str) -> Result<Option<Job>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND unique_key = $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).bind(key);
        Ok(self.select_jobs(query).await?.pop())
    }

    /// The jobs of a kind whose keys begin with `prefix` and a stroke.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn jobs_under(&self, kind: &str, prefix: &str) -> Result<Vec<Job>, StoreError> {
        // '0' follows '/'.
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND unique_key > $2 AND unique_key < $3");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind);
        self.select_jobs(query.bind(format!("{prefix}/")).bind(format!("{prefix}0")))
            .await
    }

    /// Open jobs of a kind, oldest first, no more than `count`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn open_jobs(&self, kind: &str, count: u32) -> Result<Vec<Job>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND state = 'open' ORDER BY created, id LIMIT $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind).bind(i64::from(count));
        self.select_jobs(query).await
    }

    /// When the next open job of a kind can be taken: at its time, or when its lease ends. `None`: there is none.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn next_job(&self, kind: &str, max_version: u32) -> Result<Option<Timestamp>, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(
            "SELECT MIN(CASE WHEN owner IS NULL OR lease_until < not_before THEN not_before ELSE lease_until END) \
             FROM jobs WHERE kind = $1 AND state = 'open' AND version <= $2",
        )
        .bind(kind)
        .bind(i64::from(max_version))
        .fetch_one(&mut *reader)
        .await
        .map_err(|e| self.explain(&e))?;
        Ok(column::<Option<i64>>(&row, 0)?.map(Timestamp::from_micros))
    }

    async fn select_jobs(
        &self,
        query: sqlx::query::Query<'_, super::dialect::Db, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<Job>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = query.fetch_all(&mut *reader).await.map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

impl Tx {
    /// Writes a job, unless the same work stands there.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_job(&mut self, new: &NewJob) -> Result<Put, StoreError> {
        let done = sqlx::query(
            "INSERT INTO jobs (id, kind, unique_key, version, payload, step, state, priority, attempts, unanswered, not_before, \
             lease, created, updated) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, 0, 0, $8, 0, $9, $9) \
             ON CONFLICT (kind, unique_key) DO NOTHING",
        )
        .bind(&new.id)
        .bind(new.kind)
        .bind(&new.key)
        .bind(i64::from(new.version))
        .bind(&new.payload)
        .bind(new.step)
        .bind(i64::from(new.priority))
        .bind(new.not_before.micros())
        .bind(new.at.micros())
        .execute(&mut self.connection)
        .await;
        if self.note(JOB, done)?.rows_affected() == 1 {
            return Ok(Put::New(new.id.clone()));
        }
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND unique_key = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(new.kind)
            .bind(&new.key)
            .fetch_one(&mut self.connection)
            .await;
        let row = self.note(JOB, row)?;
        Ok(Put::Known(Box::new(read(&row)?)))
    }

    /// Leases the most urgent jobs that are due to `claim.owner`. An overdue lease is taken over.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn claim_jobs(&mut self, claim: &Claim) -> Result<Vec<Job>, StoreError> {
        // What is free is asked a second time outside: in a database with several writers another may have been quicker.
        let sql = format!(
            "UPDATE jobs SET owner = $1, lease_until = $2, lease = lease + 1, unanswered = unanswered + 1, updated = $3 \
             WHERE {FREE} AND id IN (SELECT id FROM jobs WHERE kind = $4 AND version <= $5 AND unanswered >= $6 \
             AND unanswered < $7 AND not_before <= $3 AND {FREE} ORDER BY priority DESC, not_before, id LIMIT $8) \
             RETURNING {COLUMNS}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&claim.owner)
            .bind(claim.until.micros())
            .bind(claim.at.micros())
            .bind(claim.kind)
            .bind(i64::from(claim.max_version))
            .bind(i64::from(claim.min_unanswered))
            .bind(i64::from(claim.max_unanswered))
            .bind(i64::try_from(claim.count).unwrap_or(i64::MAX))
            .fetch_all(&mut self.connection)
            .await;
        let rows = self.note(JOB, rows)?;
        let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        jobs.sort_by(|a, b| (b.priority, a.not_before, &a.id).cmp(&(a.priority, b.not_before, &b.id)));
        Ok(jobs)
    }

    /// Keeps a lease until then.
    ///
    /// # Errors
    /// `state_not_found` when the job ended or somebody else has it.
    pub async fn keep_lease(&mut self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET lease_until = $1 WHERE id = $2 AND lease = $3 AND state = 'open' AND owner IS NOT NULL",
        )
        .bind(until.micros())
        .bind(&lease.job)
        .bind(lease.number)
        .execute(&mut self.connection)
        .await;
        self.met(LEASE, 1, done)
    }

    /// Writes a step's answer. Returns the job as it is then.
    ///
    /// # Errors
    /// `state_not_found` when the job ended or somebody else has it: then nothing of the answer may be kept.
    pub async fn move_job(&mut self, lease: &Lease, moved: &Moved) -> Result<Job, StoreError> {
        let (step, version, payload) = moved
            .next
            .clone()
            .map_or((None, None, None), |(step, version, payload)| {
                (Some(step), Some(i64::from(version)), Some(payload))
            });
        let sql = format!(
            "UPDATE jobs SET state = $1, step = COALESCE($2, step), version = COALESCE($3, version), payload = COALESCE($4, payload), \
             attempts = $5, unanswered = 0, not_before = $6, reason = $7, detail = $12, lease_until = $8, \
             owner = CASE WHEN $8 IS NULL THEN NULL ELSE owner END, updated = $9 \
             WHERE id = $10 AND lease = $11 AND state = 'open' AND owner IS NOT NULL RETURNING {COLUMNS}"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(moved.state.name())
            .bind(step)
            .bind(version)
            .bind(payload)
            .bind(i64::from(moved.attempts))
            .bind(moved.not_before.micros())
            .bind(moved.reason)
            .bind(moved.hold.map(Timestamp::micros))
            .bind(moved.at.micros())
            .bind(&lease.job)
            .bind(lease.number)
            .bind(moved.detail.as_deref())
            .fetch_optional(&mut self.connection)
            .await;
        let row = self.note(JOB, row)?;
        read(&row.ok_or(StoreError::NotFound { what: LEASE })?)
    }

    /// Calls an open job off; a worker's answer to it is refused from now on.
    ///
    /// # Errors
    /// `state_not_found` when it is not open.
    pub async fn cancel_job(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET state = 'cancelled', owner = NULL, lease_until = NULL, updated = $1 WHERE id = $2 AND state = 'open'",
        )
        .bind(at.micros())
        .bind(id)
        .execute(&mut self.connection)
        .await;
        self.met(JOB, 1, done)
    }

    /// Opens a failed or cancelled job again, at the step where it stopped.
    ///
    /// # Errors
    /// `state_not_found` when it is neither.
    pub async fn reopen_job(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET state = 'open', attempts = 0, unanswered = 0, not_before = $1, updated = $1 \
             WHERE id = $2 AND state IN ('failed', 'cancelled')",
        )
        .bind(at.micros())
        .bind(id)
        .execute(&mut self.connection)
        .await;
        self.met(JOB, 1, done)
    }

    /// Lets every open job of a kind be tried at once, whatever it waits for. Returns how many waited.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn hurry_jobs(&mut self, kind: &str, at: Timestamp) -> Result<u64, StoreError> {
        let done =
            sqlx::query("UPDATE jobs SET not_before = $1 WHERE kind = $2 AND state = 'open' AND not_before > $1")
                .bind(at.micros())
                .bind(kind)
                .execute(&mut self.connection)
                .await;
        Ok(self.note(JOB, done)?.rows_affected())
    }

    /// Ends the leases of a worker that is gone. Its unanswered ones stay counted.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn end_leases(&mut self, owner: &str) -> Result<u64, StoreError> {
        let done = sqlx::query("UPDATE jobs SET owner = NULL, lease_until = NULL WHERE owner = $1")
            .bind(owner)
            .execute(&mut self.connection)
            .await;
        Ok(self.note(JOB, done)?.rows_affected())
    }
}

impl JobState {
    /// As it stands in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Open, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(StoreError::Damaged { what: JOB })
    }
}

fn read(row: &Row) -> Result<Job, StoreError> {
    let small = |at| Ok(u32::try_from(column::<i64>(row, at)?).unwrap_or(u32::MAX));
    Ok(Job {
        id: column(row, 0)?,
        kind: column(row, 1)?,
        key: column(row, 2)?,
        version: small(3)?,
        payload: column(row, 4)?,
        step: column(row, 5)?,
        state: JobState::parse(column(row, 6)?)?,
        priority: i32::try_from(column::<i64>(row, 7)?).unwrap_or_default(),
        attempts: small(8)?,
        unanswered: small(9)?,
        not_before: Timestamp::from_micros(column(row, 10)?),
        reason: column(row, 11)?,
        detail: column(row, 12)?,
        owner: column(row, 13)?,
        lease: column(row, 14)?,
        lease_until: column::<Option<i64>>(row, 15)?.map(Timestamp::from_micros),
        created: Timestamp::from_micros(column(row, 16)?),
        updated: Timestamp::from_micros(column(row, 17)?),
    })
}
