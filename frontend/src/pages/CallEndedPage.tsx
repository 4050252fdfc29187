import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { Button } from "../components/Button";
import { clockText } from "../components/clock";
import { RateCall } from "../components/RateCall";
import { Heading, Screen } from "../components/Screen";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";

/** Of a shorter call there is nothing to say. */
const WORTH_RATING_MS = 10_000;

export interface EndedCall {
  readonly reason: "left" | "ended" | "ended_here" | "expired" | "other";
  readonly durationMs: number | null;
  readonly callId: string;
}

/** What is left of a call: why it ended, how long it took, where to go. */
export function CallEndedPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const ended = useLocation().state as EndedCall | null;
  const services = useServices();
  const home = () => void navigate("/", { replace: true });
  useBack(home);
  return (
    <div data-testid="call-phase" data-phase="ended">
      <Screen>
        <div className="my-auto flex flex-col items-center">
          <Heading
            icon="phone"
            title={t(ended?.reason === "left" ? "ended.leftTitle" : "ended.title")}
            text={t(`ended.${ended?.reason ?? "other"}`)}
          />
          {ended?.durationMs != null && (
            <p
              className="mt-4 rounded-full bg-card px-4 py-2 text-[15px] text-soft tabular-nums"
              data-testid="duration"
            >
              {t("ended.duration", { time: clockText(ended.durationMs) })}
            </p>
          )}
          {ended?.durationMs != null && ended.durationMs >= WORTH_RATING_MS && (
            <RateCall
              onRate={async (stars, reasons) => (await services.rateCall(ended.callId, stars, reasons)).ok}
            />
          )}
        </div>
        <div className="flex flex-col gap-3 pt-8">
          {ended?.reason === "left" && (
            <Button
              look="quiet"
              icon="phone"
              data-testid="call-again"
              onClick={() => void navigate(`/call/${ended.callId}`, { replace: true })}
            >
              {t("ended.again")}
            </Button>
          )}
          <Button data-testid="home" onClick={home}>
            {t("common.home")}
          </Button>
        </div>
      </Screen>
    </div>
  );
}
