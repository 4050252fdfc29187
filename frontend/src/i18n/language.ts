/** Which language the page speaks: the user's choice, else Telegram's, else the browser's. */

import { LANGUAGES, type Language } from "./languages";

const STORAGE_KEY = "telcall.language";

/** `ru-RU` is `ru`; a language we don't speak is null. */
export function knownLanguage(tag: string | null | undefined): Language | null {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  return LANGUAGES.find((language) => language === primary) ?? null;
}

/** The first of the tags that we speak; of none of them English, and Russian where nothing is said at all. The
 * bot has the same rule. */
export function pickLanguage(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const known = knownLanguage(tag);
    if (known) return known;
  }
  return tags.some(Boolean) ? "en" : "ru";
}

/** Only a choice is ever stored, so a language guessed once never hides a later better guess. */
export function chosenLanguage(): Language | null {
  try {
    return knownLanguage(localStorage.getItem(STORAGE_KEY));
  } catch {
    return null; // storage can be forbidden in a frame
  }
}

export function storeChoice(language: Language | null): void {
  try {
    if (language) localStorage.setItem(STORAGE_KEY, language);
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // The choice then lasts as long as the page.
  }
}
