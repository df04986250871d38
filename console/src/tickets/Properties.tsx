// What a ticket is, beside what was said in it: status, priority, tags, customer, runs, approvals.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, send } from "../api/client";
import { channelName, priorityName, ticketStatusName } from "../api/names";
import type { paths } from "../api/schema.gen";
import type { Contact, Customer, Event, Priority, Ticket, TicketStatus } from "../api/words";
import { ApprovalBadge, Badge, RunBadge, TICKET_STATUSES } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { Unmask, useMasks, useUnmasked } from "../personal/Unmask";
import { runsOfTicketQuery } from "../runs/queries";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { plain, words } from "../text/format";
import { languageOf } from "../text/language";
import { InShort } from "./InShort";
import { colleaguesQuery } from "./mentions";
import { approvalsOf } from "./pending";

/** Not awaited by the conversation. */
const RunShort = lazy(() => import("./RunShort"));

type Change = paths["/v1/tickets/{id}"]["patch"]["requestBody"]["content"]["application/json"];

const PRIORITIES: Priority[] = ["low", "normal", "high", "urgent"];

interface Props {
  ticket: Ticket;
  customer?: Customer | null;
  contact?: Contact | null;
  events: Event[];
}

type Shown =
  paths["/v1/tickets/{id}/unmask"]["post"]["responses"][200]["content"]["application/json"];

export function Properties({ events, ticket, ...served }: Props) {
  const { masked } = useMasks();
  // Personal data alone: how the ticket stands is what is served of it now.
  const hidden = { fields: ticket.fields, customer: served.customer, contact: served.contact };
  const [shown, setShown] = useUnmasked<Shown>(hidden);
  const { customer, contact } = shown ?? served;
  const { fields } = shown?.ticket ?? ticket;
  const client = useQueryClient();
  const session = useSession();
  const mayChange = session.may("edit_tickets");
  const change = useMutation({
    mutationFn: (body: Change) =>
      send(api.PATCH("/v1/tickets/{id}", { params: { path: { id: ticket.id } }, body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["ticket", ticket.id] });
      await client.invalidateQueries({ queryKey: ["tickets"] });
    },
    onError: (error) => tell(t`The ticket was not changed`, "error", error.message),
  });

  return (
    <aside className="properties" aria-label={t`Properties`}>
      <InShort events={events} />
      <section className="stack">
        <h2>
          <Trans>Properties</Trans>
        </h2>
        <div className="property">
          <label htmlFor="status">
            <Trans>Status</Trans>
          </label>
          <select
            id="status"
            className="select"
            disabled={!mayChange || change.isPending}
            value={ticket.status}
            onChange={(event) => change.mutate({ status: event.target.value as TicketStatus })}
          >
            {TICKET_STATUSES.map((status) => (
              <option key={status} value={status}>
                {ticketStatusName(status)}
              </option>
            ))}
          </select>
        </div>
        <div className="property">
          <label htmlFor="priority">
            <Trans>Priority</Trans>
          </label>
          <select
            id="priority"
            className="select"
            disabled={!mayChange || change.isPending}
            value={ticket.priority}
            onChange={(event) => change.mutate({ priority: event.target.value as Priority })}
          >
            {PRIORITIES.map((priority) => (
              <option key={priority} value={priority}>
                {priorityName(priority)}
              </option>
            ))}
          </select>
        </div>
        <Assignee
          assignee={ticket.assignee ?? undefined}
          disabled={!mayChange || change.isPending}
          onAssign={(assignee) => change.mutate({ assignee })}
        />
        <Tags
          tags={ticket.tags}
          mayChange={mayChange}
          onAdd={(tag) => change.mutate({ tags_add: [tag] })}
          onRemove={(tag) => change.mutate({ tags_remove: [tag] })}
        />
        <dl className="facts small">
          <dt>
            <Trans>Channel</Trans>
          </dt>
          <dd>{channelName(ticket.channel)}</dd>
          <dt>
            <Trans>Opened</Trans>
          </dt>
          <dd>
            <Ago at={ticket.created_at} />
          </dd>
          {Object.entries(fields).map(([name, value]) => (
            <div key={name} className="facts-row">
              <dt>{words(name)}</dt>
              <dd>{plain(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="stack">
        <h2>
          <Trans>Customer</Trans>
        </h2>
        {customer || contact ? (
          <dl className="facts small">
            {contact && (
              <>
                <dt>
                  <Trans>Contact</Trans>
                </dt>
                <dd>
                  {contact.name}
                  <br />
                  {masked && !shown ? (
                    contact.email
                  ) : (
                    <a href={`mailto:${contact.email}`}>{contact.email}</a>
                  )}
                </dd>
              </>
            )}
            {customer && (
              <>
                <dt>
                  <Trans>Customer</Trans>
                </dt>
                <dd>
                  <Way to="/customers/$id" params={{ id: customer.id }}>
                    {customer.name}
                  </Way>{" "}
                  {customer.tier !== "standard" && <Badge tone="violet">{customer.tier}</Badge>}
                </dd>
                <dt>
                  <Trans>Language</Trans>
                </dt>
                <dd>{languageOf(customer.locale)}</dd>
              </>
            )}
          </dl>
        ) : (
          <p className="muted small">
            <Trans>A visitor who has not said who they are.</Trans>
          </p>
        )}
        <Unmask
          what={t`the ticket and its customer`}
          shown={shown}
          onShown={setShown}
          ask={(reason) =>
            send(
              api.POST("/v1/tickets/{id}/unmask", {
                params: { path: { id: ticket.id } },
                body: { reason },
              }),
            )
          }
        />
      </section>
      <Runs ticketId={ticket.id} />
      <Approvals events={events} />
    </aside>
  );
}

function Assignee({
  assignee,
  disabled,
  onAssign,
}: {
  assignee?: string;
  disabled: boolean;
  onAssign: (to: string | null) => void;
}) {
  const { may, userId } = useSession();
  const people = useQuery({ ...colleaguesQuery, enabled: may("read_people") }).data ?? [];
  const isListed = people.some(({ id }) => id === assignee);
  return (
    <div className="property">
      <label htmlFor="assignee">
        <Trans>Assignee</Trans>
      </label>
      <select
        id="assignee"
        className="select"
        disabled={disabled}
        value={assignee ?? ""}
        onChange={(event) => onAssign(event.target.value || null)}
      >
        <option value="">{t`Nobody`}</option>
        {assignee && !isListed && (
          <option value={assignee}>
            {may("read_people") ? t`A former colleague` : t`A colleague`}
          </option>
        )}
        {people.map(({ id, name }) => (
          <option key={id} value={id}>
            {id === userId ? t`${name} (you)` : name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Tags({
  tags,
  mayChange,
  onAdd,
  onRemove,
}: {
  tags: string[];
  mayChange: boolean;
  onAdd: (tag: string) => void;
  onRemove: (tag: string) => void;
}) {
  const [tag, setTag] = useState("");
  return (
    <div className="stack-tight">
      <span className="property-name">
        <Trans>Tags</Trans>
      </span>
      <div className="row">
        {tags.map((each) => (
          <span key={each} className="badge">
            {each}
            {mayChange && (
              <button
                type="button"
                className="tag-remove"
                aria-label={t`Remove tag ${each}`}
                onClick={() => onRemove(each)}
              >
                ✕
              </button>
            )}
          </span>
        ))}
        {tags.length === 0 && (
          <span className="muted small">
            <Trans>None</Trans>
          </span>
        )}
      </div>
      {mayChange && (
        <form
          className="row tag-add"
          onSubmit={(event) => {
            event.preventDefault();
            if (tag.trim()) onAdd(tag.trim());
            setTag("");
          }}
        >
          <input
            className="input"
            aria-label={t`New tag`}
            placeholder={t`Add a tag`}
            maxLength={60}
            value={tag}
            onChange={(event) => setTag(event.target.value)}
          />
          <Button type="submit" size="small" disabled={tag.trim() === ""}>
            <Trans>Add</Trans>
          </Button>
        </form>
      )}
    </div>
  );
}

function Runs({ ticketId }: { ticketId: string }) {
  const { may } = useSession();
  const runs = useQuery({ ...runsOfTicketQuery(ticketId), enabled: may("read_runs") });
  const latest = runs.data?.items[0];
  if (!runs.data || !latest) return null;
  return (
    <section className="stack">
      <h2>
        <Trans>Runs</Trans>
      </h2>
      <ul className="stack-tight">
        {runs.data.items.map((run) => (
          <li key={run.id} className="row">
            <Link to="/runs/$id" params={{ id: run.id }}>
              {words(run.agent)}
            </Link>
            <RunBadge status={run.status} />
            <span className="muted small">
              <Ago at={run.created_at} />
            </span>
          </li>
        ))}
      </ul>
      <Suspense fallback={<Loading lines={3} />}>
        <RunShort id={latest.id} />
      </Suspense>
    </section>
  );
}

function Approvals({ events }: { events: Event[] }) {
  const approvals = approvalsOf(events);
  if (approvals.length === 0) return null;
  return (
    <section className="stack">
      <h2>
        <Trans>Approvals</Trans>
      </h2>
      <ul className="stack-tight">
        {approvals.map((approval) => (
          <li key={approval.id} className="row">
            <Way to="/approvals/$id" params={{ id: approval.id }}>
              {approval.title}
            </Way>
            <ApprovalBadge status={approval.status} />
          </li>
        ))}
      </ul>
    </section>
  );
}
