import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Avatar } from "../components/Avatar";
import { Empty, RowsToCome } from "../components/ListParts";
import { LoadTrouble } from "../components/LoadTrouble";
import { Heading, Screen } from "../components/Screen";
import { Toast } from "../components/Toast";
import { dayText } from "../components/when";
import { answerOf } from "../core/api/outcome";
import type { BlockedPerson } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { PagedList } from "../core/paging/pagedList";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import { usePaged } from "../hooks/usePaged";
import { useToast } from "../hooks/useToast";

/** Whom one has blocked; taken back with one tap. */
export default function BlockedPage() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { api } = useServices();
  const [state, list] = usePaged<BlockedPerson, PagedList<BlockedPerson>>(
    () => new PagedList((person) => person.id),
    (people) =>
      people.start(async (_loaded, _next, signal) => {
        const items = await api.blocked(signal);
        return { items, next: null, total: items.length };
      }),
  );
  const [busy, setBusy] = useState<number | null>(null);
  const [toast, say] = useToast();
  const heading = useRef<HTMLHeadingElement>(null);
  const back = useBack(() => void navigate("/friends", { replace: true }));

  const unblock = async (person: BlockedPerson, name: string) => {
    setBusy(person.id);
    const outcome = await answerOf(() => api.setBlocked(person.id, false));
    setBusy(null);
    // Who is not blocked any more was unblocked elsewhere.
    if (!outcome.ok && outcome.code !== "not_found") {
      return say(t([`errors.${outcome.code}`, "errors.other"]));
    }
    list.remove([person.id]);
    // The button that had it goes with its row.
    heading.current?.focus({ preventScroll: true });
    say(t("friends.unblocked", { name }));
  };

  return (
    <Screen onBack={back}>
      <Heading focusRef={heading} title={t("friends.blocked")} />
      {state.loading === "first" && <RowsToCome />}
      {state.trouble && <LoadTrouble trouble={state.trouble} onRetry={() => list.retry()} />}
      {state.items.length > 0 && (
        <ul data-testid="blocked" className="mt-5 overflow-hidden rounded-3xl bg-card">
          {state.items.map((person) => {
            const name = nameOf(person) ?? t("common.nameless");
            return (
              <li
                key={person.id}
                className="flex min-h-17 flex-wrap items-center gap-x-3 gap-y-2 border-line px-4 py-2.5 not-first:border-t"
              >
                <Avatar person={person} size={44} />
                <span className="min-w-0 flex-1 basis-40">
                  <span className="block truncate text-[17px]">{name}</span>
                  <span className="block truncate text-[14px] text-soft">
                    {dayText(person.blocked_at, i18n.language)}
                  </span>
                </span>
                <button
                  type="button"
                  data-testid={`unblock-${person.id}`}
                  aria-label={t("friends.unblockWho", { name })}
                  disabled={busy !== null}
                  onClick={() => void unblock(person, name)}
                  className="ml-auto min-h-12 shrink-0 rounded-2xl bg-page px-3 text-[14px] font-semibold transition hover:brightness-97 disabled:opacity-50"
                >
                  {t("friends.unblock")}
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {state.items.length === 0 && state.loading === null && !state.trouble && (
        <Empty icon="block" title={t("friends.blockedEmptyTitle")} text={t("friends.blockedEmptyText")} />
      )}
      <Toast text={toast} />
    </Screen>
  );
}
