import type { ReactNode, Ref } from "react";
import { useTranslation } from "react-i18next";
import { useOnline } from "../hooks/useOnline";
import { Icon, type IconName } from "./Icon";

/** The frame of every page outside a call: safe areas, one readable column, the offline banner. */
export function Screen({ children, onBack }: { children: ReactNode; onBack?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const online = useOnline();
  return (
    <div
      className="mx-auto flex min-h-dvh w-full max-w-[480px] flex-col px-5"
      style={{ paddingTop: "calc(var(--tc-top) + 16px)", paddingBottom: "calc(var(--tc-bottom) + 20px)" }}
    >
      {!online && (
        <p role="status" className="mb-3 rounded-xl bg-ink px-4 py-2.5 text-center text-[15px] text-card">
          {t("common.offline")}
        </p>
      )}
      {onBack && (
        <button
          type="button"
          onClick={onBack}
          aria-label={t("common.back")}
          className="-ml-3 mb-2 grid size-12 place-items-center rounded-full text-ink transition hover:bg-line"
        >
          <Icon name="back" />
        </button>
      )}
      <main className="flex flex-1 animate-rise flex-col">{children}</main>
    </div>
  );
}

interface HeadingProps {
  icon?: IconName;
  title: string;
  text?: string;
  /** For who gives it the focus, where what had it has gone. */
  focusRef?: Ref<HTMLHeadingElement>;
}

/** A heading with what it is about, under an optional round sign. */
export function Heading({ icon, title, text, focusRef }: HeadingProps) {
  return (
    <header className={icon ? "flex flex-col items-center text-center" : ""}>
      {icon && (
        <span className="mb-5 grid size-20 place-items-center rounded-full bg-accent text-on-accent">
          <Icon name={icon} className="size-9" />
        </span>
      )}
      <h1
        ref={focusRef}
        tabIndex={focusRef ? -1 : undefined}
        className="text-[28px] leading-tight font-bold tracking-tight text-balance outline-none"
      >
        {title}
      </h1>
      {text && <p className="mt-2.5 text-[17px] leading-snug text-pretty text-soft">{text}</p>}
    </header>
  );
}

/** What went wrong, said at once to a screen reader too. */
export function Problem({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div role="alert" className="flex items-start gap-2.5 text-[15px] leading-snug text-danger">
      <Icon name="warning" className="mt-px size-5 shrink-0" />
      <div className="flex-1">
        {text}
        {children}
      </div>
    </div>
  );
}
