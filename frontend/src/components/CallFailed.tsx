import { useTranslation } from "react-i18next";
import type { Failure } from "../core/call/state";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** After these, trying the same again can't help. */
const FINAL: ReadonlySet<Props["failure"]> = new Set([
  "not_found",
  "ended",
  "expired",
  "removed",
  "unsupported_browser",
]);

interface Props {
  failure: Failure | "init_data" | "network";
  onRetry: () => void;
  onHome: () => void;
}

/** A call that could not be, or was lost: why, and what can be done now. */
export function CallFailed({ failure, onRetry, onHome }: Props) {
  const { t } = useTranslation();
  return (
    <main className="mx-auto flex w-full max-w-[440px] flex-1 animate-rise flex-col px-6 pb-6">
      <div
        role="alert"
        data-failure={failure}
        className="my-auto flex flex-col items-center py-8 text-center"
      >
        <span className="grid size-20 place-items-center rounded-full bg-call-high text-call-warn">
          <Icon name="warning" className="size-9" />
        </span>
        <h1 className="mt-5 text-[28px] leading-tight font-bold tracking-tight">{t("failed.title")}</h1>
        <p className="mt-2.5 text-[17px] leading-snug text-pretty text-call-soft">{t(`errors.${failure}`)}</p>
      </div>
      <div className="flex flex-col gap-3">
        {!FINAL.has(failure) && (
          <Button look="call" data-testid="retry" onClick={onRetry}>
            {t(failure === "replaced" ? "failed.continueHere" : "common.retry")}
          </Button>
        )}
        <Button look="callQuiet" data-testid="home" onClick={onHome}>
          {t("common.home")}
        </Button>
      </div>
    </main>
  );
}
