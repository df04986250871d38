// Messages to be filled in by staff: the workspace's own, and those of the shipped library.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { channelName } from "../api/names";
import type { Document } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { languageOf } from "../text/language";
import { LayerBadge } from "./marks";
import { fits } from "./metadata";
import { templatesQuery } from "./queries";
import { placesOf } from "./template";

export function TemplatesPage() {
  useTitle(t`Templates`);
  const query = useQuery(templatesQuery);
  const [q, setQ] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useShortcuts(t`Templates`, [{ keys: "/", label: t`Filter`, run: () => box.current?.focus() }]);
  const found = useMemo(
    () => query.data?.items.filter((each) => fits(each, { q: q.trim() })) ?? [],
    [query.data, q],
  );
  if (query.isPending) return <Loading lines={8} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data.items.length === 0) {
    return (
      <Empty title={t`No templates`}>
        <p>
          <Trans>
            A document whose front matter has a <code>channel</code> is a message to be filled in.
          </Trans>
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          Messages with places to fill in, for a person to read before they are sent. No search
          finds them.
        </Trans>
      </p>
      <search>
        <input
          ref={box}
          className="input knowledge-filter"
          type="search"
          placeholder={t`Filter`}
          aria-label={t`Filter templates`}
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
      </search>
      <p className="small muted" role="status">
        <Plural value={found.length} one="# template" other="# templates" />
      </p>
      {found.length === 0 && <Empty title={t`No template fits`} />}
      {found.length > 0 && (
        <ul className="list">
          {found.map((template) => (
            <TemplateItem key={template.id} document={template} />
          ))}
        </ul>
      )}
    </div>
  );
}

function TemplateItem({ document }: { document: Document }) {
  const { template } = document;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(document.body);
      tell(t`Copied`, "good", document.title);
    } catch {
      tell(t`The browser did not allow copying`, "error", t`Select the text and copy it by hand.`);
    }
  };
  return (
    <li>
      <details className="template">
        <summary>
          <span className="grow document-title">{document.title}</span>
          <span className="document-marks">
            {template && <Badge>{channelName(template.channel)}</Badge>}
            <LayerBadge layer={document.layer} />
            {document.locale !== "en" && (
              <Badge title={languageOf(document.locale)}>{document.locale}</Badge>
            )}
          </span>
        </summary>
        <div className="template-body">
          <p className="template-text">
            {placesOf(document.body).map((piece, at) => {
              const key = `${at}`;
              return piece.place ? (
                <code key={key} className="template-place">
                  {piece.text}
                </code>
              ) : (
                <span key={key}>{piece.text}</span>
              );
            })}
          </p>
          <div className="stack">
            <h3>
              <Trans>To fill in</Trans>
            </h3>
            <dl className="template-variables small">
              {template?.variables.map((variable) => (
                <div key={variable.name}>
                  <dt className="mono">{variable.name}</dt>
                  <dd>
                    {variable.description}
                    {variable.example && (
                      <span className="muted">
                        {" "}
                        <Trans>For example “{variable.example}”.</Trans>
                      </span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
            <div>
              <Button size="small" onClick={() => void copy()}>
                <Trans>Copy the text</Trans>
              </Button>
            </div>
          </div>
        </div>
      </details>
    </li>
  );
}
