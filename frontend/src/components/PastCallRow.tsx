import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Named, PastCall } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { clockText } from "./clock";
import { Icon } from "./Icon";
import { RowButton } from "./ListParts";
import { timeText } from "./when";

/** So many names stand in one row. */
const NAMED = 3;

/** The only other one, who can be called again; null in a group, and of somebody who has deleted their data. */
export function onlyOther(call: PastCall): Named | null {
  const [other] = call.others;
  return call.others_count === 1 && other && nameOf(other) !== null ? other : null;
}

interface Props {
  call: PastCall;
  busy: boolean;
  onCallAgain: (friend: Named) => void;
}

/** One of one's own calls: with whom, when, how long, and what can be done about it now. */
export function PastCallRow({ call, busy, onCallAgain }: Props) {
  const { t, i18n } = useTranslation();
  const kind = t(call.is_video_enabled ? "history.video" : "history.audio");
  const open = call.status === "active";
  const other = onlyOther(call);
  const people = whoText(call, i18n.language, t("history.someone"), (count) =>
    t("history.andMore", { count }),
  );
  const facts = [
    timeText(call.created_at, i18n.language),
    call.is_missed && t("history.missed"),
    open && !call.is_missed && t("history.open"),
    !open && call.duration_seconds !== null && clockText(call.duration_seconds * 1000),
  ].filter(Boolean);
  return (
    <li
      data-testid={`past-${call.call_id}`}
      className="flex min-h-17 flex-wrap items-center gap-x-3 border-line py-2 pr-1.5 pl-4 not-first:border-t"
    >
      <span
        role="img"
        aria-label={kind}
        className={`grid size-11 shrink-0 place-items-center rounded-full bg-page ${call.is_missed ? "text-danger" : "text-soft"}`}
      >
        <Icon name={call.is_video_enabled ? "camera" : "phone"} className="size-5" />
      </span>
      <span className="min-w-0 flex-1">
        <span className="line-clamp-2 text-[17px] leading-snug break-words">
          {call.title ?? people ?? t(open ? "history.nobodyYet" : "history.nobody")}
        </span>
        {call.title && people && <span className="block truncate text-[14px] text-soft">{people}</span>}
        <span className={`block text-[14px] ${call.is_missed ? "text-danger" : "text-soft"}`}>
          {facts.join(" · ")}
        </span>
      </span>
      {open && (
        <span className="flex basis-full items-center gap-2 pt-1.5 pb-0.5 pl-14">
          <Link
            to={`/call/${call.call_id}`}
            state={{ camera: call.is_video_enabled }}
            data-testid={`return-${call.call_id}`}
            className="grid min-h-12 flex-1 place-items-center rounded-2xl bg-accent px-4 text-[15px] font-semibold text-on-accent"
          >
            {t("history.return")}
          </Link>
          <Link
            to={`/call-created/${call.call_id}`}
            data-testid={`link-${call.call_id}`}
            aria-label={t("history.link")}
            className="grid size-12 shrink-0 place-items-center rounded-full transition hover:bg-line"
          >
            <Icon name="link" />
          </Link>
        </span>
      )}
      {!open && other && (
        <RowButton
          testId={`again-${call.call_id}`}
          icon={call.is_video_enabled ? "camera" : "phone"}
          label={t("history.callAgain", { name: nameOf(other) })}
          disabled={busy}
          onClick={() => onCallAgain(other)}
        />
      )}
    </li>
  );
}

/** The others' names as the language lists them; null where nobody else was in it. */
export function whoText(
  call: Pick<PastCall, "others" | "others_count">,
  language: string,
  someone: string,
  andMore: (count: number) => string,
): string | null {
  if (call.others_count === 0) return null;
  const names = call.others.slice(0, NAMED).map((person) => nameOf(person) ?? someone);
  const more = call.others_count - names.length;
  return new Intl.ListFormat(language).format(more > 0 ? [...names, andMore(more)] : names);
}
