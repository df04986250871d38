-- Tenants, and the counters that number their tickets and events. The row is locked by every
-- transaction that appends, which makes positions gapless and in commit order.
CREATE TABLE workspaces (
    id text NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    next_ticket_number bigint NOT NULL DEFAULT 1 CHECK (next_ticket_number >= 1),
    event_position bigint NOT NULL DEFAULT 0 CHECK (event_position >= 0),
    created_at bigint NOT NULL
);
