-- What is switched off: a row is a breaker that is open. `opened_by` is JSON. The name of a whole
-- workspace's is empty.
CREATE TABLE breakers (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    kind text NOT NULL CHECK (kind IN ('workspace', 'agent', 'tool', 'integration')),
    name text NOT NULL,
    reason text NOT NULL,
    opened_by text NOT NULL,
    opened_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, kind, name)
);
