import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Empty, More, RowsToCome } from "../components/ListParts";
import { LoadTrouble } from "../components/LoadTrouble";
import { PastCallRow } from "../components/PastCallRow";
import { Heading, Screen } from "../components/Screen";
import { Toast } from "../components/Toast";
import { dayText } from "../components/when";
import type { PastCall } from "../core/api/types";
import { PagedList } from "../core/paging/pagedList";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import { useCallFriend } from "../hooks/useCallFriend";
import { usePaged } from "../hooks/usePaged";
import { useToast } from "../hooks/useToast";

/** One's own calls, by day. */
export default function HistoryPage() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { api } = useServices();
  const [state, list] = usePaged<PastCall, PagedList<PastCall>>(
    () => new PagedList((call) => call.call_id),
    (calls) =>
      calls.start(async (_loaded, next, signal) => {
        const page = await api.pastCalls(next, signal);
        return { items: page.calls, next: page.next_cursor, total: null };
      }),
  );
  const [toast, say] = useToast();
  const { calling, call } = useCallFriend((code) => say(t([`errors.${code}`, "errors.other"])));
  const back = useBack(() => void navigate("/", { replace: true }));

  return (
    <Screen onBack={back}>
      <Heading title={t("history.title")} />
      {state.loading === "first" && <RowsToCome />}
      {byDay(state.items, i18n.language).map(([day, calls]) => (
        <section key={day} className="mt-5">
          <h2 className="mb-2 px-1 text-[15px] font-medium text-soft">{day}</h2>
          <ul className="overflow-hidden rounded-3xl bg-card">
            {calls.map((past) => (
              <PastCallRow
                key={past.call_id}
                call={past}
                busy={calling !== null}
                onCallAgain={(friend) => void call(friend, past.is_video_enabled)}
              />
            ))}
          </ul>
        </section>
      ))}
      {state.trouble && <LoadTrouble trouble={state.trouble} onRetry={() => list.retry()} />}
      {state.hasMore && !state.trouble && <More busy={state.loading === "more"} onMore={() => list.more()} />}
      {state.items.length > 0 && !state.hasMore && (
        <p className="py-5 text-center text-[15px] text-soft" data-testid="no-more">
          {t("history.end")}
        </p>
      )}
      {state.items.length === 0 && state.loading === null && !state.trouble && (
        <Empty icon="clock" title={t("history.emptyTitle")} text={t("history.emptyText")} />
      )}
      <Toast text={toast} />
    </Screen>
  );
}

/** Days in the order of their calls, which come sorted. */
function byDay(calls: readonly PastCall[], language: string): [string, PastCall[]][] {
  const days = new Map<string, PastCall[]>();
  for (const call of calls) {
    const day = dayText(call.created_at, language);
    days.set(day, [...(days.get(day) ?? []), call]);
  }
  return [...days];
}
