import { describe, expect, it } from "vitest";
import { gridFor } from "../core/layout/grid";
import { besideMain, MAX_BESIDE, placeOf } from "./placement";

const SCREENS = [
  [390, 700],
  [768, 1024],
  [844, 390],
  [1280, 800],
] as const;

describe("a tile's place", () => {
  it("is on the stage and over no other", () => {
    for (const [width, height] of SCREENS)
      for (let people = 2; people <= 20; people++) {
        const grid = gridFor(people, width, height);
        const shown = Math.min(people, grid.perPage);
        const places = Array.from({ length: shown }, (_, i) => placeOf(i, shown, grid));
        for (const [i, a] of places.entries()) {
          expect(a.left).toBeGreaterThanOrEqual(0);
          expect(a.left + a.width).toBeLessThanOrEqual(1 + 1e-9);
          expect(a.top + a.height).toBeLessThanOrEqual(1 + 1e-9);
          for (const b of places.slice(i + 1)) {
            const apart =
              a.left + a.width <= b.left + 1e-9 ||
              b.left + b.width <= a.left + 1e-9 ||
              a.top + a.height <= b.top + 1e-9;
            expect(apart, `${people} people at ${width}x${height}`).toBe(true);
          }
        }
      }
  });

  it("is in the middle of a short last row", () => {
    expect(placeOf(4, 5, gridFor(5, 390, 700)).left).toBeCloseTo(0.25);
  });
});

it("puts the others in a centred row under the main tile", () => {
  const main = besideMain(null, 2);
  expect(main).toMatchObject({ left: 0, top: 0, width: 1 });
  expect(besideMain(0, 2)).toMatchObject({ left: 0.25, top: main.height });
  expect(besideMain(MAX_BESIDE - 1, 9).left).toBe(0.75);
});
