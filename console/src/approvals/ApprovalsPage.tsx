// The reviewers' inbox: the queue on the left, the approval that is open on the right.
import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useShortcuts } from "../keys/shortcuts";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { BatchBar } from "./BatchBar";
import { narrowedOf, type QueueSearch, same } from "./narrowing";
import { caughtUp, useFresh, useOwn } from "./news";
import { QueueHead } from "./QueueHead";
import { type ListHandle, QueueList } from "./QueueList";
import { approvalsQuery, claimsQuery } from "./queries";
import { moved, neighbour, QueueContext, queued } from "./queue";
import { undoLast } from "./undo";
import "./approvals.css";
import "./inbox.css";

const isWide = () => matchMedia("(min-width: 861px)").matches;

export function ApprovalsPage() {
  useTitle(t`Approvals`);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id } = useParams({ strict: false });
  const search: QueueSearch = useSearch({ from: "/staff/approvals" });
  const status = search.status ?? "pending";
  const session = useSession();
  const narrowed = useMemo(() => narrowedOf(search), [search]);
  const query = useInfiniteQuery(approvalsQuery(status, narrowed));
  const claims = useQuery(claimsQuery).data;
  const news = useFresh();
  const own = useOwn();
  const items = useMemo(() => {
    const all = query.data?.pages.flatMap((page) => page.items.map(queued)) ?? [];
    // What others decided stays in its place until the list is read anew; what one decided oneself leaves.
    return status === "pending"
      ? all.filter((item) => item.status === "pending" || !own.has(item.id))
      : all;
  }, [query.data, status, own]);
  const fresh = useMemo(() => {
    const listed = new Set(items.map((item) => item.id));
    return [...news].filter((each) => !listed.has(each)).length;
  }, [news, items]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<string>();
  const list = useRef<ListHandle>(null);
  const here = id ?? cursor;
  const mayDecide = session.may("decide_approvals");

  // What is open now, for answers that come when the reader may have gone on by themselves.
  const opened = useRef<string>(undefined);
  useEffect(() => {
    opened.current = id;
    return () => {
      opened.current = undefined;
    };
  }, [id]);

  const open = useCallback(
    (next: string, replace: boolean) =>
      void navigate({ to: "/approvals/$id", params: { id: next }, search: true, replace }),
    [navigate],
  );
  const close = () => void navigate({ to: "/approvals", search: true, replace: true });
  const look = (next: QueueSearch) => {
    setPicked(new Set());
    setCursor(undefined);
    caughtUp();
    void navigate({ to: "/approvals", search: next });
  };

  const readAnew = useCallback(() => {
    caughtUp();
    list.current?.toTop();
    void client.resetQueries({ queryKey: ["approvals", "list"] });
    void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
  }, [client]);

  const move = (by: 1 | -1) => {
    const next = moved(items, here, by);
    if (!next) return;
    // On a phone only one of the two is on screen: the list keeps a cursor of its own.
    if (id || isWide()) open(next, true);
    else setCursor(next);
    list.current?.show(items.findIndex((item) => item.id === next));
  };

  const toggle = useCallback(
    (each: string) =>
      setPicked((before) => {
        const next = new Set(before);
        if (!next.delete(each)) next.add(each);
        return next;
      }),
    [],
  );

  const selected = items.filter((item) => picked.has(item.id) && item.status === "pending");
  const current = items.find((item) => item.id === here);
  const select = () => current?.status === "pending" && toggle(current.id);

  useShortcuts(t`Approvals`, [
    { keys: "j", label: t`Next`, run: () => move(1) },
    { keys: "k", label: t`Previous`, run: () => move(-1) },
    {
      keys: "Enter",
      label: t`Open`,
      run: () => {
        const target = here ?? items[0]?.id;
        if (target && target !== id) open(target, false);
        document.getElementById("approval")?.focus();
      },
    },
    { keys: "x", label: t`Select for several at once`, when: mayDecide, run: select },
    { keys: "Space", label: t`Select for several at once`, when: mayDecide, run: select },
    { keys: "/", label: t`Search`, run: () => document.getElementById("queue-search")?.focus() },
    { keys: "n", label: t`Show what is new`, when: fresh > 0, run: readAnew },
    { keys: "z", label: t`Take the last decision back`, when: mayDecide, run: undoLast },
  ]);

  // Nobody reads an empty list: what is new fills it.
  const empty = query.data !== undefined && items.length === 0;
  useEffect(() => {
    if (fresh > 0 && empty) readAnew();
  }, [fresh, empty, readAnew]);

  const first = items[0]?.id;
  useEffect(() => {
    if (id || !first || !isWide()) return;
    open(first, true);
  }, [id, first, open]);

  return (
    <div className="approvals" data-open={id !== undefined}>
      <section className="queue" aria-label={t`Queue`}>
        <QueueHead search={search} items={items} onLook={look} />
        <BatchBar
          selected={selected}
          onClear={() => setPicked(new Set())}
          onDone={(decided) => {
            setPicked(new Set());
            const at = opened.current;
            if (!at || !decided.has(at)) return;
            const rest = items.filter((item) => !decided.has(item.id) || item.id === at);
            const next = neighbour(rest, at);
            if (next) open(next, true);
            else close();
          }}
        />
        {fresh > 0 && items.length > 0 && (
          <button type="button" className="queue-news" onClick={readAnew}>
            <Trans>
              <Plural value={fresh} one="# new one" other="# new ones" />: show
            </Trans>
          </button>
        )}
        {query.isPending && <Loading lines={6} />}
        {query.isError && !query.data && (
          <Failure error={query.error} retry={() => void query.refetch()} />
        )}
        {empty && (
          <Empty title={same(search, {}) ? t`Nothing is waiting` : t`None`}>
            <p>
              {same(search, {})
                ? t`New proposals appear here by themselves.`
                : t`No approval is like what you look for.`}
            </p>
          </Empty>
        )}
        {items.length > 0 && (
          <QueueList
            ref={list}
            items={items}
            here={here}
            picked={picked}
            claims={claims}
            status={status}
            onPick={mayDecide ? toggle : undefined}
            onEnd={() => {
              if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
            }}
          />
        )}
        <p className="sr-only" role="status">
          {items.length > 0 &&
            `${plural(items.length, { one: "# approval", other: "# approvals" })}${query.hasNextPage ? t` and more` : ""}`}
        </p>
      </section>
      <QueueContext.Provider
        value={{
          items,
          openAfter: (from) => {
            if (opened.current !== from) return;
            // What had the focus goes with what was decided; the next one is read from its beginning.
            document.getElementById("approval")?.focus({ preventScroll: true });
            const left = items.filter((item) => item.id === from || item.status === "pending");
            const next = neighbour(left, from);
            if (next) open(next, true);
            else close();
          },
          open: (one) => open(one, true),
        }}
      >
        <Outlet />
      </QueueContext.Provider>
    </div>
  );
}

export function NoApproval() {
  const search: QueueSearch = useSearch({ from: "/staff/approvals" });
  const narrowed = useMemo(() => narrowedOf(search), [search]);
  const { data } = useInfiniteQuery(approvalsQuery(search.status ?? "pending", narrowed));
  return (
    <section className="approval approval-none" aria-label={t`Approval`}>
      {data?.pages[0]?.items.length === 0 && same(search, {}) ? (
        <Empty title={t`All caught up`}>
          <p>
            <Trans>Everything that needed a person has been decided.</Trans>
          </p>
        </Empty>
      ) : (
        <Empty title={t`Choose an approval`} />
      )}
    </section>
  );
}
