import { expect, it } from "vitest";
import { firstScript } from "./version";

it("a build is told by its first script", () => {
  const page = new DOMParser().parseFromString(
    '<!doctype html><script src="/x.js"></script><script type="module" crossorigin src="/assets/index-1f2e.js"></script>',
    "text/html",
  );
  expect(firstScript(page)).toBe("/assets/index-1f2e.js");
  expect(firstScript(new DOMParser().parseFromString("<p>No script</p>", "text/html"))).toBe(
    undefined,
  );
});
