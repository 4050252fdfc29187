import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Icon } from "../components/Icon";
import { Heading, Screen } from "../components/Screen";
import { Switch } from "../components/Switch";
import { useServices } from "../hooks/services";
import { useAlwaysViaServer } from "../hooks/useAlwaysViaServer";
import { useBack } from "../hooks/useBack";
import { useOriginalSound } from "../hooks/useOriginalSound";
import { chosenLanguage, LANGUAGES, type Language } from "../i18n/language";
import { chooseLanguage } from "../i18n/setup";

/** A language's name in itself, so that whoever lost their way finds it. */
function ownNameOf(language: Language): string {
  const name = new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/** Saved at once, each on its own. */
export function SettingsPage() {
  const { t } = useTranslation();
  const { telegram } = useServices();
  const automatic = t(telegram.inside ? "settings.auto" : "settings.autoBrowser");
  const navigate = useNavigate();
  const back = useBack(() => void navigate("/", { replace: true }));
  const [choice, setChoice] = useState(chosenLanguage);
  const [original, setOriginal] = useOriginalSound();
  const [viaServer, setViaServer] = useAlwaysViaServer();
  const pick = (language: Language | null) => {
    setChoice(language);
    chooseLanguage(language);
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
                onChange={() => pick(language)}
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
    </Screen>
  );
}
