-- Calls on paper are of the track record too: held back by the lowest rung of the ladder, and compared with what a person
-- did instead. What a row may say is part of its table, so the table is made anew.
CREATE TABLE track_record_rebuilt (
    workspace_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reviewed', 'acted', 'paper')),
    ticket_id text,
    intent text NOT NULL,
    tool text NOT NULL,
    risk text NOT NULL,
    -- In thousandths.
    confidence bigint NOT NULL CHECK (confidence BETWEEN 0 AND 1000),
    -- Absent while nothing was heard.
    said text CHECK (said IN ('approved', 'touched_up', 'edited', 'rejected', 'responded', 'confirmed', 'reopened',
        'unhelpful', 'matched', 'differed')),
    at bigint NOT NULL,
    -- The step of a call on paper, where its words are, and the version that its ticket had then.
    run_id text,
    seq bigint,
    version bigint,
    -- The version of the ticket's event that says how it compares; who said it is in there.
    compared_in bigint,
    PRIMARY KEY (workspace_id, id),
    CHECK ((kind = 'paper') = (run_id IS NOT NULL)),
    CHECK ((kind = 'paper') = (seq IS NOT NULL)),
    CHECK ((kind = 'paper') = (version IS NOT NULL)),
    CHECK (kind = 'paper' OR said NOT IN ('matched', 'differed'))
);
INSERT INTO track_record_rebuilt
        (workspace_id, id, kind, ticket_id, intent, tool, risk, confidence, said, at)
    SELECT workspace_id, id, kind, ticket_id, intent, tool, risk, confidence, said, at FROM track_record;
DROP TABLE track_record;
ALTER TABLE track_record_rebuilt RENAME TO track_record;
-- With everything that is counted in it, so that no row is read.
CREATE INDEX track_record_by_time ON track_record (workspace_id, at, intent, tool, kind, confidence, said);
CREATE INDEX track_record_by_cell ON track_record (workspace_id, intent, tool, at, kind, confidence, said);
CREATE INDEX track_record_by_ticket ON track_record (workspace_id, ticket_id, at) WHERE kind = 'acted';
CREATE INDEX track_record_on_paper ON track_record (workspace_id, ticket_id, at) WHERE kind = 'paper';
