-- Things done to the outside world, recorded before they are attempted. One per call of a run.
CREATE TABLE effects (
    workspace_id text NOT NULL,
    id text NOT NULL,
    run_id text NOT NULL,
    call_id text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('attempting', 'retrying', 'succeeded', 'failed', 'unknown')),
    effect text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, run_id, call_id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
);
CREATE INDEX effects_by_status ON effects (workspace_id, status, created_at, id);
CREATE INDEX effects_by_run ON effects (workspace_id, run_id, created_at, id);
CREATE INDEX effects_by_creation ON effects (workspace_id, created_at, id);
