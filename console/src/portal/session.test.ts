import { describe, expect, it } from "vitest";
import { type Customer, of } from "./session";

const mira: Customer = {
  name: "Mira",
  email: "mira@example.com",
  workspace: { id: "1", slug: "northfold", name: "Northfold" },
  company_tickets: false,
};

describe("a customer's session", () => {
  it("is theirs on the pages of its workspace, and nobody's on another's", () => {
    expect(of(mira, true, undefined)).toBe(mira);
    expect(of(mira, true, "northfold")).toBe(mira);
    expect(of(mira, true, "south")).toBeUndefined();
  });

  it("is nobody's after signing out, whatever is still in memory", () => {
    expect(of(mira, false, undefined)).toBeUndefined();
    expect(of(null, true, undefined)).toBeUndefined();
  });
});
