-- Evaluations that were published: one suite, held once. `evaluation` is the whole record; of one digest there is one.
CREATE TABLE evaluations (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    suite text NOT NULL,
    digest text NOT NULL,
    created_at bigint NOT NULL,
    evaluation text NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, digest)
);
CREATE INDEX evaluations_by_suite ON evaluations (workspace_id, suite, created_at, id);

-- What came of each case. `change` says what became of it since the evaluation of the suite before.
CREATE TABLE evaluation_results (
    workspace_id text NOT NULL,
    evaluation_id text NOT NULL,
    seq bigint NOT NULL,
    name text NOT NULL,
    passed bigint NOT NULL CHECK (passed IN (0, 1)),
    critical bigint NOT NULL CHECK (critical IN (0, 1)),
    change text CHECK (change IN ('gained', 'lost', 'added')),
    result text NOT NULL,
    story text NOT NULL,
    PRIMARY KEY (workspace_id, evaluation_id, seq),
    FOREIGN KEY (workspace_id, evaluation_id) REFERENCES evaluations (workspace_id, id)
);

-- Cases that were made of decisions, without personal data. `decided_at` is the decision's that a case is of: when that
-- was taken back, the case is none.
CREATE TABLE evaluation_cases (
    workspace_id text NOT NULL,
    id text NOT NULL,
    approval_id text NOT NULL,
    ticket_id text NOT NULL,
    decided_at bigint NOT NULL,
    created_at bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, approval_id),
    FOREIGN KEY (workspace_id, approval_id) REFERENCES approvals (workspace_id, id)
);
CREATE INDEX evaluation_cases_by_time ON evaluation_cases (workspace_id, created_at, id);
CREATE INDEX evaluation_cases_by_ticket ON evaluation_cases (workspace_id, ticket_id);
