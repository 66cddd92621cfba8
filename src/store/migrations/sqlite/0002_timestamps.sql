-- What is remembered of each timestamping authority: its quota and its failures outlast the process.
CREATE TABLE tsas (
    url           TEXT PRIMARY KEY,
    failures      BIGINT NOT NULL,
    resting_until BIGINT
);

CREATE TABLE tsa_requests (
    url TEXT NOT NULL REFERENCES tsas (url) ON DELETE CASCADE,
    at  BIGINT NOT NULL
);
CREATE INDEX tsa_requests_of ON tsa_requests (url, at);
