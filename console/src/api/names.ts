// How the words of the API's enumerations are said to people. Names that a configuration or a
// workspace gives (agents, tools, fields, roles of its own) are no words of any language: `text/names.ts`.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { words } from "../text/names";
import type {
  ApprovalStatus,
  Channel,
  Effect,
  OutcomeKind,
  Permission,
  Priority,
  Risk,
  RunStatus,
  S,
  TicketStatus,
} from "./words";

type Names<T extends string> = Record<T, MessageDescriptor>;

/** A word as an event keeps it: events outlive the enumerations they were written with. */
function known<T extends string>(names: Names<T>, word: string): string {
  return Object.hasOwn(names, word) ? t(names[word as T]) : words(word);
}

const CHANNEL: Names<Channel> = { chat: msg`Chat`, email: msg`Email`, api: msg`API` };
export const channelName = (channel: Channel) => t(CHANNEL[channel]);

const TICKET: Names<TicketStatus> = {
  open: msg`Open`,
  waiting_for_staff: msg`Waiting for staff`,
  waiting_for_customer: msg`Waiting for customer`,
  resolved: msg`Resolved`,
  closed: msg`Closed`,
};
export const ticketStatusName = (status: TicketStatus) => t(TICKET[status]);

const PRIORITY: Names<Priority> = {
  low: msg`Low`,
  normal: msg`Normal`,
  high: msg`High`,
  urgent: msg`Urgent`,
};
export const priorityName = (priority: Priority) => t(PRIORITY[priority]);

const APPROVAL: Names<ApprovalStatus> = {
  pending: msg`Waiting`,
  approved: msg`Approved`,
  edited: msg`Edited`,
  rejected: msg`Rejected`,
  responded: msg`Responded`,
  escalated: msg`Escalated`,
  expired: msg`Expired`,
  superseded: msg`Superseded`,
};
export const approvalStatusName = (status: string) => known(APPROVAL, status);

const RUN: Names<RunStatus> = {
  queued: msg`Queued`,
  running: msg`Running`,
  waiting: msg`Waiting`,
  done: msg`Done`,
  dead: msg`Dead`,
  quarantined: msg`Quarantined`,
};
export const runStatusName = (status: RunStatus) => t(RUN[status]);

const EFFECT: Names<Effect["status"]> = {
  attempting: msg`Attempting`,
  retrying: msg`Retrying`,
  succeeded: msg`Succeeded`,
  failed: msg`Failed`,
  unknown: msg`Unknown`,
};
export const effectStatusName = (status: string) => known(EFFECT, status);

const RISK: Names<Risk> = {
  read: msg`Read only`,
  reversible: msg`Reversible`,
  outward: msg`Outward`,
  irreversible: msg`Irreversible`,
};
export const riskName = (risk: Risk) => t(RISK[risk]);

/** How runs end, without what is said about it. */
export const OUTCOMES: Names<OutcomeKind> = {
  answered: msg`Answered`,
  asked: msg`Asked the customer`,
  handed_off: msg`Handed to a person`,
  done: msg`Done`,
  nothing: msg`Nothing to do`,
};

export const outcomeName = (outcome: string) => known(OUTCOMES, outcome);

const JUDGED: Names<S["Judged"]> = {
  supported: msg`Supported`,
  contradicted: msg`Contradicted`,
  not_found: msg`Not found`,
};
export const judgedName = (judged: S["Judged"]) => t(JUDGED[judged]);

const ROLE: Record<string, MessageDescriptor> = {
  viewer: msg`Viewer`,
  light_agent: msg`Light agent`,
  agent: msg`Agent`,
  reviewer: msg`Reviewer`,
  admin: msg`Admin`,
  owner: msg`Owner`,
};
/** A built-in role in words, or one of the workspace's own as it is called. */
export const roleName = (role: string) => known(ROLE, role);

const PERMISSION: Names<Permission> = {
  read_tickets: msg`Read tickets`,
  open_tickets: msg`Open tickets`,
  write_notes: msg`Write notes`,
  reply_to_customers: msg`Reply to customers`,
  edit_tickets: msg`Edit tickets`,
  read_customers: msg`Read customers`,
  read_approvals: msg`Read approvals`,
  decide_approvals: msg`Decide approvals`,
  read_review_quality: msg`Read review quality`,
  read_runs: msg`Read runs`,
  retry_runs: msg`Retry runs`,
  read_evaluations: msg`Read evaluations`,
  manage_evaluations: msg`Manage evaluations`,
  ask_copilot: msg`Ask copilot`,
  read_tools: msg`Read tools`,
  try_tools: msg`Try tools`,
  manage_tools: msg`Manage tools`,
  read_knowledge: msg`Read knowledge`,
  write_knowledge: msg`Write knowledge`,
  publish_knowledge: msg`Publish knowledge`,
  read_policy: msg`Read policy`,
  try_policy: msg`Try policy`,
  change_policy: msg`Change policy`,
  manage_autonomy: msg`Manage autonomy`,
  read_system: msg`Read system`,
  test_connections: msg`Test connections`,
  manage_channels: msg`Manage channels`,
  stop: msg`Stop`,
  resume: msg`Resume`,
  read_audit: msg`Read audit`,
  export_audit: msg`Export audit`,
  read_people: msg`Read people`,
  manage_people: msg`Manage people`,
  manage_teams: msg`Manage teams`,
  manage_keys: msg`Manage keys`,
  manage_roles: msg`Manage roles`,
  see_personal_data: msg`See personal data`,
  unmask: msg`Unmask`,
  redact: msg`Redact`,
};
export const permissionName = (permission: Permission) => t(PERMISSION[permission]);
