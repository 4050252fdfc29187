import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useModal } from "../hooks/useModal";
import { Icon } from "./Icon";

const GROUNDS = {
  call: "bg-call-raised text-call-ink [color-scheme:dark]",
  page: "bg-page text-ink",
} as const;

interface Props {
  testId: string;
  title: string;
  /** What it comes over: a call has colours of its own. */
  ground?: keyof typeof GROUNDS;
  /** Something is being done, and cannot be called off any more. */
  busy?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Comes from below over the call or the page; the browser's own modal dialog traps the focus and gives it back. */
export function Sheet({ testId, title, ground = "call", busy = false, onClose, children }: Props) {
  const { t } = useTranslation();
  const ref = useModal(busy ? () => {} : onClose);
  return (
    <dialog
      ref={ref}
      data-testid={testId}
      aria-label={title}
      className={`mx-auto mt-auto mb-0 max-h-[80dvh] w-full max-w-[480px] animate-rise flex-col rounded-t-3xl backdrop:bg-black/50 open:flex ${GROUNDS[ground]}`}
      style={{ paddingBottom: "var(--tc-bottom)" }}
    >
      <header className="flex shrink-0 items-center justify-between pt-2 pr-2 pl-5">
        <h2 className="min-w-0 truncate text-[18px] font-semibold">{title}</h2>
        <button
          type="button"
          data-testid="close-sheet"
          aria-label={t("call.close")}
          disabled={busy}
          onClick={onClose}
          className={`grid size-12 shrink-0 place-items-center rounded-full disabled:opacity-50 ${ground === "call" ? "text-call-soft hover:bg-call-high" : "text-soft hover:bg-line"}`}
        >
          <Icon name="close" className="size-5" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
