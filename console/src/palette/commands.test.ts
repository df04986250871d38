import { describe, expect, it } from "vitest";
import { type Command, matching, type Recent, withRecent } from "./commands";

const command = (label: string, also?: string): Command => ({
  id: label,
  label,
  also,
  icon: "home",
  act: "/",
});

describe("commands", () => {
  const all = [command("Tickets"), command("Theme: dark", "appearance mode"), command("Réseau")];

  it("are found by the beginnings of their words, in any order, with or without accents", () => {
    const found = (query: string) => matching(all, query).map((each) => each.label);
    expect(found("tick")).toEqual(["Tickets"]);
    expect(found("dark the")).toEqual(["Theme: dark"]);
    expect(found("appear")).toEqual(["Theme: dark"]);
    expect(found("reseau")).toEqual(["Réseau"]);
    expect(found("icket")).toEqual([]);
    expect(found("")).toHaveLength(3);
  });

  it("that were used lately come first, each once, and only a few", () => {
    let list: Recent[] = [];
    for (const id of ["a", "b", "a", "c", "d", "e", "f", "g", "h", "i"]) {
      list = withRecent(list, { id, label: id, icon: "home", act: `/${id}` });
    }
    expect(list.map((each) => each.id).join("")).toBe("ihgfedca");
  });
});
