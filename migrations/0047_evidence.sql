-- What counts as evidence for what agents do by themselves. Not: calls that a colleague had the copilot ask for, and what
-- a person edited and another approved then. Whoever takes a ticket over at a call says that it was not right. A rating is
-- of the message that it names. What rows may say is part of their tables, so the tables are made anew.
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
    said text CHECK (said IN ('approved', 'touched_up', 'edited', 'rejected', 'responded', 'taken_over', 'confirmed',
        'reopened', 'unhelpful', 'matched', 'differed')),
    at bigint NOT NULL,
    -- The step of a call on paper, where its words are, and the version that its ticket had then.
    run_id text,
    seq bigint,
    version bigint,
    -- The version of the ticket's event that says how it compares; who said it is in there.
    compared_in bigint,
    -- What a call that ran by itself wrote to the customer.
    message_id text,
    PRIMARY KEY (workspace_id, id),
    CHECK ((kind = 'paper') = (run_id IS NOT NULL)),
    CHECK ((kind = 'paper') = (seq IS NOT NULL)),
    CHECK ((kind = 'paper') = (version IS NOT NULL)),
    CHECK (kind = 'paper' OR said NOT IN ('matched', 'differed'))
);
INSERT INTO track_record_rebuilt
        (workspace_id, id, kind, ticket_id, intent, tool, risk, confidence, said, at, run_id, seq, version, compared_in,
        message_id)
    SELECT t.workspace_id, t.id, t.kind, t.ticket_id, t.intent, t.tool, t.risk, t.confidence, t.said, t.at, t.run_id,
        t.seq, t.version, t.compared_in,
        CASE WHEN t.kind = 'acted' AND t.risk = 'outward' THEN
            (SELECT max(m.id) FROM messages AS m
             JOIN effects AS e ON e.workspace_id = m.workspace_id AND e.id = t.id
             WHERE m.workspace_id = t.workspace_id AND m.ticket_id = t.ticket_id
                AND e.effect LIKE '%"message_id":"' || m.id || '"%') END
    FROM track_record AS t
    WHERE NOT EXISTS
        (SELECT 1 FROM approvals AS a
         WHERE t.kind = 'reviewed' AND a.workspace_id = t.workspace_id AND a.id = t.id
            AND (a.agent = 'errand' OR (a.status = 'approved' AND a.approval LIKE '%"edited":true%')));
DROP TABLE track_record;
ALTER TABLE track_record_rebuilt RENAME TO track_record;
-- With everything that is counted in it, so that no row is read.
CREATE INDEX track_record_by_time ON track_record (workspace_id, at, intent, tool, kind, confidence, said);
CREATE INDEX track_record_by_cell ON track_record (workspace_id, intent, tool, at, kind, confidence, said);
CREATE INDEX track_record_by_ticket ON track_record (workspace_id, ticket_id, at) WHERE kind = 'acted';
CREATE INDEX track_record_on_paper ON track_record (workspace_id, ticket_id, at) WHERE kind = 'paper';

-- What is left to the policy again keeps its row: its version, and from when on something counts as evidence.
CREATE TABLE autonomy_rebuilt (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    intent text NOT NULL,
    tool text NOT NULL,
    -- Absent: the policy alone says it.
    level text CHECK (level IN ('shadow', 'draft', 'ask', 'act')),
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
    -- 1: put where the policy alone counted, so that whoever did it may take it away again.
    over_policy bigint NOT NULL CHECK (over_policy IN (0, 1)),
    PRIMARY KEY (workspace_id, intent, tool),
    CHECK ((level = 'act') = (threshold IS NOT NULL)),
    CHECK (level IS NOT NULL OR threshold IS NULL)
);
INSERT INTO autonomy_rebuilt
        (workspace_id, intent, tool, level, ceiling, delta, threshold, version, since, counted_from, changed_by, why,
        over_policy)
    SELECT workspace_id, intent, tool, level, ceiling, delta, threshold, version, since, counted_from, changed_by, why,
        CASE WHEN version = 1 THEN 1 ELSE 0 END
    FROM autonomy;
DROP TABLE autonomy;
ALTER TABLE autonomy_rebuilt RENAME TO autonomy;
-- Nothing was ever seen of calls less sure than the least sure that was heard of, so they do not act.
UPDATE autonomy SET threshold = coalesce(
    (SELECT min(t.confidence) / 10 * 10 FROM track_record AS t
     WHERE t.workspace_id = autonomy.workspace_id AND t.intent = autonomy.intent AND t.tool = autonomy.tool
        AND t.said IS NOT NULL AND t.at >= autonomy.counted_from AND t.confidence >= autonomy.threshold),
    threshold)
WHERE level = 'act';

-- When the customer said that it did not help. Of their words after one resolution and before the next the last counts,
-- and where it was a kind one `confirmed_at` says so.
ALTER TABLE resolutions ADD COLUMN unhelpful_at bigint;
UPDATE resolutions SET unhelpful_at =
    (SELECT max(e.at) FROM events AS e
     WHERE e.workspace_id = resolutions.workspace_id AND e.ticket_id = resolutions.ticket_id
        AND e.version > resolutions.version
        AND e.body LIKE '%"answer_rated"%' AND e.body LIKE '%"helpful":false%'
        AND NOT EXISTS
            (SELECT 1 FROM resolutions AS n
             WHERE n.workspace_id = e.workspace_id AND n.ticket_id = e.ticket_id
                AND n.version > resolutions.version AND n.version < e.version))
WHERE confirmed_at IS NULL;
-- With everything that is counted in it, so that no row is read.
DROP INDEX resolutions_by_agents;
CREATE INDEX resolutions_by_agents ON resolutions (workspace_id, at, agent, reopened_at, confirmed_at, unhelpful_at)
    WHERE agent IS NOT NULL;
