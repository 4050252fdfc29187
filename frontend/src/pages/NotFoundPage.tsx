import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Button } from "../components/Button";
import { Heading, Screen } from "../components/Screen";
import { useBack } from "../hooks/useBack";

export function NotFoundPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const home = () => void navigate("/", { replace: true });
  useBack(home);
  return (
    <Screen>
      <div className="my-auto flex flex-col gap-8">
        <Heading icon="warning" title={t("common.notFoundTitle")} text={t("common.notFoundText")} />
        <Button onClick={home}>{t("common.home")}</Button>
      </div>
    </Screen>
  );
}
