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
};

export const session: S["SessionView"] = {
  user,
  api_key: null,
  role: "admin",
  rights: ["see_personal_data", "unmask", "redact"],
  workspace: { id: id(2), slug: "northfold", name: "Northfold Outdoor" },
};

export const problem = (status: number, title: string, detail: string): S["Problem"] => ({
  type: `urn:countersign:problem:${title.toLowerCase().replaceAll(" ", "-")}`,
  title,
  status,
  detail,
  request_id: "req_1",
});

export const page = (items: unknown[]) => ({ items, next_cursor: null });
