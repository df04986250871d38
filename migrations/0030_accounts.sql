-- Accounts: a person with one address and one way to prove who they are, in every workspace that
-- they belong to. A user is such a person's membership of one workspace. What belongs to the person
-- and to no workspace leads with the account.
CREATE TABLE accounts (
    id text NOT NULL PRIMARY KEY,
    -- In lower case.
    email text NOT NULL UNIQUE,
    -- Absent for who signs in by their company or by a passkey alone.
    password_hash text,
    -- The sealed secret of an authenticator app; of use from `totp_confirmed_at` on.
    totp_secret text,
    totp_confirmed_at bigint,
    -- The time step of the last code that was taken: none is taken twice.
    totp_step bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL
);
INSERT INTO accounts (id, email, password_hash, created_at)
    SELECT id, email, password_hash, created_at FROM users;

ALTER TABLE users ADD COLUMN account_id text REFERENCES accounts (id);
UPDATE users SET account_id = id;
ALTER TABLE users DROP COLUMN password_hash;
-- An address is unique in its workspace now, and no longer in all of them. SQLite does not let go of a column that
-- is unique: it holds both ids from here on, and says nothing.
ALTER TABLE users ADD COLUMN address text NOT NULL DEFAULT '';
UPDATE users SET address = email;
UPDATE users SET email = workspace_id || '/' || id;
ALTER TABLE users RENAME COLUMN email TO unique_key;
ALTER TABLE users RENAME COLUMN address TO email;
CREATE UNIQUE INDEX users_by_email ON users (workspace_id, email);
CREATE UNIQUE INDEX users_by_account ON users (account_id, workspace_id);

CREATE TABLE sessions_rebuilt (
    workspace_id text NOT NULL,
    id text NOT NULL,
    user_id text NOT NULL,
    account_id text NOT NULL REFERENCES accounts (id),
    -- What the browser calls itself, and where it was last seen.
    device text NOT NULL,
    address text NOT NULL,
    -- 1 when more than a password was shown.
    second_factor bigint NOT NULL,
    created_at bigint NOT NULL,
    -- Written now and then, not with every request.
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
INSERT INTO sessions_rebuilt (workspace_id, id, user_id, account_id, device, address, second_factor, created_at, seen_at, expires_at)
    SELECT workspace_id, id, user_id, user_id, '', '', 0, created_at, created_at, expires_at FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_rebuilt RENAME TO sessions;
CREATE INDEX sessions_by_account ON sessions (account_id, created_at, id);

-- Links that let somebody choose a new password, by the digest of what stands in them. Used once.
CREATE TABLE password_resets (
    sha256 text NOT NULL PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id),
    expires_at bigint NOT NULL
);
CREATE INDEX password_resets_by_account ON password_resets (account_id);

-- Each opens the account once, instead of a code.
CREATE TABLE recovery_codes (
    account_id text NOT NULL REFERENCES accounts (id),
    sha256 text NOT NULL,
    PRIMARY KEY (account_id, sha256)
);

CREATE TABLE passkeys (
    id text NOT NULL PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id),
    -- As the authenticator calls it, in base64url.
    credential_id text NOT NULL UNIQUE,
    -- The public key and what else the check of a signature needs, as JSON.
    credential text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at, id);

-- Who somebody is at a company's OpenID provider.
CREATE TABLE openid_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id text NOT NULL REFERENCES accounts (id),
    created_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX openid_identities_by_account ON openid_identities (account_id);

CREATE TABLE invitations (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    invited_by text NOT NULL,
    sha256 text NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, email)
);

-- Failures to sign in, by the digest of what was tried. Old rows go with new ones.
CREATE TABLE sign_in_failures (
    subject text NOT NULL PRIMARY KEY,
    failures bigint NOT NULL,
    since bigint NOT NULL
);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (since);

-- Challenges that were answered, until they would be over anyway: none is answered twice.
CREATE TABLE spent_challenges (
    sha256 text NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL
);
CREATE INDEX spent_challenges_by_time ON spent_challenges (expires_at);
