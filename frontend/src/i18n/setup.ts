import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import { chosenLanguage, type Language, pickLanguage, storeChoice } from "./language";
import ru from "./ru.json";

let telegramLanguage: string | null = null;

function best(): Language {
  return pickLanguage([chosenLanguage(), telegramLanguage, ...navigator.languages]);
}

/** Starts i18next with both languages built in: text never waits for the network. */
export function startI18n(languageCode: string | null): void {
  telegramLanguage = languageCode;
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  void i18next.use(initReactI18next).init({
    lng: best(),
    fallbackLng: "en",
    resources: { ru: { translation: ru }, en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
}

/** null: follow Telegram or the browser again. */
export function chooseLanguage(language: Language | null): void {
  storeChoice(language);
  void i18next.changeLanguage(best());
}
