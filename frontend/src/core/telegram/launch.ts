/** What Telegram's client tells a Mini App at its launch: pure, and forgiving where a client leaves something out. */

export interface Launch {
  /** Signed, as it came; null outside Telegram. */
  readonly initData: string | null;
  readonly startParam: string | null;
  readonly languageCode: string | null;
}

export const NO_LAUNCH: Launch = { initData: null, startParam: null, languageCode: null };

/** raw: the launch parameters as a query string (`tgWebAppData=…&tgWebAppVersion=…`). */
export function launchOf(raw: string): Launch {
  const parameters = new URLSearchParams(raw);
  const initData = parameters.get("tgWebAppData") || null;
  const data = new URLSearchParams(initData ?? "");
  return {
    initData,
    startParam: parameters.get("tgWebAppStartParam") || data.get("start_param") || null,
    languageCode: languageOf(data.get("user")),
  };
}

type Colors = Record<string, `#${string}`>;

/** What the client says of itself. version: of the Bot API, the lowest there is where none is told. */
export function clientOf(raw: string): {
  version: `${number}.${number}`;
  themeParams: Colors;
  isInline: boolean;
} {
  const parameters = new URLSearchParams(raw);
  const version = parameters.get("tgWebAppVersion") ?? "";
  return {
    version: isVersion(version) ? version : "6.0",
    themeParams: colorsOf(parameters.get("tgWebAppThemeParams")),
    isInline: parameters.get("tgWebAppBotInline") === "1",
  };
}

function isVersion(text: string): text is `${number}.${number}` {
  return /^\d{1,3}\.\d{1,3}$/.test(text);
}

function isColor(value: unknown): value is `#${string}` {
  return typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value);
}

function colorsOf(text: string | null): Colors {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, `#${string}`] => isColor(entry[1])),
    );
  } catch {
    return {};
  }
}

function languageOf(user: string | null): string | null {
  try {
    const value: unknown = JSON.parse(user ?? "null");
    if (typeof value !== "object" || value === null || !("language_code" in value)) return null;
    return typeof value.language_code === "string" ? value.language_code : null;
  } catch {
    return null;
  }
}
