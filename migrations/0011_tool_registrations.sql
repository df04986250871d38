-- Tools from outside whose schema a person accepted; a tool that changed since is suspended.
CREATE TABLE tool_registrations (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    server text NOT NULL,
    version text NOT NULL,
    spec text NOT NULL,
    status text NOT NULL CHECK (status IN ('approved', 'suspended')),
    was text,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
