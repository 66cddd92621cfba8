-- How long the evidence in a concluded contract's files holds. Times are microseconds UTC.
CREATE TABLE contract_archives (
    contract TEXT NOT NULL REFERENCES contracts (id),
    document INTEGER NOT NULL,           -- 0: the certificate of conclusion
    sha256   BLOB NOT NULL REFERENCES blobs (sha256),
    level    TEXT NOT NULL,              -- that its evidence reaches
    ends     BIGINT,                     -- from then on its last timestamp proves nothing more; none: it is no archive yet
    cause    TEXT,                       -- what ends first
    updated  BIGINT NOT NULL,            -- the last time that something became of it
    PRIMARY KEY (contract, document)
);
CREATE INDEX contract_archives_ends ON contract_archives (ends);
