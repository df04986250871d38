// The audit's words for people.
import type { AuditAction } from "../api/words";
import { words } from "../text/format";

const ACTIONS: Record<AuditAction, string> = {
  "session.opened": "Signed in",
  "session.refused": "Sign-in refused",
  "session.closed": "Signed out",
  "approval.decided": "Decided an approval",
  "breaker.opened": "Opened a breaker",
  "breaker.closed": "Closed a breaker",
  "policy.changed": "Changed the policy",
  "tool.accepted": "Accepted a changed tool",
  "run.retried": "Retried a run",
  "delivery.retried": "Sent a mail again",
  "document.stored": "Stored a document",
  "document.removed": "Removed a document",
  "source.added": "Added a source",
  "source.removed": "Removed a source",
  "api_key.made": "Made an API key",
  "workspace.made": "Made the workspace",
  "audit.exported": "Exported the audit",
  "audit.pruned": "Took old entries away",
  "personal_data.unmasked": "Had personal data shown",
  "personal_data.scanned": "Looked through stored messages",
  "personal_data.redacted": "Redacted a message",
  "personal_data.kept": "Kept what was found",
};

export const AUDIT_ACTIONS = Object.keys(ACTIONS) as AuditAction[];

export const actionWords = (action: AuditAction) => ACTIONS[action];

/** What is short enough to read: plain values, without ids and digests. */
export function detailWords(detail: unknown): string {
  if (typeof detail !== "object" || detail === null) return "";
  return Object.entries(detail)
    .filter(([name]) => name !== "digest" && name !== "run" && name !== "of")
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]) => `${words(name)}: ${String(value)}`)
    .join("; ");
}
