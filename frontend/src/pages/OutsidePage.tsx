import { useTranslation } from "react-i18next";
import { Heading, Screen } from "../components/Screen";

/** A plain browser, and the server signs in by Telegram only. staleLink: the link to go on here was no good. */
export function OutsidePage({ staleLink = false }: { staleLink?: boolean }) {
  const { t } = useTranslation();
  return (
    <Screen>
      <div
        data-testid={staleLink ? "stale-link" : "outside"}
        className="my-auto flex flex-col gap-6 pb-[12vh]"
      >
        <Heading
          icon="telegram"
          title={t(staleLink ? "outside.staleTitle" : "outside.title")}
          text={t(staleLink ? "outside.staleText" : "outside.text")}
        />
        {!staleLink && <p className="text-center text-[15px] text-soft">{t("outside.hint")}</p>}
      </div>
    </Screen>
  );
}
