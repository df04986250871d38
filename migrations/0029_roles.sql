-- Roles are no longer five words in an order: a workspace may have its own, and a role is a set of permissions.
-- A column with a check is dropped and made anew, which both databases can.
ALTER TABLE users ADD COLUMN role_name text NOT NULL DEFAULT 'viewer';
UPDATE users SET role_name = role;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users RENAME COLUMN role_name TO role;
-- Kept out from then on.
ALTER TABLE users ADD COLUMN deactivated_at bigint;

ALTER TABLE approvals ADD COLUMN role_name text NOT NULL DEFAULT 'owner';
UPDATE approvals SET role_name = role;
ALTER TABLE approvals DROP COLUMN role;
ALTER TABLE approvals RENAME COLUMN role_name TO role;
-- The team that is asked besides the role.
ALTER TABLE approvals ADD COLUMN team text;

-- A workspace's own roles. `permissions` is a JSON list of names.
CREATE TABLE roles (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    description text NOT NULL,
    permissions text NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE teams (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    description text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE team_members (
    workspace_id text NOT NULL,
    team text NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (workspace_id, team, user_id),
    FOREIGN KEY (workspace_id, team) REFERENCES teams (workspace_id, name),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX team_members_by_user ON team_members (workspace_id, user_id, team);

-- What stands behind keys that are nobody's.
CREATE TABLE service_accounts (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_at bigint NOT NULL,
    deactivated_at bigint,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX service_accounts_by_creation ON service_accounts (workspace_id, created_at, id);

-- A key belongs to a person or to a service account, and may what its scopes name: a JSON list of permissions.
ALTER TABLE api_keys ADD COLUMN scopes text NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN user_id text;
ALTER TABLE api_keys ADD COLUMN service_account_id text;
-- Its first characters, by which people tell it.
ALTER TABLE api_keys ADD COLUMN hint text NOT NULL DEFAULT 'cs_live_';
ALTER TABLE api_keys ADD COLUMN expires_at bigint;
ALTER TABLE api_keys ADD COLUMN revoked_at bigint;
-- To the hour.
ALTER TABLE api_keys ADD COLUMN last_used_at bigint;
-- Keys made before go on with what their role allowed a key.
UPDATE api_keys SET scopes = CASE
    WHEN role = 'viewer' THEN
        '["read_tickets","read_customers","read_approvals","read_runs","read_tools","read_knowledge","read_policy","read_system","read_people"]'
    WHEN role = 'agent' THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","read_tools","try_tools","read_knowledge","write_knowledge","read_policy","read_system","read_people"]'
    WHEN role = 'reviewer' AND sees_personal_data = 1 THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","read_tools","try_tools","read_knowledge","write_knowledge","read_policy","try_policy","read_system","stop","read_people","see_personal_data"]'
    WHEN role = 'reviewer' THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","read_tools","try_tools","read_knowledge","write_knowledge","read_policy","try_policy","read_system","stop","read_people"]'
    WHEN role = 'admin' AND sees_personal_data = 1 THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","retry_runs","read_tools","try_tools","read_knowledge","write_knowledge","publish_knowledge","read_policy","try_policy","read_system","stop","read_audit","export_audit","read_people","see_personal_data"]'
    WHEN role = 'admin' THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","retry_runs","read_tools","try_tools","read_knowledge","write_knowledge","publish_knowledge","read_policy","try_policy","read_system","stop","read_audit","export_audit","read_people"]'
    WHEN role = 'owner' AND sees_personal_data = 1 THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","retry_runs","read_tools","try_tools","read_knowledge","write_knowledge","publish_knowledge","read_policy","try_policy","read_system","stop","read_audit","export_audit","read_people","see_personal_data"]'
    WHEN role = 'owner' THEN
        '["read_tickets","open_tickets","edit_tickets","read_customers","read_approvals","read_runs","retry_runs","read_tools","try_tools","read_knowledge","write_knowledge","publish_knowledge","read_policy","try_policy","read_system","stop","read_audit","export_audit","read_people"]'
    ELSE '[]' END;
INSERT INTO service_accounts (workspace_id, id, name, description, created_at)
    SELECT workspace_id, id, name, '', created_at FROM api_keys;
UPDATE api_keys SET service_account_id = id;
ALTER TABLE api_keys DROP COLUMN role;
ALTER TABLE api_keys DROP COLUMN sees_personal_data;
CREATE INDEX api_keys_by_creation ON api_keys (workspace_id, created_at, id);
CREATE INDEX users_by_creation ON users (workspace_id, created_at, id);
