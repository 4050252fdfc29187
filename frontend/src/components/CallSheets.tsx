import type { Call, CallState } from "../core/call/state";
import { ChatSheet } from "./ChatSheet";
import { MoreSheet } from "./MoreSheet";
import { PeopleSheet } from "./PeopleSheet";

export type SheetName = "more" | "chat" | "people";

interface Props {
  sheet: SheetName;
  call: Call;
  state: CallState;
  unread: boolean;
  onSheet: (sheet: SheetName | null) => void;
  /** The server could not be told. */
  onUntold: () => void;
}

/** What is behind "More": one sheet at a time. */
export function CallSheets({ sheet, call, state, unread, onSheet, onUntold }: Props) {
  const close = () => onSheet(null);
  if (sheet === "chat") {
    return <ChatSheet lines={state.chat} onSay={(text) => call.say(text)} onClose={close} />;
  }
  if (sheet === "people") {
    return (
      <PeopleSheet
        state={state}
        onModerate={(action, userId) => call.moderate(action, userId)}
        onAdmit={(userId, admit) => call.admit(userId, admit)}
        onClose={close}
      />
    );
  }
  return (
    <MoreSheet
      state={state}
      unread={unread}
      onReact={(emoji) => {
        call.react(emoji);
        close();
      }}
      onHand={(raised) => {
        call.setHand(raised);
        close();
      }}
      onScreen={(on) => {
        void call.setScreen(on);
        close();
      }}
      onChat={() => onSheet("chat")}
      onPeople={() => onSheet("people")}
      onEnd={() => {
        if (call.endForAll()) return;
        close();
        onUntold();
      }}
      onClose={close}
    />
  );
}
