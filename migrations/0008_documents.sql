-- Knowledge sources and the pieces they are searched by.
CREATE TABLE documents (
    workspace_id text NOT NULL REFERENCES workspaces (id),
    id text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'internal')),
    category text NOT NULL,
    tags text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    digest text NOT NULL,
    body text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, slug)
);

CREATE TABLE chunks (
    workspace_id text NOT NULL,
    document_id text NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 0),
    id text NOT NULL,
    document_version bigint NOT NULL,
    heading_path text NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (workspace_id, document_id, ordinal),
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, document_id) REFERENCES documents (workspace_id, id)
);
