-- What a document is about besides its text: whose it is, for whom, in which language, when.
ALTER TABLE documents ADD COLUMN layer text NOT NULL DEFAULT 'company' 
    CHECK (layer IN ('universal', 'company', 'customer'))
    CHECK ((layer = 'universal') = (workspace_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'));
ALTER TABLE documents ADD COLUMN customer_id text
    CHECK ((layer = 'customer') = (customer_id IS NOT NULL));
ALTER TABLE documents ADD COLUMN locale text NOT NULL DEFAULT 'en';
ALTER TABLE documents ADD COLUMN brand text;
ALTER TABLE documents ADD COLUMN valid_from bigint;
ALTER TABLE documents ADD COLUMN valid_until bigint;
ALTER TABLE documents ADD COLUMN template text;

-- Where a piece stands in the text (below zero: it was not kept then, and is looked up), and since which version nothing has changed by which it is found.
ALTER TABLE chunks ADD COLUMN start_byte bigint NOT NULL DEFAULT -1;
ALTER TABLE chunks ADD COLUMN since_version bigint NOT NULL DEFAULT 1;
UPDATE chunks SET since_version = document_version;

-- The workspace that universal documents belong to; it is no tenant.
INSERT INTO workspaces (id, slug, name, created_at)
VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', '(universal)', 'Shared by all workspaces', 0);
