import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { chosenLanguage, pickLanguage, storeChoice } from "./language";
import { type Language, TEXTS } from "./languages";

let telegramLanguage: string | null = null;

function best(): Language {
  return pickLanguage([chosenLanguage(), telegramLanguage, ...navigator.languages]);
}

/** Starts i18next with all languages built in: text never waits for the network. */
export function startI18n(languageCode: string | null): void {
  telegramLanguage = languageCode;
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  void i18next.use(initReactI18next).init({
    lng: best(),
    fallbackLng: "en",
    resources: Object.fromEntries(
      Object.entries(TEXTS).map(([language, translation]) => [language, { translation }]),
    ),
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
}

/** null: follow Telegram or the browser again. */
export function chooseLanguage(language: Language | null): void {
  storeChoice(language);
  void i18next.changeLanguage(best());
}
