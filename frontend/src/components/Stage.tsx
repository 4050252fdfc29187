import { type CSSProperties, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Tile as TileState, VisibleTile } from "../core/call/state";
import { type Grid, gridFor } from "../core/layout/grid";
import { useElementSize } from "../hooks/useElementSize";
import { Icon } from "./Icon";
import { besideMain, MAX_BESIDE, type Place, placeOf } from "./placement";
import { Tile, type TileShape } from "./Tile";

const WHOLE: CSSProperties = { left: 0, top: 0, width: "100%", height: "100%" };
const CORNER_WIDTH = "clamp(100px, 27%, 240px)";
const CORNER: CSSProperties = {
  left: `calc(100% - ${CORNER_WIDTH} - 12px)`,
  top: 12,
  width: CORNER_WIDTH,
  aspectRatio: "3 / 4",
};

const percent = (part: number) => `${(part * 100).toFixed(3)}%`;

const cellStyle = (position: number, shown: number, grid: Grid): CSSProperties =>
  styleOf(placeOf(position, shown, grid));

function styleOf(place: Place): CSSProperties {
  return {
    left: percent(place.left),
    top: percent(place.top),
    width: percent(place.width),
    height: percent(place.height),
  };
}

function avatarPx(shape: TileShape, cellPx: number): number {
  if (shape === "corner") return 56;
  return shape === "whole" ? 132 : Math.round(Math.max(52, Math.min(124, cellPx * 0.44)));
}

interface Props {
  tiles: readonly TileState[];
  /** Which tiles of others are on the screen now, and how high in device pixels; whose is pinned. */
  onVisible: (visible: readonly VisibleTile[], pinned: number | null) => void;
}

/** All tiles in one flat list keyed by participant: a new layout moves elements and never makes new ones. */
export function Stage({ tiles, onVisible }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(ref) ?? { width: 390, height: 620 };
  const [wanted, setWanted] = useState(0);
  const [pinnedKey, setPinned] = useState<string | null>(null);
  const pinned = tiles.find(({ key }) => key === pinnedKey);
  const main = pinned ?? tiles.find(({ source }) => source === "screen");
  const focus = main && tiles.length > 1 ? main : null;
  const grid = gridFor(tiles.length, width, height);
  const page = Math.min(wanted, grid.pages - 1);
  const first = page * grid.perPage;
  const shown = Math.min(grid.perPage, tiles.length - first);
  const cellPx = Math.min(width / grid.columns, height / grid.rows);

  const place = (
    tile: TileState,
    i: number,
  ): { shape: TileShape; style: CSSProperties | null; px: number } => {
    if (focus) {
      const others = tiles.filter((each) => each !== focus);
      const at = tile === focus ? null : others.indexOf(tile);
      const style = at !== null && at >= MAX_BESIDE ? null : styleOf(besideMain(at, others.length));
      return { shape: "cell", style, px: avatarPx("cell", at === null ? width : height * 0.2) };
    }
    if (tiles.length > 2) {
      const hidden = i < first || i >= first + shown;
      return {
        shape: "cell",
        style: hidden ? null : cellStyle(i - first, shown, grid),
        px: avatarPx("cell", cellPx),
      };
    }
    const shape = tiles.length === 2 && tile.self ? "corner" : "whole";
    return { shape, style: shape === "corner" ? CORNER : WHOLE, px: avatarPx(shape, cellPx) };
  };

  const full = Math.round(height * devicePixelRatio);
  const cell = tiles.length > 2 ? Math.round(full / grid.rows) : full;
  const heightOf = (tile: TileState) =>
    !focus ? cell : Math.round(tile === focus ? full * 0.8 : full * 0.2);
  const seen = tiles
    .filter((tile, i) => !tile.self && place(tile, i).style)
    .sort((a, b) => Number(b === focus) - Number(a === focus))
    .map((tile) => `${tile.person.id} ${tile.source} ${heightOf(tile)}`)
    .join(",");
  const pinnedId = pinned && !pinned.self ? pinned.person.id : null;
  useEffect(() => {
    onVisible(seen ? seen.split(",").map(parseVisible) : [], pinnedId);
  }, [seen, pinnedId, onVisible]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div ref={ref} className="relative min-h-0 flex-1 overflow-hidden" data-pinned={pinned?.key}>
        {tiles.map((tile, i) => {
          const { shape, style, px } = place(tile, i);
          return (
            <Tile
              key={tile.key}
              tile={tile}
              shape={shape}
              hidden={style === null}
              avatarPx={px}
              style={style ?? cellStyle(0, shown, grid)}
              onPin={() => setPinned(tile.key === pinnedKey ? null : tile.key)}
            />
          );
        })}
      </div>
      {!focus && grid.pages > 1 && <Pages page={page} pages={grid.pages} onTurn={setWanted} />}
    </div>
  );
}

function parseVisible(text: string): VisibleTile {
  const [id, source, maxHeight] = text.split(" ");
  return { id: Number(id), source: source === "screen" ? "screen" : "camera", maxHeight: Number(maxHeight) };
}

function Pages({ page, pages, onTurn }: { page: number; pages: number; onTurn: (page: number) => void }) {
  const { t } = useTranslation();
  const turn = (to: number, icon: "back" | "chevron", label: string) => (
    <button
      type="button"
      aria-label={label}
      disabled={to < 0 || to >= pages}
      onClick={() => onTurn(to)}
      className="grid size-12 place-items-center rounded-full text-call-ink disabled:opacity-30"
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <nav className="flex items-center justify-center gap-3 text-[14px] text-call-soft">
      {turn(page - 1, "back", t("call.previousPage"))}
      <span aria-live="polite">{t("call.page", { page: page + 1, pages })}</span>
      {turn(page + 1, "chevron", t("call.nextPage"))}
    </nav>
  );
}
