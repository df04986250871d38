-- What was asked and could not be answered, gathered into gaps of the knowledge base. `terms` is what
-- the gap's questions have in common, as JSON.
CREATE TABLE knowledge_gaps (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'dismissed', 'drafted')),
    question text NOT NULL,
    terms text NOT NULL,
    questions bigint NOT NULL CHECK (questions >= 1),
    document_slug text,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX gaps_by_time ON knowledge_gaps (workspace_id, status, last_at, id);

CREATE TABLE gap_questions (
    workspace_id text NOT NULL,
    id text NOT NULL,
    gap_id text NOT NULL,
    question text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('abstained', 'asked_back', 'handed_off')),
    missing text NOT NULL,
    ticket_id text,
    run_id text,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, gap_id) REFERENCES knowledge_gaps (workspace_id, id)
);
CREATE INDEX gap_questions_by_gap ON gap_questions (workspace_id, gap_id, at, id);
-- A run that ends without an answer asks once.
CREATE UNIQUE INDEX gap_questions_once ON gap_questions (workspace_id, run_id) WHERE run_id IS NOT NULL;
