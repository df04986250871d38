-- Whom the workspace serves. `search` is the lower-case text that lists are searched by.
CREATE TABLE customers (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    locale text NOT NULL,
    fields text NOT NULL,
    search text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX customers_by_creation ON customers (workspace_id, created_at, id);

CREATE TABLE contacts (
    workspace_id text NOT NULL,
    id text NOT NULL,
    customer_id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    search text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, email),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES customers (workspace_id, id)
);
CREATE INDEX contacts_by_customer ON contacts (workspace_id, customer_id, created_at, id);
