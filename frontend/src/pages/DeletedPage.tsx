import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Button } from "../components/Button";
import { Heading, Screen } from "../components/Screen";
import { useServices } from "../hooks/services";

/** The person's data is gone; signing in again is left to them. */
export function DeletedPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { signIn } = useServices();
  const anew = () => {
    void navigate("/", { replace: true });
    void signIn();
  };
  return (
    <Screen>
      <div data-testid="deleted" className="my-auto flex flex-col gap-8 pb-[8vh]">
        <Heading icon="check" title={t("outside.deletedTitle")} text={t("outside.deletedText")} />
        <Button look="quiet" data-testid="start-anew" onClick={anew}>
          {t("outside.startAnew")}
        </Button>
      </div>
    </Screen>
  );
}
