import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { Button } from "../components/Button";
import { Heading, Problem, Screen } from "../components/Screen";
import { nameOf } from "../core/identity/colors";
import { useServices, useSession } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import type { Arrival } from "../hooks/useCallFriend";
import { useMetPerson } from "../hooks/useMetPerson";

/** After a missed call: asks first, then calls that friend. */
export function CallBackPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id = "" } = useParams();
  const { callFriend } = useServices();
  const friend = useMetPerson(Number(id));
  const waiting = useSession().kind === "starting";
  const [busy, setBusy] = useState<"audio" | "video" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const back = useBack(() => void navigate("/", { replace: true }));

  const call = async (kind: "audio" | "video") => {
    setBusy(kind);
    setProblem(null);
    const made = await callFriend(Number(id), kind === "video");
    setBusy(null);
    if (!made.ok) return setProblem(made.code);
    const arrival: Arrival = { camera: kind === "video", ...(friend && { friend }) };
    void navigate(`/call/${made.value.callId}`, { replace: true, state: arrival });
  };

  return (
    <Screen onBack={back}>
      <Heading
        title={friend ? t("callBack.titleOf", { name: nameOf(friend) }) : t("callBack.title")}
        text={t("callBack.text")}
      />
      {problem && (
        <div className="mt-7">
          <Problem text={t([`errors.${problem}`, "errors.other"])} />
        </div>
      )}
      <div className="mt-auto flex flex-col gap-2.5 pt-8">
        {(["audio", "video"] as const).map((kind) => (
          <Button
            key={kind}
            icon={kind === "audio" ? "phone" : "camera"}
            data-testid={`call-back-${kind}`}
            busy={busy === kind}
            disabled={waiting || busy !== null}
            onClick={() => void call(kind)}
          >
            {t(`callBack.${kind}`)}
          </Button>
        ))}
      </div>
    </Screen>
  );
}
