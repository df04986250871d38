-- Timers on tickets, keyed by the version of the event that scheduled them.
CREATE TABLE follow_ups (
    workspace_id text NOT NULL,
    ticket_id text NOT NULL,
    version bigint NOT NULL,
    due_at bigint NOT NULL,
    note text NOT NULL,
    fired_at bigint,
    PRIMARY KEY (workspace_id, ticket_id, version),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX follow_ups_due ON follow_ups (workspace_id, due_at) WHERE fired_at IS NULL;
