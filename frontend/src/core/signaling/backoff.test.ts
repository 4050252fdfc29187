import { expect, test } from "vitest";
import { backoffMs, MAX_ATTEMPTS } from "./backoff";

test("the first try is at once, later ones wait longer and longer, then evenly", () => {
  const waits = Array.from({ length: MAX_ATTEMPTS }, (_, attempt) => backoffMs(attempt, 0));
  expect(waits).toEqual([0, 300, 1_200, 2_700, 4_800, 7_000, 7_000, 7_000, 7_000, 7_000]);
});

test("tries of many clients are spread over a second, but not the first", () => {
  expect(backoffMs(0, 0.99)).toBe(0);
  expect(backoffMs(2, 0.5)).toBe(1_700);
});
