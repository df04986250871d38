-- Sessions of people on the staff side. A cookie names one; what is not here, or is over, opens
-- nothing.
CREATE TABLE sessions (
    workspace_id text NOT NULL,
    id text NOT NULL,
    user_id text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX sessions_by_user ON sessions (workspace_id, user_id, created_at, id);
