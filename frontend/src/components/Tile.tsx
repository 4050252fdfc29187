import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import type { Tile as TileState } from "../core/call/state";
import { colorOf, nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";
import { Spinner } from "./Button";
import { Icon, type IconName } from "./Icon";
import { SteadyVideo } from "./SteadyVideo";

/** A cell of the grid, the small own picture over a corner, or the whole stage edge to edge. */
export type TileShape = "cell" | "corner" | "whole";

interface Props {
  tile: TileState;
  style: CSSProperties;
  shape: TileShape;
  hidden: boolean;
  avatarPx: number;
  /** By a double tap. */
  onPin: () => void;
}

/** One participant: picture or avatar, name, microphone, a ring while speaking. */
export function Tile({ tile, style, shape, hidden, avatarPx, onPin }: Props) {
  const { t } = useTranslation();
  const small = shape === "corner";
  const full = shape === "whole";
  const screen = tile.source === "screen";
  const person = tile.self ? t("common.you") : (nameOf(tile.person) ?? t("common.nameless"));
  const name = screen ? t("call.screenOf", { name: person }) : person;
  // As tests and helpers know it: a person's own tile by the id alone.
  const id = tile.self ? "self" : `${tile.person.id}${screen ? "-screen" : ""}`;
  const state = (on: boolean) => t(on ? "call.stateOn" : "call.stateOff");
  const described = t("call.tile", { name, mic: state(tile.audio), camera: state(tile.video) });
  const label = screen ? name : tile.weak ? `${described}, ${t("call.weakLink")}` : described;
  const showVideo = tile.video && tile.videoStream !== null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div
      role="group"
      data-testid={`tile-${id}`}
      data-audio={tile.audio}
      data-video={tile.video}
      data-speaking={tile.speaking}
      data-hand={tile.hand}
      onDoubleClick={onPin}
      aria-label={label}
      className={`absolute transition-[left,top,width,height,opacity] duration-300 ease-out ${hidden ? "invisible" : ""} ${full ? "" : small ? "z-10" : "p-1"}`}
      style={style}
    >
      <div
        style={{
          background: `color-mix(in srgb, ${colorOf(tile.person.id).from} 20%, var(--color-call-raised))`,
        }}
        className={`relative size-full overflow-hidden ${full ? "rounded-[24px]" : small ? "rounded-2xl shadow-xl ring-1 ring-white/15" : "rounded-[20px]"}`}
      >
        <div
          className={`absolute inset-0 grid place-items-center transition-opacity duration-300 ${showVideo ? "opacity-0" : tile.connecting ? "opacity-60" : ""}`}
        >
          <Avatar person={tile.person} size={avatarPx} />
        </div>
        <SteadyVideo
          testId={`video-${id}`}
          stream={tile.videoStream}
          next={tile.nextVideoStream}
          shown={showVideo}
          mirrored={tile.self}
          whole={screen}
        />
        {tile.connecting && (
          <p className="absolute inset-x-0 top-[12%] flex items-center justify-center gap-2 text-[14px] text-call-soft">
            <Spinner className="size-4" />
            {t("call.tileConnecting")}
          </p>
        )}
        {tile.hand && (
          <span
            data-testid={`hand-${id}`}
            aria-hidden="true"
            className="absolute top-2 left-2 grid size-9 place-items-center rounded-full bg-call-warn text-call shadow-lg"
          >
            <Icon name="hand" className="size-5" />
          </span>
        )}
        {tile.weak && (
          <span
            data-testid={`weak-${id}`}
            data-reason={tile.weak}
            aria-hidden="true"
            className="absolute top-2 right-2 grid size-7 place-items-center rounded-full bg-call/80 text-call-warn"
          >
            <Icon name="weak" className="size-4" />
          </span>
        )}
        {!(full && tile.self) && (
          <Label name={name} icon={screen ? "screen" : tile.audio ? "mic" : "micOff"} small={small} />
        )}
        <div
          aria-hidden="true"
          className={`pointer-events-none absolute inset-0 transition-opacity duration-200 ${full ? "rounded-[24px]" : small ? "rounded-2xl" : "rounded-[20px]"} ring-3 ring-call-live ring-inset ${tile.speaking ? "" : "opacity-0"}`}
        />
      </div>
    </div>
  );
}

function Label({ name, icon, small }: { name: string; icon: IconName; small: boolean }) {
  return (
    <p
      aria-hidden="true"
      className={`absolute flex max-w-[calc(100%-12px)] items-center gap-1 rounded-full bg-call/80 text-call-ink ${small ? "bottom-1.5 left-1.5 px-1.5 py-0.5 text-[12px]" : "bottom-2 left-2 px-2.5 py-1 text-[14px] font-medium"}`}
    >
      <Icon
        name={icon}
        className={`shrink-0 ${small ? "size-3.5" : "size-4"} ${icon === "micOff" ? "text-[#ff9aa1]" : "text-call-live"}`}
      />
      <span className="truncate">{name}</span>
    </p>
  );
}
