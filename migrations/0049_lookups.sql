-- What was looked for through a whole ledger or a whole audit is looked up: what a run cost, and when a breaker was
-- closed last.
CREATE INDEX credit_entries_by_run ON credit_entries (workspace_id, run_id, at, id) WHERE run_id IS NOT NULL;
CREATE INDEX audit_entries_of_closings ON audit_entries (workspace_id, subject, at)
    WHERE action = 'breaker.closed';
