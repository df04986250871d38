// What agents may be granted: what each tool may do, where it comes from, and what is suspended.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, send } from "../api/client";
import { permissionName } from "../api/names";
import type { ToolSource, ToolSpec, ToolView } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge, RiskBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Json } from "../parts/Json";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { toolsQuery } from "./queries";
import "./tools.css";

function sourceText(source: ToolSource): string {
  switch (source.kind) {
    case "built_in":
      return t`Built in`;
    case "http":
      return t`HTTP, ${source.file}`;
    case "mcp":
      return t`MCP server ${source.server}`;
  }
}

export function ToolsPage() {
  useTitle(t`Tools`);
  const [typed, setTyped] = useState("");
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  const query = useQuery({ ...toolsQuery(q), placeholderData: keepPreviousData });
  useShortcuts(t`Tools`, [{ keys: "/", label: t`Search`, run: () => box.current?.focus() }]);
  const suspended = query.data?.items.filter((view) => view.suspended) ?? [];
  const active = query.data?.items.filter((view) => !view.suspended) ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Tools</Trans>
        </h1>
        <search>
          <input
            ref={box}
            className="input"
            type="search"
            aria-label={t`Search tools by what they are good for`}
            placeholder={t`What should it do?`}
            maxLength={200}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
        </search>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && <Empty title={q ? t`No tool fits` : t`No tools`} />}
      <div className="stack">
        {suspended.map((view) => (
          <Suspended key={view.tool.name} view={view} />
        ))}
        {active.length > 0 && (
          <ul className="list">
            {active.map(({ tool }) => (
              <ToolItem key={tool.name} tool={tool} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function ToolItem({ tool }: { tool: ToolSpec }) {
  return (
    <li className="tool">
      <div className="row">
        <h2>{tool.title}</h2>
        <RiskBadge risk={tool.risk} />
        {tool.idempotent && (
          <Badge title={t`A repeated attempt with the same key does nothing twice`}>
            <Trans>Safe to repeat</Trans>
          </Badge>
        )}
        <span className="grow" />
        <span className="muted small">{sourceText(tool.source)}</span>
      </div>
      <p>{tool.description}</p>
      <div className="row small muted">
        <span className="mono">{tool.name}</span>
        {tool.protected.length > 0 && (
          <span className="tool-protected">
            <Icon name="lock" />{" "}
            <Trans>
              Protected: <span className="mono">{tool.protected.join(", ")}</span>
            </Trans>
          </span>
        )}
        {tool.compensation && (
          <span>
            <Trans>
              Undone by <span className="mono">{tool.compensation}</span>
            </Trans>
          </span>
        )}
        {tool.capabilities.map((capability) => (
          <Badge key={capability}>{capability}</Badge>
        ))}
      </div>
      <details>
        <summary className="small muted">
          <Trans>Arguments</Trans>
        </summary>
        <Json value={tool.parameters} label={t`Arguments of ${tool.title}`} />
      </details>
    </li>
  );
}

function Suspended({ view }: { view: ToolView }) {
  const client = useQueryClient();
  const session = useSession();
  const { tool, suspended } = view;
  const accept = useMutation({
    mutationFn: () =>
      send(
        api.POST("/v1/tools/{name}/accept", {
          params: { path: { name: tool.name } },
          // What is on screen: a tool that has changed again since is not accepted unseen.
          body: { look: suspended?.look ?? "" },
        }),
      ),
    onSuccess: async () => {
      tell(t`Accepted; agents may call it again`, "good", tool.title);
      await client.invalidateQueries({ queryKey: ["tools"] });
      await client.invalidateQueries({ queryKey: ["tool", tool.name] });
    },
  });
  if (!suspended) return null;
  return (
    <section className="notice tool-suspended" data-tone="amber">
      <Icon name="warn" />
      <div className="grow stack">
        <div>
          <h2>
            <Trans>{tool.title} is suspended</Trans>
          </h2>
          <p>
            <Trans>
              {suspended.why} It comes from {suspended.server} and cannot be called until an admin
              has looked at it.
            </Trans>
          </p>
        </div>
        <div className="tool-compare">
          <div>
            <h3>
              <Trans>Accepted before</Trans>
            </h3>
            {suspended.was ? (
              <Json value={face(suspended.was)} label={t`Accepted before`} />
            ) : (
              <p className="muted">
                <Trans>Never accepted.</Trans>
              </p>
            )}
          </div>
          <div>
            <h3>
              <Trans>Now</Trans>
            </h3>
            <Json value={face(tool)} label={t`Now`} />
          </div>
        </div>
        {accept.isError && <Failure error={accept.error} />}
        {session.may("manage_tools") ? (
          <div>
            <Button tone="primary" busy={accept.isPending} onClick={() => accept.mutate()}>
              <Trans>Accept as it is now</Trans>
            </Button>
          </div>
        ) : (
          <p className="muted small">
            <Trans>Accepting it takes the permission “{permissionName("manage_tools")}”.</Trans>
          </p>
        )}
      </div>
    </section>
  );
}

/** What an admin accepts: how a model uses the tool, and what happens after a failure. */
const face = ({ title, description, risk, idempotent, parameters }: ToolSpec) => ({
  title,
  description,
  risk,
  idempotent,
  parameters,
});
