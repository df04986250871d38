import { afterEach, expect, test } from "vitest";
import { formatIn, languageOf, SOURCE } from "./language";
import { dayName } from "./times";

afterEach(() => formatIn(SOURCE));

test("a language has its name, and what is none is shown as it is", () => {
  formatIn("en");
  expect(languageOf("de")).toBe("German");
  expect(languageOf("nl-BE")).toMatch(/Flemish|Dutch/);
  expect(languageOf("not a language!")).toBe("not a language!");
});

test("a day is told without its hour, as its reader writes days, from the moment they say which", () => {
  expect(dayName("2026-03-05T12:00:00Z")).toMatch(/Mar/);
  formatIn("de");
  expect(dayName("2026-03-05T12:00:00Z")).toBe("05.03.2026");
});

test("what is no time is shown as it came", () => {
  expect(dayName("soon")).toBe("soon");
});
