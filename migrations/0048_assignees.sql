-- Whose a ticket is and how urgent, for lists. Both repeat the snapshot.
ALTER TABLE tickets ADD COLUMN assignee_id text;
ALTER TABLE tickets ADD COLUMN priority text NOT NULL DEFAULT 'normal';
UPDATE tickets SET priority = CASE
    WHEN snapshot LIKE '%,"priority":"low","tags":[%' THEN 'low'
    WHEN snapshot LIKE '%,"priority":"high","tags":[%' THEN 'high'
    ELSE 'urgent' END
WHERE snapshot NOT LIKE '%,"priority":"normal","tags":[%';
UPDATE tickets SET assignee_id =
    (SELECT min(u.id) FROM users AS u WHERE u.workspace_id = tickets.workspace_id
     AND tickets.snapshot LIKE '%,"assignee":"' || u.id || '","handoff":%')
WHERE snapshot LIKE '%,"assignee":"%';
CREATE INDEX tickets_by_assignee ON tickets (workspace_id, assignee_id, updated_at, id)
    WHERE assignee_id IS NOT NULL;
-- Most tickets are of normal priority, and are found without.
CREATE INDEX tickets_by_priority ON tickets (workspace_id, priority, updated_at, id) WHERE priority <> 'normal';

-- Nobody sees to approvals for somebody who is kept out, or in their place.
DELETE FROM approval_delegations WHERE EXISTS
    (SELECT 1 FROM users AS u WHERE u.workspace_id = approval_delegations.workspace_id
     AND u.deactivated_at IS NOT NULL
     AND u.id IN (approval_delegations.user_id, approval_delegations.delegate_id));
