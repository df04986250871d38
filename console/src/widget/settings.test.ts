import { describe, expect, it } from "vitest";
import { inkOn, settingsOf } from "./settings";
import { de } from "./words/de";

describe("what a site says of its widget", () => {
  it("has defaults, and a mistake does not take the help away", () => {
    expect(settingsOf({})).toMatchObject({ title: "Ask us", position: "right", theme: "system" });
    expect(
      settingsOf({ color: "url(x)", position: "top", theme: "neon", title: "  " }),
    ).toMatchObject({ color: undefined, position: "right", theme: "system", title: "Ask us" });
    expect(settingsOf({ title: "x".repeat(500) }).title).toHaveLength(60);
  });

  it("is said in the widget's language where the site says nothing", () => {
    expect(settingsOf({}, de)).toMatchObject({ title: de.title, greeting: de.greeting });
    expect(settingsOf({ title: "Help" }, de).title).toBe("Help");
  });

  it("takes a title, a greeting, a colour, a side, a theme and a workspace", () => {
    expect(
      settingsOf({
        workspace: "northfold",
        title: "Help",
        greeting: "Hello",
        color: "#1AF",
        position: "left",
        theme: "dark",
      }),
    ).toEqual({
      workspace: "northfold",
      title: "Help",
      greeting: "Hello",
      color: "#11aaff",
      position: "left",
      theme: "dark",
    });
  });

  it("writes on any colour so that it can be read", () => {
    expect(inkOn("#ffffff")).toBe("#000000");
    expect(inkOn("#1f6f54")).toBe("#ffffff");
    expect(inkOn("#ffd400")).toBe("#000000");
    expect(inkOn("#000000")).toBe("#ffffff");
  });
});
