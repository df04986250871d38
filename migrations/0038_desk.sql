-- What agents did, as figures and as a list by how it ended. `ended_as` is the outcome's kind. `confidence` is in
-- thousandths: how sure the agent was of the call when it was recorded.
ALTER TABLE runs ADD COLUMN ended_as text;
UPDATE runs SET ended_as = CASE
    WHEN outcome LIKE '%"type":"answered"%' THEN 'answered'
    WHEN outcome LIKE '%"type":"asked"%' THEN 'asked'
    WHEN outcome LIKE '%"type":"handed_off"%' THEN 'handed_off'
    WHEN outcome LIKE '%"type":"done"%' THEN 'done'
    WHEN outcome LIKE '%"type":"nothing"%' THEN 'nothing' END
WHERE outcome IS NOT NULL;
CREATE INDEX runs_by_agent ON runs (workspace_id, agent, created_at, id);
CREATE INDEX runs_by_outcome ON runs (workspace_id, ended_as, created_at, id) WHERE ended_as IS NOT NULL;
-- With everything that is counted in it, and written once, when a run is over.
CREATE INDEX runs_over ON runs (workspace_id, updated_at, agent, status, ended_as, cost_micros)
    WHERE status IN ('done', 'dead', 'quarantined');

-- Whoever acted, and how sure they were; none of effects that are older than this.
ALTER TABLE effects ADD COLUMN agent text;
ALTER TABLE effects ADD COLUMN confidence bigint;
CREATE INDEX effects_by_agents ON effects (workspace_id, created_at, agent, confidence) WHERE agent IS NOT NULL;

-- The same figures agent by agent.
DROP INDEX resolutions_by_agents;
CREATE INDEX resolutions_by_agents ON resolutions (workspace_id, at, agent, reopened_at, confirmed_at)
    WHERE agent IS NOT NULL;

-- Who was named in a note to colleagues, written by the writer beside the note; `seen_at` when they have had the
-- ticket before them since.
CREATE TABLE mentions (
    workspace_id text NOT NULL,
    user_id text NOT NULL,
    message_id text NOT NULL,
    ticket_id text NOT NULL,
    at bigint NOT NULL,
    seen_at bigint,
    PRIMARY KEY (workspace_id, user_id, message_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX mentions_by_person ON mentions (workspace_id, user_id, at, message_id);
CREATE INDEX mentions_unseen ON mentions (workspace_id, user_id, ticket_id) WHERE seen_at IS NULL;
