import { describe, expect, it } from "vitest";
import { namedIn, namingAt, offered } from "./mentions";

const people = [
  { id: "1", name: "Ada Ring" },
  { id: "2", name: "Bo Lind" },
  { id: "3", name: "Bo Lindström" },
  { id: "4", name: "Ada Ring" },
];

describe("naming a colleague", () => {
  it("begins with an @ that stands by itself, and ends with the line", () => {
    expect(namingAt("@", 1)).toEqual({ start: 0, said: "" });
    expect(namingAt("Ask @Bo L", 9)).toEqual({ start: 4, said: "Bo L" });
    expect(namingAt("(@bo", 4)).toEqual({ start: 1, said: "bo" });
    expect(namingAt("bo@example", 10)).toBeUndefined();
    expect(namingAt("@bo\nand then", 12)).toBeUndefined();
    expect(namingAt("@bo could you look at it", 24)).toBeUndefined();
    expect(namingAt("no one", 6)).toBeUndefined();
  });

  it("offers whose name, or a part of it, begins so", () => {
    expect(offered(people, "li").map(({ id }) => id)).toEqual(["2", "3"]);
    expect(offered(people, "BO LIND").map(({ id }) => id)).toEqual(["3"]);
    expect(offered(people, "x")).toEqual([]);
  });
});

describe("a note", () => {
  it("names whoever stands in it with the whole name", () => {
    expect(namedIn("@Bo Lind, please", people, new Set())).toEqual(["2"]);
    expect(namedIn("@Bo Lindström", people, new Set())).toEqual(["3"]);
    expect(namedIn("Bo Lind knows; @Bo does not", people, new Set())).toEqual([]);
  });

  it("names those who were picked of several with one name, or else all", () => {
    expect(namedIn("@Ada Ring", people, new Set(["4"]))).toEqual(["4"]);
    expect(namedIn("@Ada Ring", people, new Set())).toEqual(["1", "4"]);
    expect(namedIn("nobody", people, new Set(["4"]))).toEqual([]);
  });
});
