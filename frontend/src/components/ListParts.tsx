import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, Spinner } from "./Button";
import { Icon, type IconName } from "./Icon";

/** Rows to come; not shown at all where they come soon. */
export function RowsToCome() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("common.loading")} data-testid="rows-to-come">
      <div className="animate-appear [animation-delay:200ms]">
        {["first", "second", "third", "fourth"].map((row) => (
          <div key={row} className="flex animate-pulse items-center gap-3 px-4 py-3">
            <span className="size-11 rounded-full bg-line" />
            <span className="flex-1">
              <span className="block h-4 w-2/5 rounded-full bg-line" />
              <span className="mt-2 block h-3 w-1/4 rounded-full bg-line" />
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  text: string;
  children?: ReactNode;
}

/** Why there is nothing to see, and what would change that. */
export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div data-testid="empty" className="my-auto flex flex-col items-center px-4 py-8 text-center">
      <span className="mb-4 grid size-16 place-items-center rounded-full bg-card text-soft">
        <Icon name={icon} className="size-7" />
      </span>
      <h2 className="text-[19px] leading-snug font-semibold text-balance">{title}</h2>
      <p className="mt-1.5 text-[16px] leading-snug text-pretty text-soft">{text}</p>
      {children && <div className="mt-6 w-full">{children}</div>}
    </div>
  );
}

export function More({ busy, onMore }: { busy: boolean; onMore: () => void }) {
  const { t } = useTranslation();
  return (
    <Button look="quiet" className="mt-3" data-testid="more-rows" busy={busy} onClick={onMore}>
      {t("common.more")}
    </Button>
  );
}

interface RoundProps {
  testId: string;
  icon: IconName;
  label: string;
  pressed?: boolean;
  disabled?: boolean;
  /** It is being done. */
  busy?: boolean;
  className?: string;
  onClick: () => void;
}

/** One action of a row, 48 px. */
export function RowButton(props: RoundProps) {
  const { testId, icon, label, pressed, disabled = false, busy = false, className = "", onClick } = props;
  return (
    <button
      type="button"
      data-testid={testId}
      aria-label={label}
      aria-pressed={pressed}
      aria-busy={busy}
      disabled={disabled || busy}
      onClick={onClick}
      className={`grid size-12 shrink-0 place-items-center rounded-full transition hover:bg-line disabled:opacity-50 ${className}`}
    >
      {busy ? <Spinner /> : <Icon name={icon} className="size-6" filled={pressed ?? false} />}
    </button>
  );
}
