// Live without reloading: one event stream per tab. What it reports makes the affected queries
// fresh; the browser itself resumes the stream by Last-Event-ID after a cut.
import { t } from "@lingui/core/macro";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import type { Event, Role, StreamItem } from "../api/words";
import { caughtUp, hear, hearOf } from "../approvals/news";
import { approvalQuery } from "../approvals/queries";
import { hearLooks, hearText } from "../copilot/writing";
import { actorName } from "../messages/actor";
import { tell } from "../parts/toasts";
import { sessionQuery } from "../session/session";
import { words } from "../text/format";

export type Link = "connecting" | "open" | "lost";

const LOST_AFTER_MS = 2500;
const REOPEN_MS = [1000, 2000, 5000, 10_000, 20_000];
const GATHER_MS = 150;

let link: Link = "connecting";
let typing: ReadonlyMap<string, string> = new Map();
const listeners = new Set<() => void>();

function publish(): void {
  for (const listener of listeners) listener();
}

function setLink(next: Link): void {
  if (link === next) return;
  link = next;
  publish();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the stream is up, for the offline bar. */
export function useLink(): Link {
  return useSyncExternalStore(subscribe, () => link);
}

/** The agent that is writing in a ticket now, if one is. */
export function useTyping(ticketId: string): string | undefined {
  return useSyncExternalStore(subscribe, () => typing.get(ticketId));
}

/** The query keys that an event makes stale. */
export function staleKeys(event: Event): unknown[][] {
  const keys: unknown[][] = [["ticket", event.ticket_id], ["tickets"], ["home"]];
  const body = event.body;
  if (
    body.type === "approval_requested" ||
    body.type === "approval_decided" ||
    body.type === "approval_passed_on" ||
    body.type === "approval_reopened" ||
    body.type === "approval_assigned" ||
    body.type === "approval_snoozed" ||
    body.type === "approval_reminder"
  ) {
    keys.push(...keysOfApproval(body));
  }
  if (body.type === "effect_settled" || body.type === "run_ended") {
    keys.push(["run", body.run_id], ["runs"]);
  }
  // A new message of the customer supersedes what was proposed before it.
  if (body.type === "message_added") keys.push(["approval"], ["runs"]);
  if (body.type === "message_added" && body.message.mentions?.length) keys.push(["mentions"]);
  if (body.type === "created") keys.push(["runs"]);
  return keys;
}

/** What to tell somebody who answers for these roles about an approval that nobody has decided, if they are among
 * those who are asked: an event tells the role and no more. */
export function reminderOf(
  { body }: Event,
  answersFor: Role[] | undefined,
): { approvalId: string; title: string; detail: string } | undefined {
  if (body.type !== "approval_reminder" && body.type !== "approval_passed_on") return undefined;
  if (!answersFor?.includes(body.role)) return undefined;
  const approvalId = body.approval_id;
  return body.type === "approval_reminder"
    ? { approvalId, title: t`Still waits for a decision`, detail: body.title }
    : {
        approvalId,
        title: t`Waits for you now: nobody decided for a while`,
        detail: words(body.tool),
      };
}

/** Tells a reminder to whom the service says that they may decide: by role, team and what they asked for. */
async function remind(
  client: QueryClient,
  { approvalId, title, detail }: NonNullable<ReturnType<typeof reminderOf>>,
): Promise<void> {
  try {
    const { may_decide } = await client.fetchQuery({ ...approvalQuery(approvalId), staleTime: 0 });
    if (may_decide) tell(title, "info", detail);
  } catch {
    // It is in the queue of whoever may decide it, and counted there.
  }
}

/** What to tell somebody whom a note names. */
export function mentionOf(
  { body }: Event,
  userId: string | undefined,
): { title: string; detail: string } | undefined {
  if (body.type !== "message_added" || !userId) return undefined;
  const { author, mentions } = body.message;
  const own = author.kind === "user" && author.user_id === userId;
  if (own || !mentions?.includes(userId)) return undefined;
  return {
    title: t`${actorName(author)} names you in a note`,
    detail: body.message.body.slice(0, 140),
  };
}

/** The query keys that an approval of a run without a ticket makes stale. */
export function keysOfApproval(item: { approval_id: string; run_id: string }): unknown[][] {
  return [
    ["approvals", "counts"],
    ["approvals", "oldest"],
    ["approval", item.approval_id],
    ["run", item.run_id],
    ["runs"],
    ["home"],
  ];
}

function parsed(message: MessageEvent): StreamItem | undefined {
  try {
    return JSON.parse(String(message.data)) as StreamItem;
  } catch {
    return undefined;
  }
}

/** Keeps the stream open for as long as the caller is shown, for who may read what it says. */
export function useLive(client: QueryClient, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource | undefined;
    let lostTimer: ReturnType<typeof setTimeout> | undefined;
    let reopenTimer: ReturnType<typeof setTimeout> | undefined;
    let gatherTimer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let missed = false;
    const stale = new Map<string, unknown[]>();

    const flush = () => {
      gatherTimer = undefined;
      for (const queryKey of stale.values()) void client.invalidateQueries({ queryKey });
      stale.clear();
    };

    const onItem = (message: MessageEvent) => {
      const item = parsed(message);
      if (item?.type === "event") {
        hear(client, item.event.body);
        for (const key of staleKeys(item.event)) stale.set(JSON.stringify(key), key);
        const reminder = reminderOf(
          item.event,
          client.getQueryData(sessionQuery.queryKey)?.answers_for,
        );
        if (reminder) void remind(client, reminder);
        const named = mentionOf(
          item.event,
          client.getQueryData(sessionQuery.queryKey)?.user?.id ?? undefined,
        );
        if (named) tell(named.title, "info", named.detail);
        gatherTimer ??= setTimeout(flush, GATHER_MS);
      }
      if (item?.type === "approval") {
        hearOf(client, item.approval_id, item.status);
        for (const key of keysOfApproval(item)) stale.set(JSON.stringify(key), key);
        gatherTimer ??= setTimeout(flush, GATHER_MS);
      }
      if (item?.type === "breakers") {
        stale.set("breakers", ["breakers"]);
        stale.set("home", ["home"]);
        gatherTimer ??= setTimeout(flush, GATHER_MS);
      }
      if (item?.type === "claims") {
        stale.set("claims", ["approvals", "claims"]);
        gatherTimer ??= setTimeout(flush, GATHER_MS);
      }
      if (item?.type === "copilot_text") hearText(item.run_id, item.delta, item.begins);
      if (item?.type === "copilot_looks") hearLooks(item.run_id, item.tools);
      if (item?.type === "copilot_turned") {
        stale.set("copilot", ["copilot", "thread", item.thread_id]);
        gatherTimer ??= setTimeout(flush, GATHER_MS);
      }
      if (item?.type === "typing") {
        const next = new Map(typing);
        if (item.on) next.set(item.ticket_id, item.agent);
        else next.delete(item.ticket_id);
        typing = next;
        publish();
      }
    };

    const open = () => {
      source = new EventSource("/v1/stream");
      source.onopen = () => {
        clearTimeout(lostTimer);
        lostTimer = undefined;
        failures = 0;
        setLink("open");
        // What has no id is not told again, and a stream that had to be opened anew cannot say what it missed.
        if (missed) void client.invalidateQueries();
        missed = false;
      };
      source.onerror = () => {
        lostTimer ??= setTimeout(() => setLink("lost"), LOST_AFTER_MS);
        missed = true;
        // Nobody says any more when they stop.
        typing = new Map();
        publish();
        if (source?.readyState !== EventSource.CLOSED) return;
        const delay = REOPEN_MS[Math.min(failures, REOPEN_MS.length - 1)] ?? 20_000;
        failures += 1;
        reopenTimer = setTimeout(open, delay);
      };
      source.addEventListener("event", onItem);
      source.addEventListener("approval", onItem);
      source.addEventListener("breakers", onItem);
      source.addEventListener("claims", onItem);
      source.addEventListener("copilot_text", onItem);
      source.addEventListener("copilot_looks", onItem);
      source.addEventListener("copilot_turned", onItem);
      source.addEventListener("typing", onItem);
    };

    open();
    return () => {
      source?.close();
      clearTimeout(lostTimer);
      clearTimeout(reopenTimer);
      clearTimeout(gatherTimer);
      link = "connecting";
      // Whoever comes next reads everything anew.
      typing = new Map();
      caughtUp();
    };
  }, [client, enabled]);
}
