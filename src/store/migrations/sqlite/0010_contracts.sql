-- Contracts. Times are microseconds UTC, money is whole yen; `version` counts the changes and is the contract's ETag.
CREATE TABLE contracts (
    id               TEXT PRIMARY KEY,
    owner            TEXT NOT NULL,      -- the principal that made it
    state            TEXT NOT NULL,
    version          INTEGER NOT NULL,
    approved         INTEGER NOT NULL,
    number           INTEGER UNIQUE,     -- 管理番号
    certificate_id   TEXT UNIQUE,        -- 締結証明書ID
    sender           TEXT NOT NULL,      -- JSON
    terms            TEXT NOT NULL,      -- JSON
    delay_reason     TEXT,
    delay_until      INTEGER,
    -- What it is found by; folded texts (NFKC, lower case), empty for none.
    title_key        TEXT NOT NULL,
    counterparty_key TEXT NOT NULL,
    contract_date    TEXT,               -- YYYY-MM-DD
    amount           INTEGER,
    due_end          INTEGER,            -- the first moment after its last day
    created          INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    concluded        INTEGER
);
CREATE INDEX contracts_by_owner ON contracts (owner, created, id);
CREATE INDEX contracts_by_date ON contracts (owner, contract_date);
CREATE INDEX contracts_by_amount ON contracts (owner, amount);
CREATE INDEX contracts_due ON contracts (due_end) WHERE state = 'sent';

-- How far each signer of a contract that was sent is.
CREATE TABLE contract_signers (
    contract  TEXT NOT NULL REFERENCES contracts (id),
    signer    INTEGER NOT NULL,
    turn      TEXT NOT NULL,
    request   INTEGER NOT NULL,          -- links of earlier requests are void
    bounced   INTEGER NOT NULL,
    signed_at INTEGER,
    signed_ip TEXT,
    identity  TEXT,                      -- JSON, frozen at the signature
    PRIMARY KEY (contract, signer)
);

-- Each document's file, revision by revision; the newest counts.
CREATE TABLE contract_versions (
    contract TEXT NOT NULL REFERENCES contracts (id),
    document INTEGER NOT NULL,
    revision INTEGER NOT NULL,           -- from 0 on
    kind     TEXT NOT NULL,              -- uploaded, prepared, signed, completed
    signer   INTEGER,
    sha256   BLOB NOT NULL REFERENCES blobs (sha256),
    bytes    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (contract, document, revision)
);

-- What happened, never changed.
CREATE TABLE contract_events (
    seq      INTEGER PRIMARY KEY,
    contract TEXT NOT NULL REFERENCES contracts (id),
    version  INTEGER NOT NULL,           -- of the contract after it
    act      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    name     TEXT NOT NULL,              -- who
    as_signer INTEGER,                   -- who, when it was a signer
    ip       TEXT,
    agent    TEXT,
    signer   INTEGER,                    -- about whom
    said     TEXT NOT NULL
);
CREATE INDEX contract_events_by_contract ON contract_events (contract, seq);

-- Links of signers, as their hashes.
CREATE TABLE contract_links (
    sha256   BLOB PRIMARY KEY,
    contract TEXT NOT NULL REFERENCES contracts (id),
    signer   INTEGER NOT NULL,
    request  INTEGER NOT NULL,
    expires  INTEGER NOT NULL
);

-- How a signer becomes known: the last code that was sent, and the session that a right one opened.
CREATE TABLE contract_codes (
    contract TEXT NOT NULL REFERENCES contracts (id),
    signer   INTEGER NOT NULL,
    request  INTEGER NOT NULL,
    sha256   BLOB NOT NULL,              -- of the code, under its salt
    salt     BLOB NOT NULL,
    sent     INTEGER NOT NULL,
    expires  INTEGER NOT NULL,
    tries    INTEGER NOT NULL,           -- wrong ones
    session  BLOB,                       -- SHA-256
    session_ends INTEGER,
    PRIMARY KEY (contract, signer)
);

-- What a signer filled in and agreed to, until it stands in a revision.
CREATE TABLE contract_consents (
    contract TEXT NOT NULL REFERENCES contracts (id),
    signer   INTEGER NOT NULL,
    request  INTEGER NOT NULL,
    "values" TEXT NOT NULL,              -- JSON: number of the field -> value
    who      TEXT NOT NULL,              -- JSON
    factors  TEXT NOT NULL,              -- JSON
    at       INTEGER NOT NULL,
    PRIMARY KEY (contract, signer)
);

-- Requests that are answered once: the same key again gets the same contract.
CREATE TABLE contract_keys (
    caller  TEXT NOT NULL,
    name    TEXT NOT NULL,
    request BLOB NOT NULL,               -- SHA-256 of what was asked
    contract TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (caller, name)
);

-- Mails that are to go out, or went. What they say is wiped once they are gone.
CREATE TABLE mails (
    id        TEXT PRIMARY KEY,
    contract  TEXT NOT NULL REFERENCES contracts (id),
    signer    INTEGER,
    kind      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    state     TEXT NOT NULL,             -- waiting, handing, sent, failed, unknown
    letter    TEXT,                      -- JSON: subject, text, HTML
    reason    TEXT,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL
);
CREATE INDEX mails_by_contract ON mails (contract, created);
