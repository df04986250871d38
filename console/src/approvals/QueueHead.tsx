// What is looked at of the queue: views with their counts, a search, and what narrows it further.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api, send } from "../api/client";
import { approvalStatusName, riskName } from "../api/names";
import type { View } from "../api/words";
import { APPROVAL_STATUSES } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { useSettled } from "../parts/settled";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { words } from "../text/format";
import {
  chosen,
  narrowedOf,
  ORDERS,
  type QueueSearch,
  RISKS,
  same,
  searchOf,
  USUAL,
} from "./narrowing";
import { countsQuery, deskQuery, type QueueStatus, viewsQuery } from "./queries";
import type { Queued } from "./queue";

interface Props {
  search: QueueSearch;
  items: Queued[];
  onLook: (search: QueueSearch) => void;
}

const MANY = 1000;
const shown = (count: number | undefined) =>
  count === undefined ? "" : count >= MANY ? `${MANY - 1}+` : String(count);

export function QueueHead({ search, items, onLook }: Props) {
  const counts = useQuery(countsQuery).data;
  const views = useQuery(viewsQuery).data ?? [];
  const [open, setOpen] = useState(false);
  const narrowedBy = chosen(search);
  return (
    <header className="queue-head">
      <div className="row">
        <h1 className="grow">
          <Trans>Approvals</Trans>
        </h1>
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Trans>Filter{narrowedBy > 0 ? ` (${narrowedBy})` : ""}</Trans>
        </Button>
      </div>
      <nav className="queue-views" aria-label={t`Views`}>
        {USUAL.map(({ name, count, search: at }) => (
          <ViewLink
            key={t(name)}
            name={t(name)}
            count={shown(counts?.[count])}
            search={at}
            here={same(search, at)}
          />
        ))}
        {views.map((view) => (
          <ViewLink
            key={view.id}
            name={view.name}
            count={shown(counts?.views.find((each) => each.id === view.id)?.count)}
            search={searchOf(view.narrowed)}
            here={same(search, searchOf(view.narrowed))}
          />
        ))}
      </nav>
      <Search search={search} onLook={onLook} />
      {open && <Filters search={search} items={items} views={views} onLook={onLook} />}
    </header>
  );
}

function ViewLink({
  name,
  count,
  search,
  here,
}: {
  name: string;
  count: string;
  search: QueueSearch;
  here: boolean;
}) {
  return (
    <Link
      to="/approvals"
      search={search}
      className="queue-view"
      activeProps={{}}
      aria-current={here ? "page" : undefined}
      data-here={here}
    >
      {name} {count && <span className="queue-count">{count}</span>}
    </Link>
  );
}

function Search({ search, onLook }: Pick<Props, "search" | "onLook">) {
  const [text, setText] = useState(search.text ?? "");
  const settled = useSettled(text);
  const wanted = settled.trim() || undefined;
  const asked = search.text;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed looks anew
  useEffect(() => {
    if (settled === text && wanted !== asked) onLook({ ...search, text: wanted });
  }, [wanted]);
  useEffect(
    () => setText((typed) => (typed.trim() === (asked ?? "") ? typed : (asked ?? ""))),
    [asked],
  );
  return (
    <input
      id="queue-search"
      type="search"
      className="input"
      placeholder={t`Search subject, customer, text`}
      aria-label={t`Search approvals`}
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        setText("");
        event.currentTarget.blur();
      }}
    />
  );
}

/** The values there are, with the one that is asked for. */
function valuesOf(items: Queued[], value: (item: Queued) => string | undefined, asked?: string) {
  const found = new Set(items.map(value).filter((each): each is string => Boolean(each)));
  if (asked) found.add(asked);
  return [...found].sort();
}

function Filters({ search, items, views, onLook }: Props & { views: View[] }) {
  const people = useQuery(deskQuery).data?.people ?? [];
  const [saving, setSaving] = useState(false);
  const session = useSession();
  const client = useQueryClient();
  const kept = views.find((view) => same(searchOf(view.narrowed), search));
  const remove = useMutation({
    mutationFn: (id: string) =>
      send(api.DELETE("/v1/approvals/views/{id}", { params: { path: { id } } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["approvals"] }),
    onError: (error) => tell(error.message, "error"),
  });
  const set = (change: Partial<QueueSearch>) => onLook({ ...search, ...change });
  const pick = (
    label: string,
    key: "agent" | "tool" | "rule" | "intent",
    options: string[],
    say: (value: string) => string = words,
  ) => (
    <label>
      <span className="field-label">{label}</span>
      <select
        className="select"
        value={search[key] ?? ""}
        onChange={(event) => set({ [key]: event.target.value || undefined })}
      >
        <option value="">{t`Any`}</option>
        {options.map((each) => (
          <option key={each} value={each}>
            {say(each)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="queue-filters">
      <label>
        <span className="field-label">
          <Trans>Which approvals</Trans>
        </span>
        <select
          className="select"
          value={search.status ?? "pending"}
          onChange={(event) => {
            const next = event.target.value as QueueStatus;
            set({ status: next === "pending" ? undefined : next });
          }}
        >
          <option value="pending">{t`Waiting`}</option>
          {APPROVAL_STATUSES.filter((each) => each !== "pending").map((each) => (
            <option key={each} value={each}>
              {approvalStatusName(each)}
            </option>
          ))}
          <option value="all">{t`All`}</option>
        </select>
      </label>
      <label>
        <span className="field-label">
          <Trans>Order</Trans>
        </span>
        <select
          className="select"
          value={search.order ?? "stake"}
          onChange={(event) => {
            const order = ORDERS.find((each) => each === event.target.value);
            set({ order: order === "stake" ? undefined : order });
          }}
        >
          <option value="stake">{t`What is at stake first`}</option>
          <option value="age">{t`Oldest first`}</option>
        </select>
      </label>
      <label>
        <span className="field-label">
          <Trans>Risk</Trans>
        </span>
        <select
          className="select"
          value={search.risk ?? ""}
          onChange={(event) => set({ risk: RISKS.find((each) => each === event.target.value) })}
        >
          <option value="">{t`Any`}</option>
          {RISKS.map((each) => (
            <option key={each} value={each}>
              {riskName(each)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="field-label">
          <Trans>Assigned to</Trans>
        </span>
        <select
          className="select"
          value={search.assignee ?? ""}
          onChange={(event) => set({ assignee: event.target.value || undefined })}
        >
          <option value="">{t`Anybody`}</option>
          <option value="me">{t`Me`}</option>
          <option value="nobody">{t`Nobody`}</option>
          {people.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      {pick(
        t`Agent`,
        "agent",
        valuesOf(items, (item) => item.agent, search.agent),
      )}
      {pick(
        t`Tool`,
        "tool",
        valuesOf(items, (item) => item.binding.call.tool, search.tool),
      )}
      {pick(
        t`Rule`,
        "rule",
        valuesOf(items, (item) => item.rule, search.rule),
        String,
      )}
      {pick(
        t`What is wanted`,
        "intent",
        valuesOf(items, (item) => item.intent, search.intent),
      )}
      <div className="row queue-keep">
        {search.customer_id && (
          <Button size="small" onClick={() => set({ customer_id: undefined })}>
            <Trans>Of all customers</Trans>
          </Button>
        )}
        {!same(search, {}) && (
          <Button size="small" onClick={() => onLook({})}>
            <Trans>Clear</Trans>
          </Button>
        )}
        {kept && (kept.owner_id === session.userId || session.may("manage_people")) ? (
          <Button size="small" busy={remove.isPending} onClick={() => remove.mutate(kept.id)}>
            <Trans>Remove this view</Trans>
          </Button>
        ) : (
          !kept &&
          !same(search, {}) &&
          session.userId && (
            <Button size="small" onClick={() => setSaving(true)}>
              <Trans>Keep as a view</Trans>
            </Button>
          )
        )}
      </div>
      <KeepView open={saving} onClose={() => setSaving(false)} search={search} />
    </div>
  );
}

function KeepView({
  open,
  onClose,
  search,
}: {
  open: boolean;
  onClose: () => void;
  search: QueueSearch;
}) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const keep = useMutation({
    mutationFn: () =>
      send(
        api.POST("/v1/approvals/views", {
          body: { name: name.trim(), shared, narrowed: narrowedOf(search) },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["approvals", "views"] });
      void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
      setName("");
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && !keep.isPending) keep.mutate();
  };
  return (
    <Dialog open={open} onClose={onClose} title={t`Keep as a view`}>
      <form className="stack" onSubmit={submit}>
        {keep.isError && <Failure error={keep.error} />}
        <label className="field">
          <span className="field-label">
            <Trans>Name</Trans>
          </span>
          <input
            className="input"
            required
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="row">
          <input
            type="checkbox"
            checked={shared}
            onChange={(event) => setShared(event.target.checked)}
          />
          <Trans>Everybody of the workspace sees it</Trans>
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={keep.isPending}>
            <Trans>Keep</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
