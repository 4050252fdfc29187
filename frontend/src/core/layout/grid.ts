/** How tiles lie on the screen: pure arithmetic, pixels in, columns and rows out. */

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly perPage: number;
  readonly pages: number;
}

/** Two people on a phone: the other one fills the screen, the own tile floats over a corner. */
export function isDuo(count: number, width: number): boolean {
  return count === 2 && width < 768;
}

/** The grid for `count` tiles in an area of `width` x `height` pixels. */
export function gridFor(count: number, width: number, height: number): Grid {
  const people = Math.max(1, count);
  const phone = Math.min(width, height) < 600;
  const portrait = height >= width;
  const perPage = Math.min(people, phone ? (people > 9 && !portrait ? 8 : 6) : width >= 1_024 ? 12 : 9);
  const columns = columnsFor(perPage, portrait, phone);
  return {
    columns,
    rows: Math.ceil(perPage / columns),
    perPage,
    pages: Math.ceil(people / perPage),
  };
}

function columnsFor(shown: number, portrait: boolean, phone: boolean): number {
  if (shown === 1) return 1;
  if (phone && portrait) return shown <= 3 ? 1 : 2;
  if (shown === 2) return portrait ? 1 : 2;
  if (shown === 3) return portrait ? 1 : 3;
  if (shown === 4) return 2;
  if (shown <= 9) return portrait ? 2 : 3;
  return 4;
}
