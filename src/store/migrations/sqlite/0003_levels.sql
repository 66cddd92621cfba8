-- How large the tokens of each timestamping authority are: the room that a signature leaves for one.
ALTER TABLE tsas ADD COLUMN token_bytes BIGINT NOT NULL DEFAULT 0;

-- Revocation data and issuers' certificates that were fetched, by address, until they are outdated.
CREATE TABLE fetched (
    key   TEXT PRIMARY KEY,
    der   BLOB NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX fetched_until ON fetched (until);
