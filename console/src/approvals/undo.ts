// Taking a decision back while nothing has come of it: by the message that says it was taken, or by its key.
import { t } from "@lingui/core/macro";
import type { QueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
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
  let done = false;
  const run = async () => {
    if (done) return;
    done = true;
    last = undefined;
    for (const { id } of held) {
      try {
        const open = await send(api.POST("/v1/approvals/{id}/undo", { params: { path: { id } } }));
        decidedHere(id, false);
        patch(client, id, { ...open, undo_until: null });
        reopened(id);
        tell(t`Taken back: it waits again`, "info", open.preview.title);
      } catch (error) {
        tell(sentence(error instanceof Error ? error.message : String(error)), "error");
      }
      void client.invalidateQueries({ queryKey: ["approval", id] });
    }
    void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
    void client.invalidateQueries({ queryKey: ["home"] });
  };
  last = { until: Date.now() + ms, run: () => void run() };
  offer(said.title, said.tone, said.detail, {
    label: t`Undo`,
    keys: "Z",
    ms,
    run: () => void run(),
    also: said.also,
  });
}
