import { describe, expect, test } from "vitest";
import { gridFor, isDuo } from "./grid";

describe("on a phone held upright", () => {
  test.each([
    [1, 1, 1],
    [2, 1, 2],
    [3, 1, 3],
    [4, 2, 2],
    [5, 2, 3],
    [6, 2, 3],
    [9, 2, 3],
    [15, 2, 3],
  ])("%i people are in %i columns and %i rows", (count, columns, rows) => {
    expect(gridFor(count, 390, 700)).toMatchObject({ columns, rows });
  });

  test("more than six are on pages of six", () => {
    expect(gridFor(9, 390, 700)).toMatchObject({ perPage: 6, pages: 2 });
  });
});

test("a phone on its side shows three in a row", () => {
  expect(gridFor(3, 800, 360)).toMatchObject({ columns: 3, rows: 1 });
});

test("a desktop shows twelve at once", () => {
  expect(gridFor(30, 1280, 800)).toMatchObject({ columns: 4, rows: 3, perPage: 12, pages: 3 });
});

test("every tile has a place", () => {
  for (let count = 1; count <= 40; count++) {
    for (const [width, height] of [
      [360, 740],
      [740, 360],
      [768, 1024],
      [1280, 800],
    ] as const) {
      const grid = gridFor(count, width, height);
      expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(grid.perPage);
      expect(grid.pages * grid.perPage).toBeGreaterThanOrEqual(count);
    }
  }
});

test("two on a phone are a duo, on a desktop they are not", () => {
  expect(isDuo(2, 390)).toBe(true);
  expect(isDuo(2, 1280)).toBe(false);
  expect(isDuo(3, 390)).toBe(false);
});
