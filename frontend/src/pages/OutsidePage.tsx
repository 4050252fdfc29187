import { useTranslation } from "react-i18next";
import { Heading, Screen } from "../components/Screen";

/** A plain browser, and the server signs in by Telegram only. */
export function OutsidePage() {
  const { t } = useTranslation();
  return (
    <Screen>
      <div className="my-auto flex flex-col gap-6 pb-[12vh]">
        <Heading icon="telegram" title={t("outside.title")} text={t("outside.text")} />
        <p className="text-center text-[15px] text-soft">{t("outside.hint")}</p>
      </div>
    </Screen>
  );
}
