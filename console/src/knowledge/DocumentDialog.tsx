// A document to read, write, replace from a file or remove. Saving makes it searchable at once.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { documentQuery } from "./queries";
import { slugOf } from "./slug";

const MOST_BYTES = 900_000;

const TEMPLATE = `---
title:
visibility: public
category:
tags: []
---

`;

interface Props {
  /** Absent for a new document. */
  id?: string;
  mayWrite: boolean;
  onClose: () => void;
}

export function DocumentDialog({ id, mayWrite, onClose }: Props) {
  const query = useQuery({ ...documentQuery(id ?? ""), enabled: id !== undefined });
  const document = query.data?.document;
  return (
    <Dialog
      open
      onClose={onClose}
      size="wide"
      title={document?.title ?? (id ? "Document" : "New document")}
    >
      {id && query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {(document || !id) && (
        <Editor
          id={id}
          slug={document?.slug}
          markdown={document?.body}
          mayWrite={mayWrite}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

function Editor({
  id,
  slug: savedSlug,
  markdown: saved,
  mayWrite,
  onClose,
}: {
  id?: string;
  slug?: string;
  markdown?: string;
  mayWrite: boolean;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const slugId = useId();
  const [slug, setSlug] = useState(savedSlug ?? "");
  const [markdown, setMarkdown] = useState(saved ?? TEMPLATE);
  const [sure, setSure] = useState(false);
  const [fileError, setFileError] = useState<string>();

  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ["documents"] });
    await client.invalidateQueries({ queryKey: ["passages"] });
    if (id) await client.invalidateQueries({ queryKey: ["document", id] });
  };
  const save = useMutation({
    mutationFn: () => send(api.POST("/v1/knowledge/documents", { body: { slug, markdown } })),
    onSuccess: async () => {
      await refresh();
      tell("Saved; agents find it from now on", "good", slug);
      onClose();
    },
  });
  const remove = useMutation({
    mutationFn: () =>
      send(api.DELETE("/v1/knowledge/documents/{id}", { params: { path: { id: id ?? "" } } })),
    onSuccess: async () => {
      onClose();
      await refresh();
      tell("Removed", "info", slug);
    },
  });

  const read = async (file: File | undefined) => {
    setFileError(undefined);
    if (!file) return;
    if (file.size > MOST_BYTES) {
      setFileError(`${file.name} has more than ${MOST_BYTES / 1000} kB: split it.`);
      return;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      setMarkdown(text);
      if (!savedSlug) setSlug(slugOf(file.name));
    } catch {
      setFileError(`${file.name} is not text in UTF-8.`);
    }
  };

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate();
      }}
    >
      {save.isError && <Failure error={save.error} />}
      {remove.isError && <Failure error={remove.error} />}
      <div className="field">
        <label className="field-label" htmlFor={slugId}>
          Name
        </label>
        <input
          id={slugId}
          className="input mono"
          required
          maxLength={200}
          readOnly={savedSlug !== undefined || !mayWrite}
          placeholder="returns-and-refunds"
          value={slug}
          onChange={(event) => setSlug(event.target.value)}
        />
      </div>
      <label className="field">
        <span className="field-label">Markdown</span>
        <textarea
          className="textarea mono document-text"
          required
          readOnly={!mayWrite}
          value={markdown}
          onChange={(event) => setMarkdown(event.target.value)}
        />
      </label>
      {mayWrite && (
        <label className="field">
          <span className="field-label">Or take the text from a file</span>
          <input
            type="file"
            accept=".md,.markdown,.txt,text/markdown,text/plain"
            onChange={(event) => void read(event.target.files?.[0])}
          />
          {fileError && <span className="field-error">{fileError}</span>}
        </label>
      )}
      {mayWrite && (
        <div className="dialog-foot">
          {id && (
            <span className="document-remove">
              {sure ? (
                <Button tone="danger-fill" busy={remove.isPending} onClick={() => remove.mutate()}>
                  Remove for good
                </Button>
              ) : (
                <Button tone="danger" onClick={() => setSure(true)}>
                  Remove
                </Button>
              )}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            tone="primary"
            busy={save.isPending}
            disabled={slug.trim() === "" || markdown.trim() === "" || markdown === saved}
          >
            {save.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      )}
    </form>
  );
}
