import { useTranslation } from "react-i18next";
import type { Person } from "../core/call/state";
import { nameOf } from "../core/identity/colors";

interface Props {
  people: readonly Person[];
  onAnswer: (userId: number, admit: boolean) => void;
}

/** Somebody waits before the locked call: let in, or turn away. One at a time; how many more there are is said. */
export function Knocks({ people, onAnswer }: Props) {
  const { t } = useTranslation();
  const [person, ...more] = people;
  if (!person) return null;
  const name = nameOf(person) ?? t("common.nameless");
  const look = "min-h-12 flex-1 rounded-2xl px-4 text-[16px] font-semibold";
  return (
    <section
      role="alert"
      data-testid="knock"
      className="pointer-events-auto mx-auto w-full max-w-[420px] animate-rise rounded-3xl bg-call-raised/95 p-4 shadow-2xl ring-1 ring-white/10"
    >
      <h2 className="line-clamp-2 text-[16px] leading-snug font-semibold break-words">
        {t("call.knocks", { name })}
      </h2>
      {more.length > 0 && (
        <p data-testid="more-knocks" className="mt-0.5 text-[15px] text-call-soft">
          {t("call.moreKnocks", { count: more.length })}
        </p>
      )}
      <div className="mt-3 flex gap-2.5">
        <button
          type="button"
          data-testid="turn-away"
          onClick={() => onAnswer(person.id, false)}
          className={`${look} bg-call-high text-call-ink`}
        >
          {t("call.turnAway")}
        </button>
        <button
          type="button"
          data-testid="admit"
          onClick={() => onAnswer(person.id, true)}
          className={`${look} bg-call-ink text-call`}
        >
          {t("call.admit")}
        </button>
      </div>
    </section>
  );
}
