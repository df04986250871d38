-- Tickets: `snapshot` is the fold of the events, and the other columns repeat what lists need.
CREATE TABLE tickets (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    number bigint NOT NULL,
    status text NOT NULL
        CHECK (status IN ('open', 'waiting_for_staff', 'waiting_for_customer', 'resolved', 'closed')),
    channel text NOT NULL,
    customer_id text,
    contact_id text,
    version bigint NOT NULL CHECK (version >= 1),
    search text NOT NULL,
    snapshot text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, number)
);
CREATE INDEX tickets_by_update ON tickets (workspace_id, updated_at, id);
CREATE INDEX tickets_by_status ON tickets (workspace_id, status, updated_at, id);
CREATE INDEX tickets_by_customer ON tickets (workspace_id, customer_id, created_at, id)
    WHERE customer_id IS NOT NULL;

-- The timeline. It is only ever appended to.
CREATE TABLE events (
    workspace_id text NOT NULL,
    position bigint NOT NULL CHECK (position >= 1),
    id text NOT NULL,
    ticket_id text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    idempotency_key text,
    actor text NOT NULL,
    body text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, position),
    UNIQUE (workspace_id, ticket_id, version),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE UNIQUE INDEX events_once ON events (workspace_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- What was said, keyed by the version of the event that said it.
CREATE TABLE messages (
    workspace_id text NOT NULL,
    ticket_id text NOT NULL,
    version bigint NOT NULL,
    id text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'internal')),
    email_message_id text,
    message text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, version),
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX messages_by_email ON messages (workspace_id, email_message_id)
    WHERE email_message_id IS NOT NULL;

-- Files that came with messages, as base64 text.
CREATE TABLE attachments (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    content text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
