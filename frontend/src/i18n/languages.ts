/** The languages of the page: a file of texts each, and a line here. All else follows from it. */

import en from "./en.json";
import ru from "./ru.json";

export const TEXTS = { ru, en } as const;

export type Language = keyof typeof TEXTS;

/** As the settings offer them. */
export const LANGUAGES = Object.keys(TEXTS) as Language[];
