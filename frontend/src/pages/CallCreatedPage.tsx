import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate, useParams } from "react-router";
import { Button } from "../components/Button";
import { Icon, type IconName } from "../components/Icon";
import { Heading, Screen } from "../components/Screen";
import { Toast } from "../components/Toast";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import { localLink, useInvite } from "../hooks/useInvite";
import { useToast } from "../hooks/useToast";

interface Arrival {
  readonly joinUrl?: string | null;
  readonly camera?: boolean;
}

/** A new call: hand on its link, then go in. */
export function CallCreatedPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id = "" } = useParams();
  const location = useLocation();
  const arrival = (location.state ?? {}) as Arrival;
  const { findCall } = useServices();
  const [joinUrl, setJoinUrl] = useState(arrival.joinUrl ?? null);
  const [toast, say] = useToast();
  const invite = useInvite();
  const back = useBack(() => void navigate("/", { replace: true }));

  // A reload loses the link that came with the navigation.
  useEffect(() => {
    if (joinUrl) return;
    let shown = true;
    void findCall(id).then((found) => {
      if (shown && found.ok) setJoinUrl(found.value.joinUrl);
    });
    return () => {
      shown = false;
    };
  }, [id, joinUrl, findCall]);

  const link = joinUrl ?? localLink(id);
  const told = (result: "copied" | "failed" | null) => {
    if (result) say(t(result === "copied" ? "common.copied" : "common.copyFailed"));
  };
  const enter = () => void navigate(`/call/${id}`, { state: { camera: arrival.camera ?? false } });

  return (
    <Screen onBack={back}>
      <Heading title={t("created.title")} text={t("created.text")} />
      <div className="mt-7 rounded-3xl bg-card p-4">
        <p className="text-[14px] font-medium text-soft">{t("created.link")}</p>
        <p className="mt-1.5 text-[17px] leading-snug break-all select-all" data-testid="call-link">
          {link}
        </p>
        <div className="mt-5 grid grid-cols-2 gap-2.5">
          <SmallButton
            icon="link"
            label={t("created.copy")}
            testId="copy-link"
            onClick={() => void invite.copy(link).then(told)}
          />
          <SmallButton
            icon="share"
            label={t("created.share")}
            testId="share"
            onClick={() => void invite.share(link, id).then(told)}
          />
        </div>
      </div>
      <div className="mt-auto pt-8">
        <Button icon={arrival.camera ? "camera" : "phone"} data-testid="enter-call" onClick={enter}>
          {t("created.enter")}
        </Button>
      </div>
      <Toast text={toast} />
    </Screen>
  );
}

function SmallButton({
  icon,
  label,
  testId,
  onClick,
}: {
  icon: IconName;
  label: string;
  testId: string;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      data-testid={testId}
      onClick={onClick}
      className="flex min-h-12 items-center justify-center gap-1 rounded-2xl bg-page px-1 text-[14px] font-semibold transition hover:brightness-97 active:scale-[0.98]"
    >
      <Icon name={icon} className="size-5 shrink-0" />
      {label}
    </button>
  );
}
