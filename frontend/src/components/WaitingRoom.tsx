import { useTranslation } from "react-i18next";
import { Button, Spinner } from "./Button";
import { Icon } from "./Icon";

/** The call is locked: a host has been asked. */
export function WaitingRoom({ position, onLeave }: { position: number; onLeave: () => void }) {
  const { t } = useTranslation();
  return (
    <main
      data-testid="waiting-room"
      className="mx-auto flex w-full max-w-[440px] flex-1 animate-rise flex-col px-6 pb-6"
    >
      <div role="status" className="my-auto flex flex-col items-center py-8 text-center">
        <span className="grid size-20 place-items-center rounded-full bg-call-high">
          <Icon name="lock" className="size-9" />
        </span>
        <h1 className="mt-5 text-[26px] leading-tight font-bold">{t("call.waitingTitle")}</h1>
        <p className="mt-2.5 text-[17px] leading-snug text-pretty text-call-soft">{t("call.waitingText")}</p>
        {position > 1 && (
          <p className="mt-2 text-[15px] text-call-soft">{t("call.waitingPosition", { position })}</p>
        )}
        <Spinner className="mt-6 size-6" />
      </div>
      <Button look="callQuiet" data-testid="stop-waiting" onClick={onLeave}>
        {t("call.stopWaiting")}
      </Button>
    </main>
  );
}
