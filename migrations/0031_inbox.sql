-- What the queue of approvals is narrowed, searched and sorted by. `rank` is a time in microseconds, the least
-- first (`domain/src/stake.rs` says what it is made of); of approvals that are older than this it is the
-- deadline alone. `search` is the lower-case text that lists are searched by.
ALTER TABLE approvals ADD COLUMN agent text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN tool text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN risk text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN rule text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN intent text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN stake bigint NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN rank bigint NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN assignee_id text;
ALTER TABLE approvals ADD COLUMN snoozed_until bigint;
ALTER TABLE approvals ADD COLUMN decided_at bigint;
UPDATE approvals SET rank = expires_at;
CREATE INDEX approvals_by_rank ON approvals (workspace_id, rank, id) WHERE status = 'pending';
-- Earlier decisions about the same tool.
CREATE INDEX approvals_by_tool ON approvals (workspace_id, tool, decided_at, id) WHERE decided_at IS NOT NULL;

-- Who looks at an approval now. Over by itself.
CREATE TABLE approval_claims (
    workspace_id text NOT NULL,
    approval_id text NOT NULL,
    user_id text NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (workspace_id, approval_id),
    FOREIGN KEY (workspace_id, approval_id) REFERENCES approvals (workspace_id, id)
);

-- Who sees to somebody's approvals while they are away.
CREATE TABLE approval_delegations (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    user_id text NOT NULL,
    delegate_id text NOT NULL,
    until bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    CHECK (user_id <> delegate_id)
);
CREATE INDEX approval_delegations_by_delegate ON approval_delegations (workspace_id, delegate_id);

-- Ways of looking at the queue: somebody's own, or everybody's. `narrowed` is JSON.
CREATE TABLE approval_views (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    owner_id text NOT NULL,
    shared bigint NOT NULL CHECK (shared IN (0, 1)),
    name text NOT NULL,
    narrowed text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX approval_views_by_creation ON approval_views (workspace_id, created_at, id);
