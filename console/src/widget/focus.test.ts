import { describe, expect, it } from "vitest";
import { around, focusable } from "./focus";

const panel = document.createElement("div");
panel.innerHTML = `
  <button id="first">Close</button>
  <details><summary id="sources">1 source</summary><a href="/x">Hidden</a></details>
  <div hidden><button>Hidden</button></div>
  <button disabled>Not now</button>
  <textarea id="last"></textarea>`;
document.body.append(panel);
const at = (id: string) => document.getElementById(id);

describe("the focus in an open panel", () => {
  it("goes over what can be seen and used", () => {
    expect(focusable(panel).map((each) => each.id)).toEqual(["first", "sources", "last"]);
  });

  it("goes round at both ends and is left alone in between", () => {
    expect(around(panel, at("last"), false)?.id).toBe("first");
    expect(around(panel, at("first"), true)?.id).toBe("last");
    expect(around(panel, at("sources"), false)).toBeUndefined();
    expect(around(panel, document.body, false)?.id).toBe("first");
  });
});
