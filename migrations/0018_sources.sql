-- Knowledge sources that are synced: pages by URL, those of a sitemap, folders of the configuration.
-- `fence` grows whenever a process begins to work on one; `said` and `report` are JSON.
CREATE TABLE knowledge_sources (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('url', 'sitemap', 'folder')),
    address text NOT NULL,
    said text NOT NULL,
    created_at bigint NOT NULL,
    asked_at bigint,
    synced_at bigint,
    report text,
    lease_until bigint,
    fence bigint NOT NULL CHECK (fence >= 0),
    removing text CHECK (removing IN ('with_documents', 'alone')),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, kind, address)
);
CREATE INDEX sources_by_time ON knowledge_sources (workspace_id, created_at, id);

-- The pages of a source, or the files of a folder, with what the server said of them last.
CREATE TABLE source_pages (
    workspace_id text NOT NULL,
    id text NOT NULL,
    source_id text NOT NULL,
    address text NOT NULL,
    status text NOT NULL CHECK (status IN ('stored', 'rejected', 'gone')),
    reason text,
    etag text,
    last_modified text,
    digest text,
    bytes bigint,
    modified_at bigint,
    created_at bigint NOT NULL,
    checked_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, source_id, address),
    FOREIGN KEY (workspace_id, source_id) REFERENCES knowledge_sources (workspace_id, id)
);
CREATE INDEX source_pages_by_time ON source_pages (workspace_id, source_id, created_at, id);

-- Which document came from which page, in the version that the page made. A document has one page.
CREATE TABLE source_documents (
    workspace_id text NOT NULL,
    document_id text NOT NULL,
    page_id text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (workspace_id, document_id),
    FOREIGN KEY (workspace_id, page_id) REFERENCES source_pages (workspace_id, id)
);
CREATE INDEX source_documents_by_page ON source_documents (workspace_id, page_id);
