-- By which rules about personal data what an index holds of a workspace was screened; other rules than
-- those that count now are a change of all its documents.
ALTER TABLE knowledge_facts RENAME TO knowledge_facts_before;
CREATE TABLE knowledge_facts (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL CHECK (name IN ('library', 'collection', 'screened')),
    value text NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
INSERT INTO knowledge_facts (workspace_id, name, value, updated_at)
SELECT workspace_id, name, value, updated_at FROM knowledge_facts_before;
DROP TABLE knowledge_facts_before;
