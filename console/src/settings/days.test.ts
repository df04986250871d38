import { expect, it } from "vitest";
import { dayAfter, endOf } from "./days";

it("counts days over the ends of months and years", () => {
  expect(dayAfter(new Date(2026, 11, 31, 23, 50), 0)).toBe("2026-12-31");
  expect(dayAfter(new Date(2026, 11, 31, 23, 50), 1)).toBe("2027-01-01");
  expect(dayAfter(new Date(2028, 1, 28), 1)).toBe("2028-02-29");
});

it("ends a day where whoever looks is", () => {
  expect(endOf("2026-03-04").getTime()).toBe(new Date(2026, 2, 4, 23, 59, 59).getTime());
});
