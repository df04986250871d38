-- Proposed calls that wait for a person. `approval` is the whole record; the other columns repeat
-- what lists need.
CREATE TABLE approvals (
    workspace_id text NOT NULL,
    id text NOT NULL,
    run_id text NOT NULL,
    ticket_id text,
    status text NOT NULL CHECK (status IN
        ('pending', 'approved', 'edited', 'rejected', 'responded', 'escalated', 'expired', 'superseded')),
    role text NOT NULL CHECK (role IN ('viewer', 'agent', 'reviewer', 'admin', 'owner')),
    approval text NOT NULL,
    requested_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
);
CREATE INDEX approvals_by_status ON approvals (workspace_id, status, requested_at, id);
CREATE INDEX approvals_by_request ON approvals (workspace_id, requested_at, id);
CREATE INDEX approvals_by_run ON approvals (workspace_id, run_id, requested_at, id);
CREATE INDEX approvals_by_expiry ON approvals (workspace_id, expires_at, id) WHERE status = 'pending';

-- What people said to them. Nobody decides twice on one approval.
CREATE TABLE decisions (
    workspace_id text NOT NULL,
    approval_id text NOT NULL,
    user_id text NOT NULL,
    id text NOT NULL,
    decision text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (workspace_id, approval_id, user_id),
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, approval_id) REFERENCES approvals (workspace_id, id)
);
