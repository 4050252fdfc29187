import { useTranslation } from "react-i18next";
import type { Friend } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { RowButton } from "./ListParts";
import { dayText } from "./when";

interface Props {
  friend: Friend;
  /** This one is being called. */
  calling: boolean;
  /** Somebody is. */
  busy: boolean;
  onOpen: () => void;
  onCall: () => void;
  onStar: (favourite: boolean) => void;
}

/** A friend: the name opens what can be done, a star and a call are one tap away. */
export function FriendRow({ friend, calling, busy, onOpen, onCall, onStar }: Props) {
  const { t } = useTranslation();
  const name = nameOf(friend) ?? t("common.nameless");
  const starred = friend.is_favourite === true;
  return (
    <div data-testid={`friend-${friend.id}`} className="flex items-center pr-1.5">
      <button
        type="button"
        data-testid={`friend-menu-${friend.id}`}
        aria-haspopup="dialog"
        onClick={onOpen}
        className="flex min-h-17 min-w-0 flex-1 items-center gap-3 rounded-2xl py-2 pl-4 text-left hover:bg-line"
      >
        <Who friend={friend} />
      </button>
      {friend.is_favourite !== null && (
        <RowButton
          testId={`star-${friend.id}`}
          icon="star"
          label={t("friends.star", { name })}
          pressed={starred}
          className={starred ? "text-accent" : "text-soft"}
          onClick={() => onStar(!starred)}
        />
      )}
      <RowButton
        testId={`call-${friend.id}`}
        icon="phone"
        label={t("friends.call", { name })}
        busy={calling}
        disabled={busy}
        onClick={onCall}
      />
    </div>
  );
}

/** The same, to be chosen. */
export function FriendChoice({
  friend,
  chosen,
  onChoose,
}: {
  friend: Friend;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
}) {
  return (
    <label
      data-testid={`friend-${friend.id}`}
      className="flex min-h-17 cursor-pointer items-center gap-3 py-2 pr-4 pl-4 has-focus-visible:outline-3 has-focus-visible:-outline-offset-3 has-focus-visible:outline-[#6db7ff]"
    >
      <Who friend={friend} />
      <input
        type="checkbox"
        className="sr-only"
        data-testid={`choose-${friend.id}`}
        checked={chosen}
        onChange={(event) => onChoose(event.target.checked)}
      />
      <span
        className={`grid size-7 shrink-0 place-items-center rounded-full ${chosen ? "bg-accent text-on-accent" : "ring-2 ring-soft ring-inset"}`}
      >
        {chosen && <Icon name="check" className="size-4.5" />}
      </span>
    </label>
  );
}

function Who({ friend }: { friend: Friend }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <Avatar person={friend} size={44} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[17px]">{nameOf(friend) ?? t("common.nameless")}</span>
        {friend.last_call_at && (
          <span className="block truncate text-[14px] text-soft">
            {dayText(friend.last_call_at, i18n.language)}
          </span>
        )}
      </span>
    </>
  );
}
