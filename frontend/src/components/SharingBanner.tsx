import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";

/** The own screen is seen by everybody: a line of its own, so that no layout covers it or is covered. */
export function SharingBanner({ onStop }: { onStop: () => void }) {
  const { t } = useTranslation();
  return (
    <section
      data-testid="sharing"
      className="mx-3 mb-2 flex shrink-0 animate-appear items-center gap-2.5 rounded-2xl bg-call-live py-1 pr-1 pl-3.5 text-call sm:mx-auto"
    >
      <Icon name="screen" className="size-5 shrink-0" />
      <p role="status" className="min-w-0 flex-1 text-[15px] leading-tight font-semibold">
        {t("call.sharing")}
      </p>
      <button
        type="button"
        data-testid="stop-sharing"
        aria-label={t("call.stopScreen")}
        onClick={onStop}
        className="min-h-11 shrink-0 rounded-xl bg-call px-3 text-[15px] font-semibold text-call-ink hover:bg-call-high"
      >
        {t("call.sharingStop")}
      </button>
    </section>
  );
}
