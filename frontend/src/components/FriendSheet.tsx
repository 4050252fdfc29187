import { useTranslation } from "react-i18next";
import type { Friend } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { Icon, type IconName } from "./Icon";
import { Sheet } from "./Sheet";

export type FriendAction = "audio" | "video" | "star" | "block" | "delete";

interface Props {
  friend: Friend;
  onAct: (action: FriendAction) => void;
  onClose: () => void;
}

/** All that can be done with one friend. */
export function FriendSheet({ friend, onAct, onClose }: Props) {
  const { t } = useTranslation();
  const item = (action: FriendAction, icon: IconName, text: string, danger = false) => (
    <button
      type="button"
      data-testid={`do-${action}`}
      onClick={() => onAct(action)}
      className={`flex min-h-14 items-center gap-4 px-5 text-left text-[17px] hover:bg-line ${danger ? "text-danger" : ""}`}
    >
      <Icon name={icon} />
      {text}
    </button>
  );
  return (
    <Sheet
      testId="friend-sheet"
      ground="page"
      title={nameOf(friend) ?? t("common.nameless")}
      onClose={onClose}
    >
      <div className="flex flex-col overflow-y-auto pb-4">
        {item("audio", "phone", t("friends.audio"))}
        {item("video", "camera", t("friends.video"))}
        {friend.is_favourite !== null &&
          item("star", "star", t(friend.is_favourite ? "friends.removeFavourite" : "friends.addFavourite"))}
        {item("block", "block", t("friends.block"))}
        {item("delete", "trash", t("friends.delete"), true)}
      </div>
    </Sheet>
  );
}
