-- What keys have signed in the present period of their policy.
CREATE TABLE key_periods (
    policy     TEXT PRIMARY KEY,      -- as the configuration names it
    began      BIGINT NOT NULL,
    signatures BIGINT NOT NULL
);

-- People who may agree to what others want signed. A passphrase is kept as its Argon2id hash alone.
CREATE TABLE approvers (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    passphrase TEXT NOT NULL,
    created    BIGINT NOT NULL,
    revoked    BIGINT
);
CREATE UNIQUE INDEX approvers_by_name ON approvers (name) WHERE revoked IS NULL;

-- Sets that wait for a second person, or have their answer. One approval is good for one use.
CREATE TABLE approvals (
    id          TEXT PRIMARY KEY,
    asker       TEXT NOT NULL,
    certificate BLOB NOT NULL CHECK (length(certificate) = 32),
    shown       BLOB NOT NULL CHECK (length(shown) = 32),    -- digest over the whole set
    items       BIGINT NOT NULL,
    about       TEXT NOT NULL,                               -- what the second person sees, JSON
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'given', 'refused', 'used')),
    approver    TEXT REFERENCES approvers (id),
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    decided     BIGINT,
    used        BIGINT,
    CHECK ((state = 'waiting') = (approver IS NULL))
);
CREATE INDEX approvals_by_set ON approvals (asker, certificate, shown);
CREATE INDEX approvals_open ON approvals (state, expires);
