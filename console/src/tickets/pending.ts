// How the approvals of a ticket stand, by its timeline.
import type { ApprovalStatus, Event } from "../api/words";

export interface Asked {
  id: string;
  title: string;
  status: ApprovalStatus;
}

/** In the order in which they were asked for. */
export function approvalsOf(events: readonly Event[]): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { body } of events) {
    if (body.type === "approval_requested") {
      const id = body.approval_id;
      asked.set(id, { id, title: body.title, status: "pending" });
    }
    if (body.type !== "approval_decided" && body.type !== "approval_reopened") continue;
    const one = asked.get(body.approval_id);
    if (!one) continue;
    one.status = body.type === "approval_decided" ? (body.status as ApprovalStatus) : "pending";
  }
  return [...asked.values()];
}
