-- What sent replies rest on, so that they are found by their document. Without foreign keys to
-- documents: a citation outlives what it cites.
CREATE TABLE citations (
    workspace_id text NOT NULL,
    id text NOT NULL,
    ticket_id text NOT NULL,
    message_id text NOT NULL,
    document_id text NOT NULL,
    document_version bigint NOT NULL,
    chunk_id text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    quote text NOT NULL,
    -- Where the quote stands in the text of that version, where that is known.
    start_byte bigint,
    end_byte bigint,
    at bigint NOT NULL,
    -- When a follow-up was proposed because the quote no longer stands there.
    followed_up_at bigint,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX citations_by_document ON citations (workspace_id, document_id, at, id);
CREATE INDEX citations_by_time ON citations (workspace_id, at, id);

-- What readers say of passages. One word of one person on a passage; a later one replaces it.
CREATE TABLE passage_feedback (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    chunk_id text NOT NULL,
    author text NOT NULL,
    document_id text NOT NULL,
    document_version bigint NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('helpful', 'wrong', 'outdated')),
    note text NOT NULL,
    quote text NOT NULL,
    ticket_id text,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, chunk_id, author)
);
CREATE INDEX passage_feedback_by_document ON passage_feedback (workspace_id, document_id, verdict);
CREATE INDEX passage_feedback_by_verdict ON passage_feedback (workspace_id, verdict, at, chunk_id);
