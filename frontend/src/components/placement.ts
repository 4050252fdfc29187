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
