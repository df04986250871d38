import { expect, test } from "vitest";
import type { Presence } from "../api/words";
import { presenceText } from "./Presence";

const present = (name: string, doing: Presence["doing"]): Presence => ({
  user_id: name,
  name,
  doing,
});

test("who writes is told before who looks", () => {
  expect(presenceText([])).toBe("");
  expect(presenceText([present("Bo", "viewing")])).toBe("Bo has this ticket open");
  expect(presenceText([present("Bo", "viewing"), present("Cy", "writing")])).toBe(
    "Cy is writing here; Bo has this ticket open",
  );
});

test("many are counted", () => {
  const names = (count: number) =>
    ["Ada", "Bo", "Cy", "Di"].slice(0, count).map((name) => present(name, "viewing"));
  expect(presenceText(names(3))).toBe("Ada, Bo and Cy have this ticket open");
  expect(presenceText(names(4))).toBe("Ada, Bo and 2 others have this ticket open");
});
