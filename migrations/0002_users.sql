-- People on the staff side and keys for services. Emails and keys are unique across workspaces,
-- because signing in is what tells the workspace.
CREATE TABLE users (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'agent', 'reviewer', 'admin', 'owner')),
    title text NOT NULL,
    password_hash text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE api_keys (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'agent', 'reviewer', 'admin', 'owner')),
    sha256 text NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
