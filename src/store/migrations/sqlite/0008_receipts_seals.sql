-- What the person's own signatures were, for them to read. `body` is JSON whose SHA-256 stands in the audit entry `seq`: the chain itself holds no names.
CREATE TABLE receipts (
    seq    BIGINT PRIMARY KEY,
    input  BLOB NOT NULL CHECK (length(input) = 32),
    output BLOB NOT NULL CHECK (length(output) = 32),
    body   TEXT NOT NULL
);
CREATE INDEX receipts_by_input ON receipts (input);
CREATE INDEX receipts_by_output ON receipts (output);

-- Seals that a person keeps on this machine: the words of a name seal and its shape, or a picture (PNG). Without a certificate it is offered with every one.
CREATE TABLE seals (
    id          TEXT PRIMARY KEY,
    certificate BLOB CHECK (length(certificate) = 32),
    holder      TEXT NOT NULL,
    words       TEXT,
    shape       TEXT CHECK (shape IN ('round', 'square')),
    picture     BLOB,
    created     BIGINT NOT NULL,
    CHECK ((picture IS NULL) = (words IS NOT NULL) AND (words IS NULL) = (shape IS NULL))
);
