import type { Grid } from "../core/layout/grid";

/** Fractions of the stage, 0-1. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The place of the tile at `position` of a page of `shown` tiles; a short last row is centred. */
export function placeOf(position: number, shown: number, { columns, rows }: Grid): Place {
  const used = Math.min(rows, Math.ceil(shown / columns));
  const row = Math.floor(position / columns);
  const inRow = row === used - 1 ? shown - row * columns : columns;
  const indent = (columns - inRow) / 2;
  return {
    left: (indent + (position % columns)) / columns,
    top: row / used,
    width: 1 / columns,
    height: 1 / used,
  };
}

/** Beside a tile that is pinned or shared there is a row of so many others; the rest are only heard. */
export const MAX_BESIDE = 4;
const MAIN_HEIGHT = 0.8;

/** `at`: place in the row under the main tile, which itself is null. */
export function besideMain(at: number | null, others: number): Place {
  if (at === null) return { left: 0, top: 0, width: 1, height: MAIN_HEIGHT };
  const shown = Math.min(others, MAX_BESIDE);
  const width = 1 / MAX_BESIDE;
  const indent = (1 - shown * width) / 2;
  return { left: indent + at * width, top: MAIN_HEIGHT, width, height: 1 - MAIN_HEIGHT };
}
