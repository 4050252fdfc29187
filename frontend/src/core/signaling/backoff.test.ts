import { expect, test } from "vitest";
import { backoffMs, MAX_ATTEMPTS, openTimeoutMs, waitMs } from "./backoff";

const RESUME_WINDOW_MS = 15_000;
const waits = (random: number) => Array.from({ length: MAX_ATTEMPTS }, (_, at) => backoffMs(at, random));

test("the first try is at once, later ones wait longer and longer, then evenly", () => {
  expect(waits(0)).toEqual([...waits(0)].sort((a, b) => a - b));
  expect(waits(0).slice(0, 3)).toEqual([0, 300, 700]);
  expect(waits(0).at(-1)).toBe(5_000);
});

test.each([0, 0.5, 0.999])("while the seat is kept there is a try in every second (%f)", (random) => {
  let at = 0;
  for (const wait of waits(random)) {
    if (at < RESUME_WINDOW_MS - 1_000) expect(wait).toBeLessThanOrEqual(1_000);
    at += wait;
  }
});

test("tries of many clients are spread, but not the first", () => {
  expect(backoffMs(0, 0.99)).toBe(0);
  expect(backoffMs(2, 0.5)).toBe(850);
});

test("a try that took its time is followed by the next soon", () => {
  expect(waitMs(0, 0, 0.5)).toBe(0);
  expect(waitMs(3, 200, 0)).toBe(500);
  expect(waitMs(3, 1_500, 0.9)).toBe(100);
});

test("where sockets opened quickly, one that does not is lost; after a while the network may be another", () => {
  expect(openTimeoutMs(null, 0)).toBe(5_000);
  expect(openTimeoutMs(80, 0)).toBe(1_500);
  expect(openTimeoutMs(800, 14_000)).toBe(2_400);
  expect(openTimeoutMs(3_000, 0)).toBe(5_000);
  expect(openTimeoutMs(80, 15_000)).toBe(5_000);
});

test.each([80, 200])(
  "after a silent cut of 14 s somebody is back within the 15 (opening: %i ms)",
  (openMs) => {
    const cutMs = 14_000;
    for (let phase = 0; phase < 1_000; phase += 50) {
      let [at, attempt] = [phase, 1];
      for (;;) {
        // The first packet and, a second later, the second one: either gets through after the cut.
        const through = [at, at + 1_000].find((sent) => sent >= cutMs);
        const timeout = openTimeoutMs(openMs, at);
        if (through !== undefined && through + openMs <= at + timeout) {
          expect(through + openMs).toBeLessThan(RESUME_WINDOW_MS);
          break;
        }
        at += timeout + waitMs(attempt++, timeout, 0.999);
      }
    }
  },
);
