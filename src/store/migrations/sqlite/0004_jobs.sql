-- Work that outlasts the process: one row a job, moved on step by step. What `payload` and `step` say is promised in docs/jobs.md.
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    unique_key  TEXT NOT NULL,
    version     BIGINT NOT NULL,     -- of the payload's shape
    payload     TEXT NOT NULL,       -- JSON
    step        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'cancelled')),
    priority    BIGINT NOT NULL,     -- higher goes first
    attempts    BIGINT NOT NULL,     -- failures in a row at this step
    unanswered  BIGINT NOT NULL,     -- leases in a row that ended without an answer
    not_before  BIGINT NOT NULL,
    reason      TEXT,                -- code of the last failure or wait
    detail      TEXT,                -- values that its message names, JSON
    owner       TEXT,                -- who works on it
    lease       BIGINT NOT NULL,     -- number of the last lease; an answer under an older one is refused
    lease_until BIGINT,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    UNIQUE (kind, unique_key),
    CHECK ((owner IS NULL) = (lease_until IS NULL))
);
CREATE INDEX jobs_due ON jobs (state, kind, not_before);
CREATE INDEX jobs_owner ON jobs (owner);

-- Documents that jobs still need; one that no row names any more loses its own row, and its file is swept.
CREATE TABLE job_blobs (
    job    TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sha256 BLOB NOT NULL REFERENCES blobs (sha256),
    PRIMARY KEY (job, sha256)
);
CREATE INDEX job_blobs_of ON job_blobs (sha256);

-- Files with archive timestamps that are renewed before their evidence ends.
CREATE TABLE kept_files (
    path       BLOB PRIMARY KEY,     -- absolute, as the system spells it
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    ends       BIGINT NOT NULL,      -- from then on its last timestamp proves nothing more
    cause      TEXT NOT NULL,        -- what ends first
    problem    TEXT,                 -- why it cannot be renewed: moved, changed
    registered BIGINT NOT NULL,
    updated    BIGINT NOT NULL
);
CREATE INDEX kept_files_ends ON kept_files (ends);
