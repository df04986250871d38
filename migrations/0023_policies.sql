-- Policies of workspaces, with every version they had: the highest is in effect. `document` is TOML,
-- `created_by` is JSON. A workspace without a row has the installation's policy.
CREATE TABLE policies (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    version bigint NOT NULL CHECK (version >= 1),
    digest text NOT NULL,
    document text NOT NULL,
    note text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

-- When people are to be reminded of an approval that nobody has decided, or it becomes a higher role's.
ALTER TABLE approvals ADD COLUMN due_at bigint;
CREATE INDEX approvals_by_due ON approvals (workspace_id, due_at, id)
    WHERE status = 'pending' AND due_at IS NOT NULL;
