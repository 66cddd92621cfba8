-- The tables of a desk daemon. Times are microseconds UTC, digests SHA-256 in 32 bytes, ids opaque text.
-- A migration that has been released is never changed; the next one is added beside it.

-- Pairings: who may ask. `origin` for a web page, `program` for a desktop program, never both.
CREATE TABLE pairings (
    id         TEXT PRIMARY KEY,
    origin     TEXT,
    program    TEXT,
    key_sha256 BLOB NOT NULL UNIQUE,
    api_key    BLOB,              -- wiped when the pairing is revoked
    unattended INTEGER NOT NULL,
    created    BIGINT NOT NULL,
    last_used  BIGINT,
    revoked    BIGINT,
    CHECK ((origin IS NULL) <> (program IS NULL)),
    CHECK (length(key_sha256) = 32)
);
CREATE INDEX pairings_by_origin ON pairings (origin);

CREATE TABLE pairing_requests (
    id       TEXT PRIMARY KEY,
    origin   TEXT NOT NULL,
    code     TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'claimed')),
    attempts INTEGER NOT NULL,
    unattended INTEGER NOT NULL,
    created  BIGINT NOT NULL,
    expires  BIGINT NOT NULL
);
CREATE INDEX pairing_requests_by_origin ON pairing_requests (origin, created);

-- An origin that was allowed before it asked: its next request needs no question.
CREATE TABLE allowances (
    origin     TEXT PRIMARY KEY,
    unattended INTEGER NOT NULL,
    expires    BIGINT NOT NULL
);

-- Operations: one consent, many items. An intent stands here before a token is touched.
CREATE TABLE operations (
    id         TEXT PRIMARY KEY,
    caller     TEXT NOT NULL,
    shown      BLOB NOT NULL,
    item_count INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'cancelled')),
    error      TEXT,
    created    BIGINT NOT NULL,
    ended      BIGINT,
    CHECK (length(shown) = 32)
);
CREATE INDEX operations_by_state ON operations (state);

CREATE TABLE items (
    operation TEXT NOT NULL REFERENCES operations (id),
    number    INTEGER NOT NULL CHECK (number >= 1),
    input     BLOB NOT NULL CHECK (length(input) = 32),
    output    BLOB CHECK (length(output) = 32),
    error     TEXT,
    PRIMARY KEY (operation, number)
);

-- Attempts: what a token was asked to sign. At most one of an item is ever released.
CREATE TABLE attempts (
    operation  TEXT NOT NULL,
    item       INTEGER NOT NULL,
    number     INTEGER NOT NULL CHECK (number >= 1),
    credential BLOB NOT NULL CHECK (length(credential) = 32),
    digest     BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('intended', 'signed', 'failed', 'unknown', 'released')),
    error      TEXT,
    started    BIGINT NOT NULL,
    ended      BIGINT,
    PRIMARY KEY (operation, item, number),
    FOREIGN KEY (operation, item) REFERENCES items (operation, number)
);
CREATE UNIQUE INDEX one_release_per_item ON attempts (operation, item) WHERE state = 'released';

-- PINs from files and credentials that a token refused, as HMACs under the state folder's own key.
CREATE TABLE refused_pins (
    token       TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    refused     BIGINT NOT NULL,
    PRIMARY KEY (token, fingerprint)
);

CREATE TABLE pin_failures (
    token         TEXT PRIMARY KEY,
    failures      INTEGER NOT NULL,
    last_failure  BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

-- The audit chain. `bytes` is what the hash covers (docs/audit-format.md); `at` and `kind` repeat parts of it for searching.
CREATE TABLE audit_entries (
    seq   INTEGER PRIMARY KEY,
    at    BIGINT NOT NULL,
    kind  TEXT NOT NULL,
    bytes BLOB NOT NULL,
    prev  BLOB NOT NULL CHECK (length(prev) = 32),
    hash  BLOB NOT NULL CHECK (length(hash) = 32)
);

-- Witnesses of a head outside this database: time stamp tokens (RFC 3161).
CREATE TABLE audit_anchors (
    seq   BIGINT NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    kind  TEXT NOT NULL,
    token BLOB NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (seq, kind)
);

-- Documents by digest; a row exists only after its file is on disk.
CREATE TABLE blobs (
    sha256  BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    bytes   BIGINT NOT NULL,
    created BIGINT NOT NULL
);
