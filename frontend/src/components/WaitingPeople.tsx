import { useTranslation } from "react-i18next";
import type { Person } from "../core/call/state";
import { nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";

interface Props {
  people: readonly Person[];
  onAnswer: (userId: number, admit: boolean) => void;
}

/** Who waits before the locked call, for hosts: each is let in or turned away, or all at once. */
export function WaitingPeople({ people, onAnswer }: Props) {
  const { t } = useTranslation();
  if (people.length === 0) return null;
  const all = (admit: boolean) => {
    for (const person of people) onAnswer(person.id, admit);
  };
  return (
    <section data-testid="waiting-people" className="mx-3 mb-2 rounded-2xl bg-call py-2">
      <h3 role="status" className="px-3 py-1 text-[15px] font-semibold">
        {t("call.waitingPeople", { count: people.length })}
      </h3>
      <ul>
        {people.map((person) => (
          <li key={person.id} data-testid={`waiting-${person.id}`} className="px-3 py-1.5">
            <div className="flex min-h-11 items-center gap-3">
              <Avatar person={person} size={40} />
              <span className="min-w-0 flex-1 truncate text-[17px]">
                {nameOf(person) ?? t("common.nameless")}
              </span>
            </div>
            <Answers
              name={`${person.id}`}
              yes={t("call.admit")}
              no={t("call.turnAway")}
              onAnswer={(admit) => onAnswer(person.id, admit)}
            />
          </li>
        ))}
      </ul>
      {people.length > 1 && (
        <div className="mx-3 mt-1.5 border-t border-call-high py-1.5">
          <Answers name="all" yes={t("call.admitAll")} no={t("call.turnAwayAll")} onAnswer={all} />
        </div>
      )}
    </section>
  );
}

interface AnswersProps {
  name: string;
  yes: string;
  no: string;
  onAnswer: (admit: boolean) => void;
}

function Answers({ name, yes, no, onAnswer }: AnswersProps) {
  const look = "min-h-12 rounded-2xl px-3 text-[16px] leading-tight font-semibold";
  return (
    <div className="mt-1.5 grid grid-cols-2 gap-2">
      <button
        type="button"
        data-testid={`turn-away-${name}`}
        onClick={() => onAnswer(false)}
        className={`${look} bg-call-high text-call-ink`}
      >
        {no}
      </button>
      <button
        type="button"
        data-testid={`admit-${name}`}
        onClick={() => onAnswer(true)}
        className={`${look} bg-call-ink text-call`}
      >
        {yes}
      </button>
    </div>
  );
}
