-- What became of tickets that were resolved, for the figures of the desk: kept by the writer, beside the events
-- that say it.
CREATE TABLE resolutions (
    workspace_id text NOT NULL,
    ticket_id text NOT NULL,
    -- Of the event that resolved it.
    version bigint NOT NULL,
    -- The agent that did; none when a person did.
    agent text,
    at bigint NOT NULL,
    reopened_at bigint,
    -- When the customer said that it helped.
    confirmed_at bigint,
    PRIMARY KEY (workspace_id, ticket_id, version),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
-- With everything that is counted in it, so that no row is read.
CREATE INDEX resolutions_by_agents ON resolutions (workspace_id, at, reopened_at, confirmed_at)
    WHERE agent IS NOT NULL;
CREATE INDEX tickets_by_creation ON tickets (workspace_id, created_at);

-- Of what was resolved before: a run that came after the answer stands for what the customer wrote then.
INSERT INTO resolutions (workspace_id, ticket_id, version, agent, at, reopened_at)
SELECT r.workspace_id, r.ticket_id, r.seen_version, r.agent, r.updated_at,
    (SELECT min(n.created_at) FROM runs AS n
     WHERE n.workspace_id = r.workspace_id AND n.ticket_id = r.ticket_id AND n.created_at > r.updated_at)
FROM runs AS r
WHERE r.status = 'done' AND r.ticket_id IS NOT NULL
    AND r.outcome LIKE '%"answered"%' AND r.outcome LIKE '%"resolved":true%'
ON CONFLICT (workspace_id, ticket_id, version) DO NOTHING;
