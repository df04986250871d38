import { expect, it } from "vitest";
import { placesOf } from "./template";

it("tells what stays from what is filled in", () => {
  expect(placesOf("Hello {{ name }}, {{x}}{")).toEqual([
    { text: "Hello ", place: false },
    { text: "{{ name }}", place: true },
    { text: ", ", place: false },
    { text: "{{x}}", place: true },
    { text: "{", place: false },
  ]);
});
