-- What models and paid tools cost: a ledger with two sides, only ever appended to. Nothing is entered
-- twice under the same line of a reservation.
CREATE TABLE credit_entries (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    -- Made of the next two.
    id text NOT NULL,
    reservation_id text NOT NULL,
    line bigint NOT NULL CHECK (line >= 0),
    kind text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    micros bigint NOT NULL CHECK (micros >= 0),
    run_id text,
    agent text NOT NULL,
    tool text,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, reservation_id, line)
);
-- Those that no run settles.
CREATE INDEX credit_entries_of_no_run ON credit_entries (at) WHERE line = 0 AND run_id IS NULL;
CREATE INDEX credit_entries_by_time ON credit_entries (workspace_id, at, id);

-- How much of something a workspace, an agent or a tool has had in a minute, a day or a month. `id` is
-- made of the other columns.
CREATE TABLE meters (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    scope_kind text NOT NULL,
    scope_name text NOT NULL,
    unit text NOT NULL,
    span text NOT NULL,
    starts_at bigint NOT NULL,
    reserved bigint NOT NULL,
    used bigint NOT NULL,
    over_since bigint,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX meters_by_start ON meters (workspace_id, starts_at);

-- Reservations of credits that a run has not settled: ids, with a space between.
ALTER TABLE runs ADD COLUMN reservations text;
