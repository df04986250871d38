-- Mail on its way out, one row per message.
CREATE TABLE deliveries (
    workspace_id text NOT NULL,
    id text NOT NULL,
    ticket_id text NOT NULL,
    message_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'unknown')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    error text,
    next_attempt_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
);
CREATE INDEX deliveries_by_status ON deliveries (workspace_id, status, created_at, id);
CREATE INDEX deliveries_by_creation ON deliveries (workspace_id, created_at, id);
