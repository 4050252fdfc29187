import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Icon } from "../components/Icon";
import { MyData } from "../components/MyData";
import { Heading, Screen } from "../components/Screen";
import { Switch } from "../components/Switch";
import { Toast } from "../components/Toast";
import { useServices, useSession } from "../hooks/services";
import { useAlwaysViaServer } from "../hooks/useAlwaysViaServer";
import { useBack } from "../hooks/useBack";
import { useOriginalSound } from "../hooks/useOriginalSound";
import { useToast } from "../hooks/useToast";
import { chosenLanguage } from "../i18n/language";
import { LANGUAGES, type Language } from "../i18n/languages";
import { chooseLanguage } from "../i18n/setup";

/** A language's name in itself, so that whoever lost their way finds it. */
function ownNameOf(language: Language): string {
  const name = new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/** Saved at once, each on its own. */
export function SettingsPage() {
  const { t, i18n } = useTranslation();
  const { telegram, chooseLanguage: tellLanguage } = useServices();
  const signedIn = useSession().kind === "signed_in";
  const [toast, say] = useToast(4000);
  const automatic = t(telegram.inside ? "settings.auto" : "settings.autoBrowser");
  const navigate = useNavigate();
  const back = useBack(() => void navigate("/", { replace: true }));
  const [choice, setChoice] = useState(chosenLanguage);
  const [original, setOriginal] = useOriginalSound();
  const [viaServer, setViaServer] = useAlwaysViaServer();
  const pick = async (language: Language | null) => {
    setChoice(language);
    chooseLanguage(language);
    if (!signedIn) return;
    // The bot writes in the same one.
    const told = await tellLanguage(language);
    if (told && !told.ok) {
      say(i18n.t("settings.languageNotTold", { why: i18n.t([`errors.${told.code}`, "errors.other"]) }));
    }
  };
  return (
    <Screen onBack={back}>
      <Heading title={t("settings.title")} />
      <fieldset className="mt-7">
        <legend className="mb-2 px-1 text-[15px] font-medium text-soft">{t("settings.language")}</legend>
        <div className="overflow-hidden rounded-3xl bg-card">
          {[null, ...LANGUAGES].map((language) => (
            <label
              key={language ?? "auto"}
              className="flex min-h-14 cursor-pointer items-center justify-between border-line px-5 text-[17px] not-first:border-t has-focus-visible:outline-3 has-focus-visible:-outline-offset-3 has-focus-visible:outline-[#6db7ff]"
            >
              <input
                type="radio"
                name="language"
                className="sr-only"
                checked={choice === language}
                onChange={() => void pick(language)}
              />
              <span lang={language ?? undefined}>{language ? ownNameOf(language) : automatic}</span>
              {choice === language && <Icon name="check" className="size-6" />}
            </label>
          ))}
        </div>
      </fieldset>

      <h2 className="mt-7 mb-2 px-1 text-[15px] font-medium text-soft">{t("settings.sound")}</h2>
      <Switch
        testId="original-sound"
        title={t("settings.originalSound")}
        hint={t("settings.originalSoundHint")}
        on={original}
        onChange={setOriginal}
      />

      <h2 className="mt-7 mb-2 px-1 text-[15px] font-medium text-soft">{t("settings.privacy")}</h2>
      <Switch
        testId="via-server"
        title={t("settings.viaServer")}
        hint={t("settings.viaServerHint")}
        on={viaServer}
        onChange={setViaServer}
      />

      {signedIn && <MyData say={say} />}

      <h2 className="mt-7 mb-2 px-1 text-[15px] font-medium text-soft">{t("settings.about")}</h2>
      <Link
        to="/check"
        data-testid="check-link"
        className="mb-2 flex min-h-14 items-center justify-between rounded-3xl bg-card px-5 text-[17px] transition hover:brightness-97"
      >
        {t("settings.check")}
        <Icon name="chevron" className="size-5 text-soft" />
      </Link>
      <Link
        to="/terms"
        className="flex min-h-14 items-center justify-between rounded-3xl bg-card px-5 text-[17px] transition hover:brightness-97"
      >
        {t("settings.terms")}
        <Icon name="chevron" className="size-5 text-soft" />
      </Link>
      <Toast text={toast} />
    </Screen>
  );
}
