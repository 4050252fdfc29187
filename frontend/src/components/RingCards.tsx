import { useTranslation } from "react-i18next";
import type { Ringing } from "../core/call/state";
import { nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";
import { Spinner } from "./Button";
import { Icon } from "./Icon";

interface Props {
  rings: readonly Ringing[];
  onAgain: (userId: number) => void;
  onForget: (userId: number) => void;
}

const SHOWN = 3;

/** Who is being called in, and what came of it. */
export function RingCards({ rings, onAgain, onForget }: Props) {
  const { t } = useTranslation();
  return rings.slice(-SHOWN).map(({ person, state }) => {
    const name = nameOf(person) ?? t("common.nameless");
    const over = state !== "ringing";
    return (
      <section
        key={person.id}
        role="status"
        data-testid="ring"
        data-state={state}
        className="mx-auto flex w-full max-w-[420px] animate-rise items-center gap-3 rounded-3xl bg-call-raised/95 p-3 shadow-2xl ring-1 ring-white/10"
      >
        <Avatar person={person} size={44} />
        <p className="min-w-0 flex-1 text-[16px] leading-snug font-semibold text-pretty">
          {t(`call.ring.${state}`, { name })}
        </p>
        {!over && <Spinner className="mr-2 size-5 shrink-0" />}
        {over && state !== "unreachable" && (
          <button
            type="button"
            data-testid="ring-again"
            onClick={() => onAgain(person.id)}
            className="min-h-12 shrink-0 rounded-2xl bg-call-ink px-3.5 text-[15px] font-semibold text-call"
          >
            {t("call.ring.again")}
          </button>
        )}
        {over && (
          <button
            type="button"
            aria-label={t("call.dismiss")}
            onClick={() => onForget(person.id)}
            className="grid size-11 shrink-0 place-items-center rounded-full text-call-soft hover:bg-call-high"
          >
            <Icon name="close" className="size-5" />
          </button>
        )}
      </section>
    );
  });
}
