// The rows of the queue, of which only those in sight are drawn: thousands scroll like ten.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type Ref, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { agentsQuery } from "../agents/queries";
import type { Claim } from "../api/words";
import { ApprovalBadge, Badge, RiskBadge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { percent, remaining, urgency, waited, words } from "../text/format";
import { deskQuery, type QueueStatus } from "./queries";
import type { Queued } from "./queue";
import { BANDS, bandOf, money } from "./words";

/** A row of two lines of marks and one of a title; measured when it is drawn. */
const ROW_PX = 96;
const BEYOND = 10;
/** Rows before the end at which more are asked for. */
const AHEAD = 60;

export interface ListHandle {
  show: (index: number) => void;
  toTop: () => void;
}

interface Props {
  ref?: Ref<ListHandle>;
  items: Queued[];
  here: string | undefined;
  picked: ReadonlySet<string>;
  claims: Claim[] | undefined;
  status: QueueStatus;
  onPick?: (id: string) => void;
  onEnd: () => void;
}

export function QueueList({ ref, items, here, picked, claims, status, onPick, onEnd }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const { userId } = useSession();
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: BEYOND,
    getItemKey: (index) => items[index]?.id ?? index,
  });
  useImperativeHandle(ref, () => ({
    show: (index) => rows.scrollToIndex(index),
    toTop: () => rows.scrollToOffset(0),
  }));
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const latest = useRef(onEnd);
  latest.current = onEnd;
  useEffect(() => {
    if (last >= items.length - AHEAD) latest.current();
  }, [last, items.length]);
  const others = useMemo(
    () =>
      new Map(
        claims
          ?.filter((claim) => claim.user_id !== userId)
          .map((claim) => [claim.approval_id, claim]),
      ),
    [claims, userId],
  );
  return (
    <div ref={scroll} className="queue-scroll">
      <ul className="queue-list" style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, key, start }) => {
          const item = items[index];
          return (
            item && (
              <li
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className="queue-place"
                style={{ transform: `translateY(${start}px)` }}
                aria-setsize={items.length}
                aria-posinset={index + 1}
              >
                <QueueRow
                  item={item}
                  isHere={item.id === here}
                  picked={picked.has(item.id)}
                  onPick={onPick}
                  claim={others.get(item.id)}
                  status={status}
                />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

interface RowProps {
  item: Queued;
  isHere: boolean;
  picked: boolean;
  onPick?: (id: string) => void;
  claim: Claim | undefined;
  status: QueueStatus;
}

const QueueRow = memo(function QueueRow({ item, isHere, picked, onPick, claim, status }: RowProps) {
  const now = useNow();
  const agents = useQuery({ ...agentsQuery, enabled: useSession().may("read_tools") });
  const people = useQuery(deskQuery).data?.people;
  const agent = agents.data?.find((each) => each.name === item.agent);
  const band = agent && BANDS[bandOf(item.confidence, agent.settings.thresholds)];
  const pending = item.status === "pending";
  const left = remaining(item.expires_at, now);
  const assignee = people?.find((each) => each.id === item.assignee);
  const snoozed = item.snoozed_until && Date.parse(item.snoozed_until) > now;
  return (
    <div
      className="queue-row"
      data-id={item.id}
      data-here={isHere}
      data-chosen={picked}
      data-over={status === "pending" && !pending}
    >
      {onPick && pending && (
        <label className="queue-check">
          <input
            type="checkbox"
            checked={picked}
            onChange={() => onPick(item.id)}
            aria-label={t`Select: ${item.preview.title}`}
          />
        </label>
      )}
      <Link
        to="/approvals/$id"
        params={{ id: item.id }}
        search={true}
        className="queue-link"
        aria-current={isHere ? "true" : undefined}
      >
        <span className="queue-title">{item.preview.title}</span>
        <span className="queue-sub">
          {item.ticket && `#${item.ticket.number} ${item.ticket.subject}`}
        </span>
        <span className="queue-marks">
          {pending ? <RiskBadge risk={item.risk} /> : <ApprovalBadge status={item.status} />}
          <Badge tone={band?.tone} title={band && t(band.meaning)}>
            {percent(item.confidence.score)}
            <span className="sr-only">
              {" "}
              <Trans>confidence</Trans>
            </span>
          </Badge>
          {pending && (
            <span
              className="muted small"
              title={t`What a mistake would cost, times how likely one is`}
            >
              <Trans>expected loss {money(item.stake_cents)}</Trans>
            </span>
          )}
          <span className="muted small">{words(item.agent)}</span>
          {assignee && (
            <span className="muted small queue-person">
              <Icon name="person" label={t`Assigned to`} /> {assignee.name}
            </span>
          )}
          {claim && (
            <span className="small queue-claim">
              <Icon name="eye" /> <Trans>{claim.name} looks at it</Trans>
            </span>
          )}
          {snoozed && (
            <span className="muted small">
              <Trans>back {remaining(item.snoozed_until ?? "", now)}</Trans>
            </span>
          )}
        </span>
        <span className="queue-times">
          <span title={t`Waiting since it was proposed`}>
            {pending ? waited(item.requested_at, now) : null}
          </span>
          {pending && (
            <span className="queue-expiry" data-urgency={urgency(item.expires_at, now)}>
              {left === "expired" ? left : t`expires ${left}`}
            </span>
          )}
        </span>
      </Link>
    </div>
  );
});
