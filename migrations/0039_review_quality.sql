-- How long somebody had an approval before them when they decided it, as their page said. Absent for decisions by
-- mail, on the command line and of several at once: those are not measured.
CREATE TABLE review_attention (
    workspace_id text NOT NULL,
    approval_id text NOT NULL,
    user_id text NOT NULL,
    at bigint NOT NULL,
    -- Counted from that of 1970-01-05.
    week bigint NOT NULL,
    in_view_ms bigint NOT NULL,
    words bigint NOT NULL,
    -- In view, as hundredths of what reading so many words takes.
    hundredths bigint NOT NULL,
    evidence bigint NOT NULL,
    unread bigint NOT NULL,
    -- Places of the pieces that were seen, as JSON.
    seen text NOT NULL,
    PRIMARY KEY (workspace_id, approval_id, user_id),
    FOREIGN KEY (workspace_id, approval_id) REFERENCES approvals (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX review_attention_by_week ON review_attention (workspace_id, week, user_id);
CREATE INDEX decisions_by_time ON decisions (workspace_id, at, user_id);

-- Whether a workspace has exercises. None without a row.
CREATE TABLE exercise_settings (
    workspace_id text NOT NULL PRIMARY KEY REFERENCES workspaces (id),
    on_off bigint NOT NULL CHECK (on_off IN (0, 1)),
    one_in bigint NOT NULL CHECK (one_in BETWEEN 1 AND 1000),
    most_a_day bigint NOT NULL CHECK (most_a_day BETWEEN 1 AND 10)
);

-- What reviewers are shown between real approvals. No row of any other table is about one: decisions, effects and
-- runs are of approvals, and this is none. It holds no words of anybody; what is shown is made of the source anew.
CREATE TABLE exercises (
    workspace_id text NOT NULL,
    id text NOT NULL,
    user_id text NOT NULL,
    source_id text NOT NULL,
    -- Absent for a second look.
    slip text CHECK (slip IN ('amount', 'number', 'recipient', 'name', 'figure', 'citation')),
    change bigint NOT NULL,
    digest text NOT NULL,
    earlier text NOT NULL CHECK (earlier IN ('approve', 'edit', 'reject', 'respond', 'escalate')),
    made_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    assigned bigint NOT NULL CHECK (assigned IN (0, 1)),
    snoozed_until bigint,
    claimed_until bigint,
    ended_at bigint,
    ended_as text CHECK (ended_as IN
        ('approve', 'edit', 'reject', 'respond', 'escalate', 'expired', 'withdrawn')),
    found bigint CHECK (found IN (0, 1)),
    agreed bigint CHECK (agreed IN (0, 1)),
    -- Of its end.
    week bigint,
    PRIMARY KEY (workspace_id, id),
    CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
    CHECK (found IS NULL OR slip IS NOT NULL),
    CHECK (agreed IS NULL OR slip IS NULL),
    FOREIGN KEY (workspace_id, source_id) REFERENCES approvals (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
-- One waits for a person at a time.
CREATE UNIQUE INDEX exercises_one_open ON exercises (workspace_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX exercises_by_person ON exercises (workspace_id, user_id, made_at);
CREATE INDEX exercises_by_source ON exercises (workspace_id, source_id, user_id);
CREATE INDEX exercises_by_week ON exercises (workspace_id, week, user_id) WHERE week IS NOT NULL;
