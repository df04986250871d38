// What all examples are made of: ids, times, who is signed in, a page, a problem.
import type { components } from "../../../src/api/schema.gen";

export type S = components["schemas"];

export const minute = 60_000;
export const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * minute).toISOString();
export const id = (n: number) => `019ab0f4-7c4e-7000-8000-${String(n).padStart(12, "0")}`;
export const digest = (n: number) => n.toString(16).padStart(64, "0");

export const user: S["User"] = {
  id: id(1),
  email: "reviewer@northfold.example",
  name: "Robin Vermeer",
  role: "admin",
  title: "Team lead",
  created_at: at(90_000),
  deactivated_at: null,
};

/** What the built-in roles may. */
export const viewerMay: S["Permission"][] = [
  "read_tickets",
  "read_customers",
  "read_approvals",
  "read_runs",
  "read_evaluations",
  "read_tools",
  "read_knowledge",
  "read_policy",
  "read_system",
  "read_people",
  "ask_copilot",
];
export const agentMay: S["Permission"][] = [
  ...viewerMay,
  "open_tickets",
  "write_notes",
  "reply_to_customers",
  "edit_tickets",
  "decide_approvals",
  "try_tools",
  "write_knowledge",
  "unmask",
];
export const adminMay: S["Permission"][] = [
  ...agentMay,
  "try_policy",
  "stop",
  "see_personal_data",
  "retry_runs",
  "manage_evaluations",
  "manage_tools",
  "publish_knowledge",
  "change_policy",
  "manage_autonomy",
  "read_review_quality",
  "resume",
  "read_audit",
  "export_audit",
  "manage_people",
  "manage_teams",
  "manage_keys",
  "test_connections",
  "manage_channels",
  "redact",
];

export const session: S["SessionView"] = {
  user,
  api_key: null,
  role: "admin",
  permissions: adminMay,
  answers_for: ["viewer", "light_agent", "agent", "reviewer", "admin"],
  workspace: { id: id(2), slug: "northfold", name: "Northfold Outdoor" },
  workspaces: [{ id: id(2), slug: "northfold", name: "Northfold Outdoor" }],
  second_factor_missing: false,
};

export const problem = (status: number, title: string, detail: string): S["Problem"] => ({
  type: `urn:countersign:problem:${title.toLowerCase().replaceAll(" ", "-")}`,
  title,
  status,
  detail,
  request_id: "req_1",
});

export const page = (items: unknown[]) => ({ items, next_cursor: null });
