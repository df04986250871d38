-- What a run reads without holding it: a ticket, of which it makes an article that waits for a person
-- while customers go on being answered, and the gap that the article is to close.
ALTER TABLE runs ADD COLUMN about_ticket_id text;
ALTER TABLE runs ADD COLUMN about_gap_id text;
-- Of one agent, one run at a time is about a ticket.
CREATE UNIQUE INDEX runs_one_about ON runs (workspace_id, about_ticket_id, agent)
    WHERE about_ticket_id IS NOT NULL AND status IN ('queued', 'running', 'waiting');
CREATE INDEX runs_by_about ON runs (workspace_id, about_ticket_id, created_at, id)
    WHERE about_ticket_id IS NOT NULL;
