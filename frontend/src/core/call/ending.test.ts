import { expect, test } from "vitest";
import { Ending } from "./ending";

test("who has ended the call is told otherwise than the others", () => {
  const [host, other, refused] = [new Ending(), new Ending(), new Ending()];
  host.asked();
  refused.asked();
  refused.refused();
  expect([host, other, refused].map((ending) => ending.phaseOf("ended"))).toEqual([
    { kind: "ended", reason: "ended_here" },
    { kind: "ended", reason: "ended" },
    { kind: "ended", reason: "ended" },
  ]);
});

test("a call whose time is over, or that ends with a text, was ended by nobody here", () => {
  const ending = new Ending();
  ending.asked();
  expect(ending.phaseOf("expired")).toEqual({ kind: "ended", reason: "expired" });
  expect(ending.phaseOf("by the operator")).toMatchObject({ reason: "other", text: "by the operator" });
});
