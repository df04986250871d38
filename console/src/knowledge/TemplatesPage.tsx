// Messages to be filled in by staff: the workspace's own, and those of the shipped library.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import type { Document } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { count, words } from "../text/format";
import { LayerBadge } from "./marks";
import { fits, languageOf } from "./metadata";
import { templatesQuery } from "./queries";
import { placesOf } from "./template";

export function TemplatesPage() {
  useTitle("Templates");
  const query = useQuery(templatesQuery);
  const [q, setQ] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useShortcuts("Templates", [{ keys: "/", label: "Filter", run: () => box.current?.focus() }]);
  const found = useMemo(
    () => query.data?.items.filter((each) => fits(each, { q: q.trim() })) ?? [],
    [query.data, q],
  );
  if (query.isPending) return <Loading lines={8} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data.items.length === 0) {
    return (
      <Empty title="No templates">
        <p>
          A document whose front matter has a <code>channel</code> is a message to be filled in.
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <p className="muted">
        Messages with places to fill in, for a person to read before they are sent. No search finds
        them.
      </p>
      <search>
        <input
          ref={box}
          className="input knowledge-filter"
          type="search"
          placeholder="Filter"
          aria-label="Filter templates"
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
      </search>
      <p className="small muted" role="status">
        {count(found.length, "template")}
      </p>
      {found.length === 0 && <Empty title="No template fits" />}
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
      tell("Copied", "good", document.title);
    } catch {
      tell("The browser did not allow copying", "error", "Select the text and copy it by hand.");
    }
  };
  return (
    <li>
      <details className="template">
        <summary>
          <span className="grow document-title">{document.title}</span>
          <span className="document-marks">
            {template && <Badge>{words(template.channel)}</Badge>}
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
            <h3>To fill in</h3>
            <dl className="template-variables small">
              {template?.variables.map((variable) => (
                <div key={variable.name}>
                  <dt className="mono">{variable.name}</dt>
                  <dd>
                    {variable.description}
                    {variable.example && (
                      <span className="muted"> For example “{variable.example}”.</span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
            <div>
              <Button size="small" onClick={() => void copy()}>
                Copy the text
              </Button>
            </div>
          </div>
        </div>
      </details>
    </li>
  );
}
