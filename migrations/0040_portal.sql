-- Customers who signed in by a link that was mailed to their address. Of each contact: its stays, and the links that
-- begin one and were not used.
CREATE TABLE customer_sessions (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    contact_id text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_sessions_by_contact ON customer_sessions (workspace_id, contact_id);

CREATE TABLE customer_links (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    -- SHA-256 of what stands in the link.
    sha256 text NOT NULL,
    contact_id text NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, sha256),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_links_by_contact ON customer_links (workspace_id, contact_id);

-- Their tickets. Neither column changes when a ticket does.
CREATE INDEX tickets_by_contact ON tickets (workspace_id, contact_id, created_at, id)
    WHERE contact_id IS NOT NULL;

-- What a workspace says of the ways by which customers reach it, beside the configuration.
CREATE TABLE channel_settings (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    -- JSON: origins whose pages may hold the chat widget. Absent: those of the configuration.
    sites text,
    -- 1: a customer who signed in sees the tickets of everybody at their company.
    company_tickets bigint NOT NULL CHECK (company_tickets IN (0, 1)),
    PRIMARY KEY (workspace_id)
);
