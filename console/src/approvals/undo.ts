// Taking a decision back while nothing has come of it: by the message that says it was taken, or by its key.
import { t } from "@lingui/core/macro";
import type { QueryClient } from "@tanstack/react-query";
import { api, Problem, send } from "../api/client";
import type { Approval } from "../api/words";
import { type Also, offer, tell } from "../parts/toasts";
import { sentence } from "../text/format";
import { decidedHere, patch } from "./news";

let last: { until: number; run: () => void } | undefined;

/** Takes back what was decided last, while that can be. */
export function undoLast(): void {
  if (!last || Date.now() >= last.until) {
    tell(t`There is nothing that could be taken back now`);
    return;
  }
  last.run();
}

/** Says that it was decided, and offers to take it back while that can be. */
export function offerUndo(
  client: QueryClient,
  decided: Approval[],
  said: { title: string; tone: "good" | "info"; detail: string; also?: Also },
  reopened: (id: string) => void,
): void {
  const held = decided.filter((approval) => approval.undo_until && approval.decided_at);
  const first = held[0];
  if (!first?.undo_until || !first.decided_at) {
    tell(said.title, said.tone, said.detail, said.also);
    return;
  }
  // By the service's clock alone, which need not be this machine's.
  const ms = Date.parse(first.undo_until) - Date.parse(first.decided_at);
  const until = Date.now() + ms;
  let left = held.map(({ id }) => id);
  const run = async () => {
    const ids = left;
    left = [];
    last = undefined;
    for (const id of ids) {
      try {
        const open = await send(api.POST("/v1/approvals/{id}/undo", { params: { path: { id } } }));
        decidedHere(id, false);
        patch(client, id, { ...open, undo_until: null });
        reopened(id);
        tell(t`Taken back: it waits again`, "info", open.preview.title);
      } catch (error) {
        tell(sentence(error instanceof Error ? error.message : String(error)), "error");
        // The service has not said no: it can be tried again for as long as there is time.
        if (error instanceof Problem && (error.offline || error.status >= 500)) left.push(id);
      }
      void client.invalidateQueries({ queryKey: ["approval", id] });
    }
    if (left.length > 0) last ??= { until, run: () => void run() };
    void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
    void client.invalidateQueries({ queryKey: ["home"] });
  };
  last = { until, run: () => void run() };
  offer(said.title, said.tone, said.detail, {
    label: t`Undo`,
    keys: "Z",
    ms,
    run: () => void run(),
    also: said.also,
  });
}
