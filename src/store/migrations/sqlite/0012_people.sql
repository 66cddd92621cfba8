-- Sections of an organisation: each has an account that sends contracts, such as 見本市 総務課(起案用).
CREATE TABLE sections (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    name         TEXT NOT NULL,
    address      TEXT NOT NULL,          -- where mails about its contracts go
    telephone    TEXT,
    created      BIGINT NOT NULL
);
CREATE UNIQUE INDEX sections_by_name ON sections (organisation, name);

-- People who sign in. The secret of their one-time codes is derived from `salt` under the state folder's own key; a copy of the database alone
-- makes no code.
CREATE TABLE people (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    address         TEXT NOT NULL,
    password        TEXT,                -- Argon2id, as a PHC string; none before they enrolled
    salt            BLOB NOT NULL,
    step            BIGINT NOT NULL,     -- of the last one-time code that was used
    invitation      BLOB UNIQUE CHECK (length(invitation) = 32),
    invitation_ends BIGINT,
    failures        BIGINT NOT NULL,     -- wrong tries in a row
    rests_until     BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    revoked         BIGINT,
    CHECK ((invitation IS NULL) = (invitation_ends IS NULL))
);
CREATE UNIQUE INDEX people_by_address ON people (address) WHERE revoked IS NULL;

CREATE TABLE person_roles (
    person  TEXT NOT NULL REFERENCES people (id),
    section TEXT NOT NULL REFERENCES sections (id),
    role    TEXT NOT NULL,
    PRIMARY KEY (person, section, role)
);
CREATE INDEX person_roles_of_section ON person_roles (section);

-- Who is signed in, by the hash of their cookie, and for which section they act.
CREATE TABLE person_sessions (
    sha256  BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    person  TEXT NOT NULL REFERENCES people (id),
    section TEXT NOT NULL REFERENCES sections (id),
    begun   BIGINT NOT NULL,
    seen    BIGINT NOT NULL              -- exact to the minute
);
CREATE INDEX person_sessions_of ON person_sessions (person);

-- Accounts, or names where an application says them, of those who wrote a contract, JSON. None of them approves it.
ALTER TABLE contracts ADD COLUMN drafters TEXT NOT NULL DEFAULT '[]';
