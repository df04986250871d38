-- Runs: one execution of an agent each. A run that is queued, running or waiting holds its ticket.
CREATE TABLE runs (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    ticket_id text,
    agent text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('queued', 'running', 'waiting', 'done', 'dead', 'quarantined')),
    priority bigint NOT NULL,
    attempts bigint NOT NULL CHECK (attempts >= 0),
    lease_owner text,
    fence bigint NOT NULL CHECK (fence >= 0),
    lease_until bigint,
    wake_at bigint,
    waiting_for text,
    signals bigint NOT NULL CHECK (signals >= 0),
    seen_signals bigint NOT NULL,
    seen_version bigint NOT NULL,
    step_count bigint NOT NULL CHECK (step_count >= 0),
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_micros bigint NOT NULL,
    outcome text,
    error text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    -- Exactly the running ones are leased.
    CHECK ((status = 'running') = (lease_owner IS NOT NULL)),
    CHECK ((status = 'running') = (lease_until IS NOT NULL))
);
-- Runs of one ticket are worked on one at a time.
CREATE UNIQUE INDEX runs_one_active ON runs (workspace_id, ticket_id)
    WHERE status IN ('queued', 'running', 'waiting');
-- What a free worker looks for, in the order it takes them.
CREATE INDEX runs_queued ON runs (priority DESC, created_at) WHERE status = 'queued';
CREATE INDEX runs_waiting ON runs (wake_at) WHERE status = 'waiting';
CREATE INDEX runs_leased ON runs (lease_until) WHERE status = 'running';
CREATE INDEX runs_by_creation ON runs (workspace_id, created_at, id);
CREATE INDEX runs_by_status ON runs (workspace_id, status, created_at, id);
CREATE INDEX runs_by_ticket ON runs (workspace_id, ticket_id, created_at, id);

-- The journal. It is only ever appended to.
CREATE TABLE steps (
    workspace_id text NOT NULL,
    run_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    body text NOT NULL,
    input_digest text,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_micros bigint NOT NULL,
    prompt text,
    model text,
    started_at bigint NOT NULL,
    finished_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, run_id, seq),
    FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
);
