-- Who did what, in a chain: every entry holds the digest of the one before it, and no number is left
-- out. `actor` and `detail` are JSON, `actor_id` is the user's or key's of it. Rows are only ever added,
-- and taken from the beginning when they are older than is kept.
CREATE TABLE audit_entries (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    seq bigint NOT NULL CHECK (seq > 0),
    at bigint NOT NULL,
    actor text NOT NULL,
    actor_id text,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    previous text NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);

-- Where each chain ends, and the entry after which what is kept of it begins.
CREATE TABLE audit_heads (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    seq bigint NOT NULL CHECK (seq >= 0),
    digest text NOT NULL,
    kept_after_seq bigint NOT NULL CHECK (kept_after_seq >= 0),
    kept_after_digest text NOT NULL,
    PRIMARY KEY (workspace_id)
);
