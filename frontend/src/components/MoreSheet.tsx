import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallState } from "../core/call/state";
import { Confirm } from "./Confirm";
import { Icon, type IconName } from "./Icon";
import { Sheet } from "./Sheet";

const REACTIONS = ["👍", "❤️", "😂", "👏", "🎉"];

interface Props {
  state: CallState;
  unread: boolean;
  onReact: (emoji: string) => void;
  onHand: (raised: boolean) => void;
  onScreen: (on: boolean) => void;
  onChat: () => void;
  onPeople: () => void;
  onEnd: () => void;
  onClose: () => void;
}

/** All that is not under the thumb. */
export function MoreSheet(props: Props) {
  const { state, unread } = props;
  const { t } = useTranslation();
  const [asksToEnd, setAsksToEnd] = useState(false);
  const sharing = state.screen === "on";
  return (
    <Sheet testId="more-sheet" title={t("call.more")} onClose={props.onClose}>
      <div className="flex justify-between px-5 py-2">
        {REACTIONS.map((emoji) => (
          <button
            key={emoji}
            type="button"
            data-testid={`react-${emoji}`}
            aria-label={t("call.reactWith", { emoji })}
            onClick={() => props.onReact(emoji)}
            className="grid size-13 place-items-center rounded-full bg-call-high text-[26px] hover:brightness-125"
          >
            {emoji}
          </button>
        ))}
      </div>
      <div className="flex flex-col pb-3">
        <Item
          testId="hand"
          icon="hand"
          text={t(state.hand ? "call.lowerHand" : "call.raiseHand")}
          pressed={state.hand}
          onClick={() => props.onHand(!state.hand)}
        />
        <Item testId="chat" icon="chat" text={t("call.chat")} dot={unread} onClick={props.onChat} />
        <Item
          testId="people"
          icon="people"
          text={t("call.people")}
          dot={state.knocks.length > 0}
          onClick={props.onPeople}
        />
        {state.screen !== "unsupported" && (
          <Item
            testId="screen"
            icon="screen"
            text={t(sharing ? "call.stopScreen" : "call.shareScreen")}
            pressed={sharing}
            onClick={() => props.onScreen(!sharing)}
          />
        )}
        {state.role === "host" && (
          <Item
            testId="end-for-all"
            icon="leave"
            text={t("call.endForAll")}
            onClick={() => setAsksToEnd(true)}
          />
        )}
      </div>
      {asksToEnd && (
        <Confirm
          danger
          question={t("call.endQuestion")}
          yes={t("call.endYes")}
          no={t("call.stay")}
          onYes={props.onEnd}
          onNo={() => setAsksToEnd(false)}
        />
      )}
    </Sheet>
  );
}

interface ItemProps {
  testId: string;
  icon: IconName;
  text: string;
  pressed?: boolean;
  dot?: boolean;
  onClick: () => void;
}

function Item({ testId, icon, text, pressed, dot, onClick }: ItemProps) {
  return (
    <button
      type="button"
      data-testid={testId}
      aria-pressed={pressed}
      onClick={onClick}
      className="flex min-h-13 items-center gap-4 px-5 text-left text-[17px] hover:bg-call-high"
    >
      <Icon name={icon} className={`size-6 ${pressed ? "text-call-live" : ""}`} />
      <span className="flex-1">{text}</span>
      {dot && <span className="size-3 rounded-full bg-call-live" />}
    </button>
  );
}
