// The audit's words for people.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { roleName } from "../api/names";
import type { AuditAction } from "../api/words";
import { words } from "../text/format";

const ACTIONS: Record<AuditAction, MessageDescriptor> = {
  "session.opened": msg`Signed in`,
  "session.refused": msg`Sign-in refused`,
  "session.closed": msg`Signed out`,
  "session.switched": msg`Changed workspace`,
  "password.changed": msg`Changed their password`,
  "password.reset": msg`Password replaced by a link`,
  "second_factor.set": msg`Set up a second factor`,
  "second_factor.removed": msg`Removed a second factor`,
  "recovery_codes.made": msg`Made new recovery codes`,
  "passkey.added": msg`Added a passkey`,
  "passkey.removed": msg`Removed a passkey`,
  "identity.linked": msg`Linked to a company's sign-in`,
  "invitation.made": msg`Invited somebody`,
  "invitation.revoked": msg`Took an invitation back`,
  "invitation.accepted": msg`Joined the workspace`,
  "approval.decided": msg`Decided an approval`,
  "approval.taken_back": msg`Took a decision back`,
  "approval.assigned": msg`Assigned an approval`,
  "approval.snoozed": msg`Put an approval off`,
  "approvals.delegated": msg`Named who sees to their approvals`,
  "breaker.opened": msg`Opened a breaker`,
  "breaker.closed": msg`Closed a breaker`,
  "policy.changed": msg`Changed the policy`,
  "tool.accepted": msg`Accepted a changed tool`,
  "run.retried": msg`Retried a run`,
  "delivery.retried": msg`Sent a mail again`,
  "document.stored": msg`Stored a document`,
  "document.removed": msg`Removed a document`,
  "source.added": msg`Added a source`,
  "source.removed": msg`Removed a source`,
  "api_key.made": msg`Made an API key`,
  "workspace.made": msg`Made the workspace`,
  "audit.exported": msg`Exported the audit`,
  "audit.pruned": msg`Took old entries away`,
  "personal_data.unmasked": msg`Had personal data shown`,
  "personal_data.scanned": msg`Looked through stored messages`,
  "personal_data.redacted": msg`Redacted a message`,
  "personal_data.kept": msg`Kept what was found`,
  "person.changed": msg`Changed a colleague`,
  "role.stored": msg`Stored a role`,
  "role.removed": msg`Removed a role`,
  "team.stored": msg`Changed a team`,
  "team.removed": msg`Removed a team`,
  "api_key.revoked": msg`Revoked an API key`,
  "service_account.made": msg`Made a service account`,
  "service_account.deactivated": msg`Deactivated a service account`,
  "connection.tested": msg`Tried a connection`,
  "customer.link_made": msg`Made a link for a customer to sign in with`,
  "customer.signed_in": msg`Signed in as a customer`,
  "customer.signed_out": msg`Signed out as a customer`,
  "contact.added": msg`Added a contact to a customer`,
  "channels.changed": msg`Changed how customers reach us`,
  "autonomy.changed": msg`Changed how far an agent goes by itself`,
  "autonomy.lowered": msg`Lowered how far an agent goes, because it broke a promise`,
  "exercises.changed": msg`Switched exercises on or off`,
  "exercise.ended": msg`Ended an exercise`,
  "evaluation.published": msg`Published an evaluation`,
  "paper.compared": msg`Compared a call on paper`,
  "evaluation_case.made": msg`Made a case of a decision`,
  "evaluation_case.removed": msg`Removed a case made of a decision`,
};

export const AUDIT_ACTIONS = Object.keys(ACTIONS) as AuditAction[];

export const actionWords = (action: AuditAction) => t(ACTIONS[action]);

/** What is short enough to read: plain values, without ids and digests. */
export function detailWords(detail: unknown): string {
  if (typeof detail !== "object" || detail === null) return "";
  return Object.entries(detail)
    .filter(([name]) => name !== "digest" && name !== "run" && name !== "of")
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(
      ([name, value]) =>
        `${words(name)}: ${name === "role" ? roleName(String(value)) : String(value)}`,
    )
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
