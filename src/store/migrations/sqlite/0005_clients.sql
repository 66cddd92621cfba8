-- Clients of a server: programs that sign over the network. A key is kept as its hash alone; it is shown once.
CREATE TABLE clients (
    id                 TEXT PRIMARY KEY,
    name               TEXT NOT NULL,
    scopes             TEXT NOT NULL,     -- names, separated by spaces
    credentials        TEXT NOT NULL,     -- SHA-256 of certificates, hexadecimal, separated by spaces; empty: every one
    key_sha256         BLOB UNIQUE CHECK (length(key_sha256) = 32),
    certificate_sha256 BLOB CHECK (length(certificate_sha256) = 32),
    per_minute         BIGINT NOT NULL,
    per_day            BIGINT NOT NULL,
    created            BIGINT NOT NULL,
    last_used          BIGINT,
    revoked            BIGINT,
    CHECK (key_sha256 IS NOT NULL OR certificate_sha256 IS NOT NULL OR revoked IS NOT NULL)
);
CREATE UNIQUE INDEX clients_by_name ON clients (name) WHERE revoked IS NULL;
CREATE UNIQUE INDEX clients_by_certificate ON clients (certificate_sha256) WHERE revoked IS NULL;

-- Signatures of a client on one day in Japan, for its quota.
CREATE TABLE client_days (
    client     TEXT NOT NULL REFERENCES clients (id),
    day        TEXT NOT NULL,
    signatures BIGINT NOT NULL,
    PRIMARY KEY (client, day)
);
