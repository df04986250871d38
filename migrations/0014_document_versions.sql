-- Every version a document has had. They outlive the document, because answers that were sent cite
-- them.
CREATE TABLE document_versions (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    document_id text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    slug text NOT NULL,
    title text NOT NULL,
    layer text NOT NULL CHECK (layer IN ('universal', 'company', 'customer')),
    customer_id text,
    visibility text NOT NULL CHECK (visibility IN ('public', 'internal')),
    locale text NOT NULL,
    brand text,
    category text NOT NULL,
    tags text NOT NULL,
    valid_from bigint,
    valid_until bigint,
    template text,
    digest text NOT NULL,
    body text NOT NULL,
    created_at bigint NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (workspace_id, document_id, version),
    CHECK ((layer = 'customer') = (customer_id IS NOT NULL)),
    CHECK ((layer = 'universal') = (workspace_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
);
INSERT INTO document_versions (
    workspace_id, document_id, version, slug, title, layer, customer_id, visibility, locale, brand, category, tags,
    valid_from, valid_until, template, digest, body, created_at, created_by
)
SELECT
    workspace_id, id, version, slug, title, layer, customer_id, visibility, locale, brand, category, tags,
    valid_from, valid_until, template, digest, body, updated_at, '{"kind":"system"}'
FROM documents;

-- Which version of a document each collection of the index holds whole. A document without its mark
-- is put in again.
CREATE TABLE index_marks (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    collection text NOT NULL,
    document_id text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (workspace_id, collection, document_id)
);

-- Facts about all knowledge, kept by the reserved workspace: the digest of the library that was
-- loaded, and the collection that is searched.
CREATE TABLE knowledge_facts (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    name text NOT NULL CHECK (name IN ('library', 'collection')),
    value text NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
