import { type CSSProperties, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Tile as TileState } from "../core/call/state";
import { type Grid, gridFor } from "../core/layout/grid";
import { useElementSize } from "../hooks/useElementSize";
import { Icon } from "./Icon";
import { placeOf } from "./placement";
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

function cellStyle(position: number, shown: number, grid: Grid): CSSProperties {
  const place = placeOf(position, shown, grid);
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
  /** Which other people are on the screen now, and how high in device pixels. */
  onVisible: (visible: readonly { readonly id: number; readonly maxHeight: number }[]) => void;
}

/** All tiles in one flat list keyed by participant: a new layout moves elements and never makes new ones. */
export function Stage({ tiles, onVisible }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(ref) ?? { width: 390, height: 620 };
  const [wanted, setWanted] = useState(0);
  const grid = gridFor(tiles.length, width, height);
  const page = Math.min(wanted, grid.pages - 1);
  const first = page * grid.perPage;
  const shown = Math.min(grid.perPage, tiles.length - first);
  const cellPx = Math.min(width / grid.columns, height / grid.rows);
  const ids = tiles
    .filter((tile, i) => !tile.self && i >= first && i < first + shown)
    .map((tile) => tile.person.id)
    .join(" ");
  const maxHeight = Math.round((tiles.length > 2 ? height / grid.rows : height) * devicePixelRatio);
  useEffect(() => {
    onVisible(ids ? ids.split(" ").map((id) => ({ id: Number(id), maxHeight })) : []);
  }, [ids, maxHeight, onVisible]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div ref={ref} className="relative min-h-0 flex-1 overflow-hidden">
        {tiles.map((tile, i) => {
          const shape: TileShape =
            tiles.length > 2 ? "cell" : tiles.length === 2 && tile.self ? "corner" : "whole";
          const hidden = shape === "cell" && (i < first || i >= first + shown);
          const cell = shape === "cell" ? cellStyle(hidden ? 0 : i - first, shown, grid) : null;
          return (
            <Tile
              key={tile.person.id}
              tile={tile}
              shape={shape}
              hidden={hidden}
              avatarPx={avatarPx(shape, cellPx)}
              style={cell ?? (shape === "corner" ? CORNER : WHOLE)}
            />
          );
        })}
      </div>
      {grid.pages > 1 && <Pages page={page} pages={grid.pages} onTurn={setWanted} />}
    </div>
  );
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
