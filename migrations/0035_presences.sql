-- Who of the staff has a ticket before them now. Rows are renewed while a page is open and mean nothing after
-- their time.
CREATE TABLE presences (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    ticket_id text NOT NULL,
    user_id text NOT NULL,
    doing text NOT NULL CHECK (doing IN ('viewing', 'writing')),
    until bigint NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, user_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
