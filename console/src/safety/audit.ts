// The audit's words for people.
import type { AuditAction } from "../api/words";
import { words } from "../text/format";

const ACTIONS: Record<AuditAction, string> = {
  "session.opened": "Signed in",
  "session.refused": "Sign-in refused",
  "session.closed": "Signed out",
  "session.switched": "Changed workspace",
  "password.changed": "Changed their password",
  "password.reset": "Password replaced by a link",
  "second_factor.set": "Set up a second factor",
  "second_factor.removed": "Removed a second factor",
  "recovery_codes.made": "Made new recovery codes",
  "passkey.added": "Added a passkey",
  "passkey.removed": "Removed a passkey",
  "identity.linked": "Linked to a company's sign-in",
  "invitation.made": "Invited somebody",
  "invitation.revoked": "Took an invitation back",
  "invitation.accepted": "Joined the workspace",
  "approval.decided": "Decided an approval",
  "approval.taken_back": "Took a decision back",
  "approval.assigned": "Assigned an approval",
  "approval.snoozed": "Put an approval off",
  "approvals.delegated": "Named who sees to their approvals",
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
  "person.changed": "Changed a colleague",
  "role.stored": "Stored a role",
  "role.removed": "Removed a role",
  "team.stored": "Changed a team",
  "team.removed": "Removed a team",
  "api_key.revoked": "Revoked an API key",
  "service_account.made": "Made a service account",
  "service_account.deactivated": "Deactivated a service account",
  "connection.tested": "Tried a connection",
  "customer.link_made": "Made a link for a customer to sign in with",
  "customer.signed_in": "Signed in as a customer",
  "customer.signed_out": "Signed out as a customer",
  "contact.added": "Added a contact to a customer",
  "channels.changed": "Changed how customers reach us",
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

/** Which entries are wanted; days are of UTC, both with them. */
export interface AuditSearch {
  action?: AuditAction;
  from?: string;
  until?: string;
}

/** A day such as `2026-01-31`; nothing else is one. */
export function dayOf(raw: unknown): string | undefined {
  if (typeof raw !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(raw)) return undefined;
  const at = new Date(`${raw}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== raw ? undefined : raw;
}

/** The moments between which the entries of these days lie. */
export function between(from?: string, until?: string): { from?: string; until?: string } {
  const after = (day: string) =>
    new Date(new Date(`${day}T00:00:00Z`).getTime() + 86_400_000).toISOString();
  return {
    ...(from && { from: `${from}T00:00:00Z` }),
    ...(until && { until: after(until) }),
  };
}
