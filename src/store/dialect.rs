//! Everything that is particular to SQLite: how it is opened, how it locks, what its errors mean.
//!
//! The queries elsewhere use `$1` parameters and what both databases share; another database is another file like this one.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row as _, SqlSafeStr};

use super::{BUSY_TIMEOUT_MS, StoreError};

pub(super) type Db = sqlx::Sqlite;
pub(super) type Connection = sqlx::SqliteConnection;
pub(super) type Pool = sqlx::SqlitePool;
pub(super) type Row = sqlx::sqlite::SqliteRow;

/// One writer: the lock is taken at the start, so that no transaction fails half-way for want of it.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

const MAX_READERS: u32 = 4;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "house", include_str!("migrations/sqlite/0001_house.sql")),
    (2, "timestamps", include_str!("migrations/sqlite/0002_timestamps.sql")),
    (3, "levels", include_str!("migrations/sqlite/0003_levels.sql")),
    (4, "jobs", include_str!("migrations/sqlite/0004_jobs.sql")),
    (5, "clients", include_str!("migrations/sqlite/0005_clients.sql")),
    (6, "digests", include_str!("migrations/sqlite/0006_digests.sql")),
    (7, "policies", include_str!("migrations/sqlite/0007_policies.sql")),
    (
        8,
        "receipts_seals",
        include_str!("migrations/sqlite/0008_receipts_seals.sql"),
    ),
    (10, "contracts", include_str!("migrations/sqlite/0010_contracts.sql")),
    (11, "party", include_str!("migrations/sqlite/0011_party.sql")),
    (12, "people", include_str!("migrations/sqlite/0012_people.sql")),
    (13, "archives", include_str!("migrations/sqlite/0013_archives.sql")),
    (
        16,
        "site_nonces",
        include_str!("migrations/sqlite/0016_site_nonces.sql"),
    ),
];

/// The writer's connection. `synchronous=FULL`: a commit returns after its pages are on disk.
pub(super) async fn connect(path: &Path) -> Result<Connection, StoreError> {
    options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .map_err(|e| explain(&e, path))
}

/// Connections that can only read, opened when they are first needed.
pub(super) fn readers(path: &Path) -> Pool {
    SqlitePoolOptions::new()
        .max_connections(MAX_READERS)
        .min_connections(0)
        .acquire_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .test_before_acquire(false)
        .connect_lazy_with(options(path).pragma("query_only", "on"))
}

/// Runs the migrations that are missing, forward only. Call under the opening lock.
pub(super) async fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS
        .iter()
        .map(|(version, name, sql)| {
            Migration::new(
                *version,
                (*name).into(),
                MigrationType::Simple,
                sql.into_sql_str(),
                false,
            )
        })
        .collect();
    Migrator::with_migrations(known)
        .run(&mut *connection)
        .await
        .map_err(|e| explain_migration(e, path))
}

/// What a database error means to us; `path` is named when the disk is full.
pub(super) fn explain(error: &sqlx::Error, path: &Path) -> StoreError {
    let code = match error {
        sqlx::Error::Database(inner) => inner.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or(0),
        sqlx::Error::PoolTimedOut => return StoreError::Busy,
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => return StoreError::Closed,
        _ => 0,
    };
    // Extended result codes carry the primary code in their low byte (https://sqlite.org/rescode.html).
    match (code & 0xff, code) {
        (5 | 6, _) => StoreError::Busy,
        // SQLITE_FULL; SQLITE_IOERR_WRITE, _TRUNCATE and _SHMSIZE are how a full disk or a file size limit shows in WAL mode.
        (13, _) | (10, 778 | 1546 | 4874) => StoreError::DiskFull { path: path.to_owned() },
        (11 | 26, _) => StoreError::Damaged { what: "database" },
        _ => StoreError::Database {
            message: error.to_string(),
        },
    }
}

/// `true` when only the statement failed and its transaction can go on: a constraint refused the row.
pub(super) fn is_constraint(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(inner) if inner.code().and_then(|c| c.parse::<u32>().ok()).is_some_and(|c| c & 0xff == 19))
}

/// A column of a row that we wrote ourselves; another type than ours means that the database was changed from outside.
pub(super) fn column<'r, T>(row: &'r Row, at: usize) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, Db> + sqlx::Type<Db>,
{
    row.try_get(at).map_err(|_| StoreError::Damaged { what: "row" })
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .foreign_keys(true)
        .disable_statement_logging()
}

fn explain_migration(error: MigrateError, path: &Path) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => StoreError::Newer,
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => explain(&inner, path),
        MigrateError::VersionMismatch(_) => StoreError::Damaged { what: "migration" },
        other => StoreError::Database {
            message: other.to_string(),
        },
    }
}
