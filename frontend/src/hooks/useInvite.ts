import { useTranslation } from "react-i18next";
import { useServices } from "./services";

export type Copied = "copied" | "failed";

/** Copies by the clipboard, else by a selected field: frames often forbid the first. */
async function copy(text: string): Promise<Copied> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.style.cssText = "position:fixed;opacity:0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done ? "copied" : "failed";
  }
}

/** Ways to hand on the link of a call. Inside Telegram its own picker comes first, then the system's. */
export function useInvite(): {
  copy: typeof copy;
  share: (url: string, callId: string) => Promise<Copied | null>;
} {
  const { t } = useTranslation();
  const { telegram, prepareShare } = useServices();
  const share = async (url: string, callId: string): Promise<Copied | null> => {
    if (telegram.picksChats()) {
      const prepared = await prepareShare(callId);
      if (prepared.ok && (await telegram.shareMessage(prepared.value))) return null;
    }
    const text = t("created.shareText");
    if (telegram.share(url, text)) return null;
    if (typeof navigator.share === "function") {
      try {
        await navigator.share({ url, text });
        return null;
      } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") return null;
      }
    }
    return copy(url);
  };
  return { copy, share };
}

/** A link that opens the call here, for servers without a bot. */
export const localLink = (callId: string): string => `${location.origin}/call/${callId}`;
