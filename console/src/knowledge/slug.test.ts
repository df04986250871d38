import { expect, it } from "vitest";
import { slugOf } from "./slug";

it("makes a stable name from a file's", () => {
  expect(slugOf("Returns & Refunds.md")).toBe("returns-refunds");
  expect(slugOf("Größe – Übersicht.markdown")).toBe("gro-e-ubersicht");
  expect(slugOf("---")).toBe("");
});
