import { expect, test } from "vitest";
import { backoffMs, MAX_ATTEMPTS } from "./backoff";

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
