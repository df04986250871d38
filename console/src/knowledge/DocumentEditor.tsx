// A document as Markdown, with what is known of it above: to write or to change. Saving makes it
// searchable at once.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { api, send } from "../api/client";
import type { Document } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { withFrontMatter } from "./metadata";
import { refreshKnowledge } from "./queries";

const BEGINNING = `---
title:
visibility: public
category:
tags: []
---

`;

/** A new document that somebody, or something, has begun. */
export interface Begun {
  slug: string;
  markdown: string;
}

interface Props {
  /** The document to change; absent for a new one. */
  document?: Document;
  begun?: Begun;
  onClose: () => void;
}

export function DocumentEditor({ document, begun, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const slugId = useId();
  const saved = document && withFrontMatter(document);
  const [slug, setSlug] = useState(document?.slug ?? begun?.slug ?? "");
  const [markdown, setMarkdown] = useState(saved ?? begun?.markdown ?? BEGINNING);
  const [begins] = useState(markdown);
  const changed = markdown !== begins;
  const save = useMutation({
    mutationFn: () => send(api.POST("/v1/knowledge/documents", { body: { slug, markdown } })),
    onSuccess: async (view) => {
      await refreshKnowledge(client);
      tell(t`Saved; agents find it from now on`, "good", view.document.title);
      onClose();
      if (!document) {
        await navigate({ to: "/knowledge/documents/$id", params: { id: view.document.id } });
      }
    },
  });
  return (
    <Dialog
      open
      keeps={changed}
      onClose={onClose}
      size="wide"
      title={document ? t`Edit “${document.title}”` : t`Write a document`}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.currentTarget.requestSubmit();
          }
        }}
      >
        {save.isError && <Failure error={save.error} />}
        {!document && (
          <div className="field">
            <label className="field-label" htmlFor={slugId}>
              <Trans>Name</Trans>
            </label>
            <input
              id={slugId}
              className="input mono"
              required
              maxLength={200}
              placeholder="returns-and-refunds"
              value={slug}
              onChange={(event) => setSlug(event.target.value)}
            />
            <span className="field-hint">
              <Trans>
                Letters, digits and “-”. It stays; a document with this name gets a new version.
              </Trans>
            </span>
          </div>
        )}
        <label className="field">
          <span className="field-label">
            <Trans>Markdown</Trans>
          </span>
          <textarea
            className="textarea mono document-text"
            required
            spellCheck
            value={markdown}
            onChange={(event) => setMarkdown(event.target.value)}
          />
          <span className="field-hint">
            <Trans>
              The lines between “---” say what is known of it: <code>title</code>,{" "}
              <code>visibility</code> (public or internal), <code>locale</code>,{" "}
              <code>category</code>, <code>tags</code>, <code>brand</code>, <code>customer</code>,{" "}
              <code>valid_from</code>, <code>valid_until</code>.
            </Trans>
          </span>
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            tone="primary"
            busy={save.isPending}
            disabled={slug.trim() === "" || markdown.trim() === "" || markdown === saved}
          >
            {save.isPending ? t`Saving…` : document ? t`Save as the next version` : t`Save`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
