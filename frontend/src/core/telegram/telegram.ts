/**
 * What Telegram's client offers, each call guarded: outside Telegram, or in a client that is too old, it does
 * nothing. Bot API versions are checked by the SDK (`ifAvailable`).
 */

import {
  backButton,
  closingBehavior,
  hapticFeedback,
  init,
  isTMA,
  miniApp,
  openLink,
  openTelegramLink,
  retrieveRawLaunchParams,
  shareMessage,
  shareURL,
  swipeBehavior,
  themeParams,
  viewport,
} from "@tma.js/sdk-react";
import { BackStack } from "./backStack";
import { clientOf, type Launch, launchOf, NO_LAUNCH } from "./launch";

export interface Telegram extends Launch {
  readonly inside: boolean;
  /** Whether Telegram's theme is dark; null outside Telegram. */
  isDark(): boolean | null;
  /** Shows the back button, for what lies on top; the returned function takes it away again. */
  showBack(onBack: () => void): () => void;
  /** In a call: ask before closing, and don't close by a swipe. The returned function lifts it. */
  guardClosing(): () => void;
  /** Whether the client lets people pick chats for a message that the bot has prepared. */
  picksChats(): boolean;
  /** Opens that picker. False where it could not be opened; who picks nobody has seen it. */
  shareMessage(preparedId: string): Promise<boolean>;
  /** True where Telegram's own share sheet was opened. */
  share(url: string, text: string): boolean;
  /** True where the client was told to open it in a browser outside of Telegram. */
  openLink(url: string): boolean;
  haptic(kind: "tap" | "success" | "error"): void;
}

/** Reads the launch parameters and gets the client ready. Never throws. */
export function startTelegram(): Telegram {
  const inside = attempt(() => isTMA()) ?? false;
  const raw = inside ? rawLaunch() : "";
  if (inside) prepare(clientOf(raw));
  const launch = inside ? launchOf(raw) : NO_LAUNCH;
  const back = backStack();
  return {
    inside,
    ...launch,
    isDark: () => (inside ? (attempt(() => themeParams.isDark()) ?? null) : null),
    showBack: (onBack) => (inside ? back.push(onBack) : () => {}),
    guardClosing: () => {
      if (!inside) return guardUnload();
      attempt(() => closingBehavior.enableConfirmation.ifAvailable());
      attempt(() => swipeBehavior.disableVertical.ifAvailable());
      return () => {
        attempt(() => closingBehavior.disableConfirmation.ifAvailable());
        attempt(() => swipeBehavior.enableVertical.ifAvailable());
      };
    },
    picksChats: () => inside && (attempt(() => shareMessage.isAvailable()) ?? false),
    shareMessage: async (preparedId) => {
      if (!inside) return false;
      try {
        await shareMessage(preparedId);
        return true;
      } catch (error) {
        return String(error).includes("USER_DECLINED");
      }
    },
    share: (url, text) => {
      if (!inside) return false;
      if (attempt(() => shareURL.isAvailable()) && succeeds(() => shareURL(url, text))) return true;
      const link = `https://t.me/share/url?url=${encodeURIComponent(url)}&text=${encodeURIComponent(text)}`;
      return succeeds(() => openTelegramLink(link));
    },
    openLink: (url) => inside && succeeds(() => openLink(url)),
    haptic: (kind) => {
      if (!inside) return;
      if (kind === "tap") attempt(() => hapticFeedback.impactOccurred.ifAvailable("light"));
      else attempt(() => hapticFeedback.notificationOccurred.ifAvailable(kind));
    },
  };
}

function backStack(): BackStack {
  let off: (() => void) | undefined;
  const stack = new BackStack({
    show: () => {
      attempt(() => backButton.show.ifAvailable());
      off ??= attempt(() => (backButton.onClick.isAvailable() ? backButton.onClick(stack.press) : undefined));
    },
    hide: () => {
      attempt(() => backButton.hide.ifAvailable());
      off?.();
      off = undefined;
    },
  });
  return stack;
}

const LAUNCH_KEY = "telcall.launch";

/**
 * The launch parameters as they came in the address; kept for the time of the visit, because the router changes
 * the address. The SDK's own reading refuses them whole where one field is missing, as `signature` is in older
 * clients.
 */
function rawLaunch(): string {
  const inAddress = location.hash.slice(1);
  if (new URLSearchParams(inAddress).has("tgWebAppVersion")) {
    attempt(() => sessionStorage.setItem(LAUNCH_KEY, inAddress));
    return inAddress;
  }
  return attempt(() => sessionStorage.getItem(LAUNCH_KEY)) ?? attempt(() => retrieveRawLaunchParams()) ?? "";
}

function prepare({ version, themeParams: theme, isInline }: ReturnType<typeof clientOf>): void {
  attempt(() => init({ version, themeParams: theme, isInlineMode: isInline }));
  attempt(() => backButton.mount.ifAvailable());
  attempt(() => closingBehavior.mount.ifAvailable());
  attempt(() => swipeBehavior.mount.ifAvailable());
  attempt(() => themeParams.mount.ifAvailable());
  attempt(() => themeParams.bindCssVars.ifAvailable());
  attempt(() => miniApp.mount.ifAvailable());
  void attemptLater(async () => {
    if (!viewport.mount.isAvailable()) return;
    await viewport.mount({ timeout: 1_500 });
    attempt(() => viewport.bindCssVars.ifAvailable());
    attempt(() => viewport.expand.ifAvailable());
  });
  attempt(() => miniApp.ready.ifAvailable());
}

function guardUnload(): () => void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}

/** Clients differ in what they know and in how they fail; a call must not depend on any of it. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function succeeds(action: () => void): boolean {
  return (
    attempt(() => {
      action();
      return true;
    }) ?? false
  );
}

async function attemptLater(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch {
    // as above
  }
}
