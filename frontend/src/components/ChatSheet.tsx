import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatLine } from "../core/call/state";
import { nameOf } from "../core/identity/colors";
import { Icon } from "./Icon";
import { Sheet } from "./Sheet";

const MAX_CHARS = 2_000;

interface Props {
  lines: readonly ChatLine[];
  onSay: (text: string) => void;
  onClose: () => void;
}

/** What is written to all; gone with the call. */
export function ChatSheet({ lines, onSay, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is the reason
  useEffect(() => {
    end.current?.scrollIntoView?.({ block: "end" });
  }, [lines.length]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    const said = text.trim();
    if (!said) return;
    onSay(said);
    setText("");
  };
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "short" });
  return (
    <Sheet testId="chat-sheet" title={t("call.chat")} onClose={onClose}>
      <p className="px-5 pb-2 text-[14px] text-call-soft">{t("call.chatHint")}</p>
      <div role="log" className="min-h-32 flex-1 overflow-y-auto px-5">
        {lines.map((line) => (
          <p key={line.id} data-testid="chat-line" className="py-1.5 text-[16px] leading-snug break-words">
            <span className="block text-[13px] text-call-soft">
              {line.self ? t("common.you") : (nameOf(line.person) ?? t("common.nameless"))}{" "}
              {time.format(line.at)}
            </span>
            {line.text}
          </p>
        ))}
        <div ref={end} />
      </div>
      <form onSubmit={send} className="flex shrink-0 gap-2 p-3">
        <input
          data-testid="chat-input"
          aria-label={t("call.chatPlaceholder")}
          placeholder={t("call.chatPlaceholder")}
          value={text}
          maxLength={MAX_CHARS}
          onChange={(event) => setText(event.target.value)}
          className="min-h-12 min-w-0 flex-1 rounded-full bg-call-high px-5 text-[16px]"
        />
        <button
          type="submit"
          data-testid="chat-send"
          aria-label={t("call.chatSend")}
          className="grid size-12 place-items-center rounded-full bg-call-ink text-call"
        >
          <Icon name="send" className="size-5" />
        </button>
      </form>
    </Sheet>
  );
}
