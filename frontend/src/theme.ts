import type { Telegram } from "./core/telegram/telegram";

/** WCAG 2.2, 1.4.3: text of normal size. */
const READABLE = 4.5;
const OWN_PAIR = { light: ["#1b6fc4", "#ffffff"], dark: ["#2873c2", "#ffffff"] } as const;
const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

function luminance(color: string): number | null {
  const parts = HEX.exec(color.trim());
  if (!parts) return null;
  const [r, g, b] = parts.slice(1).map((hex) => {
    const part = Number.parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1-21; null where one of them is not #rrggbb. */
export function contrast(a: string, b: string): number | null {
  const [one, other] = [luminance(a), luminance(b)];
  if (one === null || other === null) return null;
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** The user's button colours if one can read them, else our own. */
export function buttonPair(background: string, text: string, dark: boolean): readonly [string, string] {
  return (contrast(background, text) ?? 0) >= READABLE
    ? [background, text]
    : OWN_PAIR[dark ? "dark" : "light"];
}

/** Keeps `data-theme` and the readable button colours in step with Telegram's theme or the system's. */
export function followTheme(telegram: Telegram): void {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = telegram.isDark() ?? system.matches;
    if (root.dataset.theme !== (dark ? "dark" : "light")) root.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(root);
    const [background, text] = buttonPair(
      style.getPropertyValue("--tg-theme-button-color"),
      style.getPropertyValue("--tg-theme-button-text-color"),
      dark,
    );
    if (root.style.getPropertyValue("--tc-safe-accent") === background) return;
    root.style.setProperty("--tc-safe-accent", background);
    root.style.setProperty("--tc-safe-on-accent", text);
  };
  apply();
  system.addEventListener("change", apply);
  // The SDK writes Telegram's theme into the root's style; a change of it is the event.
  new MutationObserver(apply).observe(root, { attributes: true, attributeFilter: ["style"] });
}
