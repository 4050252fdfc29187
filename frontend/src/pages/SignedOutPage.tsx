import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Button } from "../components/Button";
import { Heading, Screen } from "../components/Screen";
import { useServices } from "../hooks/services";

/** The person has signed out, or has deleted their data; signing in again is left to them. */
export function SignedOutPage({ deleted = false }: { deleted?: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { signIn } = useServices();
  const anew = () => {
    void navigate("/", { replace: true });
    void signIn();
  };
  return (
    <Screen>
      <div data-testid={deleted ? "deleted" : "signed-out"} className="my-auto flex flex-col gap-8 pb-[8vh]">
        <Heading
          icon="check"
          title={t(deleted ? "outside.deletedTitle" : "outside.signedOutTitle")}
          text={t(deleted ? "outside.deletedText" : "outside.signedOutText")}
        />
        <Button look="quiet" data-testid="start-anew" onClick={anew}>
          {t(deleted ? "outside.startAnew" : "outside.signInAgain")}
        </Button>
      </div>
    </Screen>
  );
}
