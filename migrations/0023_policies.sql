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

-- When an approval that nobody has decided becomes a higher role's.
ALTER TABLE approvals ADD COLUMN escalates_at bigint;
CREATE INDEX approvals_by_escalation ON approvals (workspace_id, escalates_at, id)
    WHERE status = 'pending' AND escalates_at IS NOT NULL;
