import { expect, test } from "vitest";
import type { Event, EventBody } from "../api/words";
import { approvalsOf } from "./pending";

const of = (...bodies: EventBody[]) => bodies.map((body) => ({ body }) as Event);
const about = { run_id: "r", tool: "shop__refund_order" };
const asked = (approval_id: string): EventBody => ({
  type: "approval_requested",
  approval_id,
  title: `Refund ${approval_id}`,
  ...about,
});
const decided = (approval_id: string): EventBody => ({
  type: "approval_decided",
  approval_id,
  status: "rejected",
  by: null,
  ...about,
});
const reopened = (approval_id: string): EventBody => ({
  type: "approval_reopened",
  approval_id,
  ...about,
});

test("what was asked for waits until it is decided, and again when that is taken back", () => {
  const status = (...bodies: EventBody[]) => approvalsOf(of(...bodies)).map((one) => one.status);
  expect(status(asked("a"), asked("b"))).toEqual(["pending", "pending"]);
  expect(status(asked("a"), asked("b"), decided("a"))).toEqual(["rejected", "pending"]);
  expect(status(asked("a"), decided("a"), reopened("a"))).toEqual(["pending"]);
});

test("what was asked for before the part of a timeline that is shown is left out", () => {
  expect(approvalsOf(of(decided("a"), asked("b")))).toEqual([
    { id: "b", title: "Refund b", status: "pending" },
  ]);
});
