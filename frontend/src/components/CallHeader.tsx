import { useTranslation } from "react-i18next";
import type { CallState } from "../core/call/state";
import { useNow } from "../hooks/useNow";
import { clockText } from "./clock";
import { Icon } from "./Icon";

/** How long, how many, by which path. */
export function CallHeader({ state }: { state: CallState }) {
  const { t } = useTranslation();
  const running = state.startedAt !== null && state.phase.kind !== "connecting";
  const now = useNow(running);
  const direct = state.topology === "p2p";
  const count = state.tiles.filter(({ source }) => source === "camera").length;
  return (
    <header className="flex h-13 shrink-0 items-center justify-between px-5 text-[15px] text-call-soft">
      <span data-testid="timer" className="min-w-16 font-semibold text-call-ink tabular-nums">
        {running && state.startedAt !== null ? clockText(now - state.startedAt) : ""}
      </span>
      {count > 1 && (
        <span className="flex items-center gap-2">
          <span>{t("call.participants", { count })}</span>
          {state.locked && (
            <span role="img" data-testid="locked" aria-label={t("call.lockedState")}>
              <Icon name="lock" className="size-4" />
            </span>
          )}
          <span aria-hidden="true">·</span>
          <span className="flex items-center gap-1">
            <Icon name={direct ? "shield" : "link"} className="size-4" />
            {t(direct ? "call.direct" : "call.viaServer")}
          </span>
        </span>
      )}
    </header>
  );
}
