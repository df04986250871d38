-- Whether a key is given personal data as it is. Keys made before are not.
ALTER TABLE api_keys ADD COLUMN sees_personal_data bigint NOT NULL DEFAULT 0
    CHECK (sees_personal_data IN (0, 1));

-- Going through stored messages for personal data. `after` is the last message that was read, as
-- `ticket_id/version`; it goes on from there after a restart.
CREATE TABLE personal_data_scans (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'done', 'failed', 'stopped')),
    -- What it looks for, as JSON.
    kinds text NOT NULL,
    started_by text NOT NULL,
    messages bigint NOT NULL,
    messages_read bigint NOT NULL,
    found bigint NOT NULL,
    after_ticket text NOT NULL,
    after_version bigint NOT NULL,
    error text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX personal_data_scans_by_creation ON personal_data_scans (workspace_id, created_at, id);
-- One at a time.
CREATE UNIQUE INDEX personal_data_scans_one ON personal_data_scans (workspace_id) WHERE status = 'running';

-- What was found in a message and what a person said to it. Spans and a masked excerpt, never a value.
CREATE TABLE personal_data_suggestions (
    workspace_id text NOT NULL,
    id text NOT NULL,
    scan_id text NOT NULL,
    ticket_id text NOT NULL,
    message_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'redacted', 'kept')),
    kinds text NOT NULL,
    spans text NOT NULL,
    excerpt text NOT NULL,
    -- Of the text that was read: spans fit no other.
    text_digest text NOT NULL,
    decided_by text,
    decided_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    -- What was kept once is not suggested again.
    UNIQUE (workspace_id, message_id, text_digest),
    FOREIGN KEY (workspace_id, scan_id) REFERENCES personal_data_scans (workspace_id, id)
);
CREATE INDEX personal_data_suggestions_by_status
    ON personal_data_suggestions (workspace_id, status, created_at, id);

-- When values were taken out of a run's journal: it no longer reproduces its run.
ALTER TABLE runs ADD COLUMN redacted_at bigint;
