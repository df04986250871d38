-- What people ask the copilot: a run each, which belongs to who asked and is read by nobody else. The journal has
-- the answer. Those of one thread are a conversation.
ALTER TABLE runs ADD COLUMN asked_by text;
ALTER TABLE runs ADD COLUMN thread_id text;
-- 0, 1, 2 … within the thread.
ALTER TABLE runs ADD COLUMN thread_seq bigint;
-- What whoever asks calls the request by.
ALTER TABLE runs ADD COLUMN asked_key text;
-- The question, and what they had before them.
ALTER TABLE runs ADD COLUMN asked text;
-- One question of a person is answered at a time.
CREATE UNIQUE INDEX runs_one_asked ON runs (workspace_id, asked_by)
    WHERE asked_by IS NOT NULL AND status IN ('queued', 'running', 'waiting');
CREATE UNIQUE INDEX runs_by_asked_key ON runs (workspace_id, asked_by, asked_key) WHERE asked_by IS NOT NULL;
CREATE UNIQUE INDEX runs_by_thread ON runs (workspace_id, thread_id, thread_seq) WHERE thread_id IS NOT NULL;
CREATE INDEX runs_threads ON runs (workspace_id, asked_by, created_at, id) WHERE thread_seq = 0;
