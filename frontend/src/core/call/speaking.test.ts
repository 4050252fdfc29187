import { expect, test } from "vitest";
import { HOLD_MS, SPEAKING_LEVEL, SpeakingDetector } from "./speaking";

const loud = SPEAKING_LEVEL * 2;

test("who is loud speaks at once, and goes on for a moment of silence", () => {
  const detector = new SpeakingDetector();
  expect([...detector.update(new Map([[1, loud]]), 0)]).toEqual([1]);
  expect([...detector.update(new Map([[1, 0]]), HOLD_MS)]).toEqual([1]);
  expect([...detector.update(new Map([[1, 0]]), HOLD_MS + 1)]).toEqual([]);
});

test("who is quiet does not speak", () => {
  const detector = new SpeakingDetector();
  expect(detector.update(new Map([[1, SPEAKING_LEVEL / 2]]), 0).size).toBe(0);
});

test("who has left does not speak", () => {
  const detector = new SpeakingDetector();
  detector.update(new Map([[1, loud]]), 0);
  expect(detector.update(new Map(), 1).size).toBe(0);
});
