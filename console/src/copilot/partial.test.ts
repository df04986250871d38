import { expect, test } from "vitest";
import { saidSoFar } from "./partial";

const reply = {
  statements: [
    { text: 'Three wait: "#1" – the oldest\nsince May.', sources: ["a"] },
    { text: "Grüße 🙂 \\ done", sources: [] },
  ],
  follow_ups: ["And today?"],
};

test("a whole reply says its statements", () => {
  const said = reply.statements.map((each) => each.text);
  expect(saidSoFar(JSON.stringify(reply))).toEqual(said);
  expect(saidSoFar(JSON.stringify(reply, null, 2))).toEqual(said);
});

test("a reply that is cut anywhere says the beginning of what it will say", () => {
  const json = JSON.stringify(reply).replaceAll("ü", "\\u00fc");
  const whole = reply.statements.map((each) => each.text).join("|");
  let before = "";
  for (let end = 0; end <= json.length; end += 1) {
    const said = saidSoFar(json.slice(0, end)).join("|");
    expect(whole.startsWith(said), `${end}: ${said}`).toBe(true);
    expect(said.length).toBeGreaterThanOrEqual(before.length);
    before = said;
  }
  expect(before).toBe(whole);
});

test("what is no reply says nothing", () => {
  for (const text of ["", "{", "[1,2]", "text", '{"text', '{"text":']) {
    expect(saidSoFar(text)).toEqual([]);
  }
});
