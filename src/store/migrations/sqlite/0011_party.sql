-- Files that a party signer signs with other software: the newest revision with their fields filled in, not signed by them yet.
CREATE TABLE contract_filled (
    contract TEXT NOT NULL REFERENCES contracts (id),
    signer   INTEGER NOT NULL,
    document INTEGER NOT NULL,
    revision INTEGER NOT NULL,           -- from which it was made
    sha256   BLOB NOT NULL REFERENCES blobs (sha256),
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (contract, signer, document)
);

-- Every open request to one address (署名待ち).
CREATE INDEX mails_by_recipient ON mails (recipient, kind);
