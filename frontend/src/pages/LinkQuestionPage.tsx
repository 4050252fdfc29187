import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../components/Button";
import { Heading, Screen } from "../components/Screen";
import type { SignedInUser } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { useServices } from "../hooks/services";

/** A link would sign in somebody else than who is signed in here. user: who is. */
export function LinkQuestionPage({ user }: { user: SignedInUser }) {
  const { t } = useTranslation();
  const { followLink, leaveLink } = useServices();
  const [busy, setBusy] = useState(false);
  const name = nameOf(user) ?? t("common.nameless");
  const follow = () => {
    setBusy(true);
    // Whatever comes of it is another page.
    void followLink();
  };
  return (
    <Screen>
      <div data-testid="link-question" className="my-auto flex flex-col gap-8 pb-[8vh]">
        <Heading icon="people" title={t("link.title")} text={t("link.text", { name })} />
        <div className="flex flex-col gap-3">
          <Button data-testid="leave-link" disabled={busy} onClick={leaveLink}>
            {t("link.leave", { name })}
          </Button>
          <Button look="quiet" data-testid="follow-link" busy={busy} onClick={follow}>
            {t("link.follow")}
          </Button>
        </div>
      </div>
    </Screen>
  );
}
