-- Who is mailed what waits for them. Nobody without a row.
CREATE TABLE approval_mail_settings (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    user_id text NOT NULL,
    -- `pressing`: what has much at stake or a near deadline, and nothing else.
    mailed text NOT NULL CHECK (mailed IN ('all', 'pressing')),
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);

-- Mails about approvals: one for each approval and person. A row is there before its mail is handed over, so that
-- a crash in between loses a mail and never doubles one.
CREATE TABLE approval_mails (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    approval_id text NOT NULL,
    user_id text NOT NULL,
    -- SHA-256 of what stands in its link; absent where there is none, or it was ended.
    sha256 text,
    -- 1: it stood in a list of several.
    listed bigint NOT NULL CHECK (listed IN (0, 1)),
    -- Of the approval as it was mailed.
    digest text NOT NULL,
    created_at bigint NOT NULL,
    -- When it was handed over; absent while that is under way, and where nobody knows.
    sent_at bigint,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, approval_id, user_id),
    FOREIGN KEY (workspace_id, approval_id) REFERENCES approvals (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE UNIQUE INDEX approval_mails_by_link ON approval_mails (workspace_id, sha256);
CREATE INDEX approval_mails_by_user ON approval_mails (workspace_id, user_id, created_at);
