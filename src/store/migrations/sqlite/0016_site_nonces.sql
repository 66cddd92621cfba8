-- Nonces that servers of sites have used, each until its request's time lies too far back to be taken again.
CREATE TABLE site_nonces (
    origin  TEXT NOT NULL,
    nonce   TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (origin, nonce)
);
CREATE INDEX site_nonces_by_end ON site_nonces (expires);
