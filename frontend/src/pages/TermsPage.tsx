import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Heading, Screen } from "../components/Screen";
import { useBack } from "../hooks/useBack";

const SECTIONS = ["encryption", "groups", "records", "address", "data", "who", "term", "rights"] as const;

/** What is promised about a call, and what is not. */
export function TermsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const back = useBack(() => void navigate("/settings", { replace: true }));
  return (
    <Screen onBack={back}>
      <Heading title={t("terms.title")} />
      <div className="mt-6 flex flex-col gap-6 pb-6">
        {SECTIONS.map((section) => (
          <section key={section}>
            <h2 className="text-[19px] font-semibold">{t(`terms.sections.${section}.title`)}</h2>
            <p className="mt-1.5 text-[16px] leading-relaxed text-pretty text-soft">
              {t(`terms.sections.${section}.text`)}
            </p>
          </section>
        ))}
      </div>
    </Screen>
  );
}
