-- What became of calls that a person decided on or that ran by themselves: kept by the writer, beside the rows that
-- say it. `id` is the approval's or the effect's. Of calls that are older than this nothing is kept.
CREATE TABLE track_record (
    workspace_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reviewed', 'acted')),
    ticket_id text,
    intent text NOT NULL,
    tool text NOT NULL,
    risk text NOT NULL,
    -- In thousandths.
    confidence bigint NOT NULL CHECK (confidence BETWEEN 0 AND 1000),
    -- Absent while nothing was heard.
    said text CHECK (said IN
        ('approved', 'touched_up', 'edited', 'rejected', 'responded', 'confirmed', 'reopened', 'unhelpful')),
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
-- With everything that is counted in it, so that no row is read.
CREATE INDEX track_record_by_time ON track_record (workspace_id, at, intent, tool, kind, confidence, said);
CREATE INDEX track_record_by_cell ON track_record (workspace_id, intent, tool, at, kind, confidence, said);
CREATE INDEX track_record_by_ticket ON track_record (workspace_id, ticket_id, at) WHERE kind = 'acted';

-- How far agents go by themselves, by intent and tool. Where there is no row, the policy alone says it.
CREATE TABLE autonomy (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    intent text NOT NULL,
    tool text NOT NULL,
    level text NOT NULL CHECK (level IN ('shadow', 'draft', 'ask', 'act')),
    -- In millionths.
    ceiling bigint NOT NULL CHECK (ceiling BETWEEN 1000 AND 500000),
    delta bigint NOT NULL CHECK (delta BETWEEN 1000 AND 500000),
    -- In thousandths; there is one exactly at `act`.
    threshold bigint CHECK (threshold BETWEEN 0 AND 1000),
    version bigint NOT NULL,
    since bigint NOT NULL,
    counted_from bigint NOT NULL,
    changed_by text NOT NULL,
    why text NOT NULL,
    PRIMARY KEY (workspace_id, intent, tool),
    CHECK ((level = 'act') = (threshold IS NOT NULL))
);
