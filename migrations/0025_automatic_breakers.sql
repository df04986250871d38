-- Breakers that opened by themselves: a row is one that has not closed again. A provider's belongs to the
-- reserved workspace, because all workspaces share it. `probe` names the one attempt that is out.
CREATE TABLE automatic_breakers (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    kind text NOT NULL CHECK (kind IN ('agent', 'tool', 'integration', 'provider')),
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'half_open')),
    reason text NOT NULL,
    last_error text NOT NULL,
    opened_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    probe_at bigint NOT NULL,
    failed_probes bigint NOT NULL,
    passed_probes bigint NOT NULL,
    probe text,
    PRIMARY KEY (workspace_id, kind, name)
);

-- How much of the rate of an integration, a provider or the mail server all processes have taken together,
-- and until when it asked to be left alone. Far sides count by the installation's credentials, so these rows
-- belong to the reserved workspace.
CREATE TABLE rate_buckets (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    full_at bigint NOT NULL,
    paused_until bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
