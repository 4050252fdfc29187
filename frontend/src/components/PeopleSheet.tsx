import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallState, HostAction, Tile } from "../core/call/state";
import { nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { Sheet } from "./Sheet";
import { WaitingPeople } from "./WaitingPeople";

interface Props {
  state: CallState;
  onModerate: (action: HostAction, userId: number | null) => void;
  onAdmit: (userId: number, admit: boolean) => void;
  onClose: () => void;
}

/** Who is here; for hosts also who waits outside, and what they can do. */
export function PeopleSheet({ state, onModerate, onAdmit, onClose }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  const host = state.role === "host";
  const act = (action: HostAction, userId: number) => {
    setOpen(null);
    onModerate(action, userId);
  };
  return (
    <Sheet testId="people-sheet" title={t("call.people")} onClose={onClose}>
      {host && (
        <button
          type="button"
          data-testid="lock"
          aria-pressed={state.locked}
          onClick={() => onModerate(state.locked ? "unlock" : "lock", null)}
          className="flex min-h-13 shrink-0 items-center gap-4 px-5 text-left text-[17px] hover:bg-call-high"
        >
          <Icon name="lock" className={`size-6 ${state.locked ? "text-call-live" : ""}`} />
          {t(state.locked ? "call.unlock" : "call.lock")}
        </button>
      )}
      <div className="min-h-0 flex-1 overflow-y-auto pb-4">
        <WaitingPeople people={state.knocks} onAnswer={onAdmit} />
        <ul>
          {state.tiles
            .filter(({ source }) => source === "camera")
            .map((tile) => (
              <li key={tile.key}>
                <Row
                  tile={tile}
                  onMenu={
                    host && !tile.self
                      ? () => setOpen(open === tile.person.id ? null : tile.person.id)
                      : undefined
                  }
                />
                {open === tile.person.id && <Menu tile={tile} onAct={act} />}
              </li>
            ))}
        </ul>
      </div>
    </Sheet>
  );
}

function Row({ tile, onMenu }: { tile: Tile; onMenu: (() => void) | undefined }) {
  const { t } = useTranslation();
  const name = tile.self ? t("common.you") : (nameOf(tile.person) ?? t("common.nameless"));
  return (
    <div data-testid={`person-${tile.person.id}`} className="flex min-h-14 items-center gap-3 px-5">
      <Avatar person={tile.person} size={40} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[17px]">{name}</span>
        {tile.role === "host" && (
          <span data-testid={`host-${tile.person.id}`} className="block text-[13px] text-call-soft">
            {t("call.host")}
          </span>
        )}
      </span>
      {tile.hand && <Icon name="hand" className="size-5 text-call-warn" />}
      <Icon name={tile.audio ? "mic" : "micOff"} className="size-5 text-call-soft" />
      <Icon name={tile.video ? "camera" : "cameraOff"} className="size-5 text-call-soft" />
      {onMenu && (
        <button
          type="button"
          data-testid={`menu-${tile.person.id}`}
          aria-label={t("call.menuOf", { name })}
          onClick={onMenu}
          className="-mr-3 grid size-12 place-items-center rounded-full hover:bg-call-high"
        >
          <Icon name="more" className="size-5" />
        </button>
      )}
    </div>
  );
}

function Menu({ tile, onAct }: { tile: Tile; onAct: (action: HostAction, userId: number) => void }) {
  const { t } = useTranslation();
  const item = (action: HostAction, text: string) => (
    <button
      type="button"
      data-testid={`${action}-${tile.person.id}`}
      onClick={() => onAct(action, tile.person.id)}
      className="min-h-12 rounded-2xl bg-call-high px-4 text-[15px] font-medium hover:brightness-125"
    >
      {text}
    </button>
  );
  return (
    <div className="grid grid-cols-2 gap-2 px-5 py-2">
      {tile.v2 && tile.audio && item("mute", t("call.mute"))}
      {tile.v2 && tile.video && item("stop_video", t("call.stopVideo"))}
      {tile.v2 && tile.role !== "host" && item("make_host", t("call.makeHost"))}
      {item("remove", t("call.remove"))}
    </div>
  );
}
