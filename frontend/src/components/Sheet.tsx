import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";

interface Props {
  testId: string;
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Comes from below over the call; the browser's own modal dialog traps the focus and gives it back. */
export function Sheet({ testId, title, onClose, children }: Props) {
  const { t } = useTranslation();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      data-testid={testId}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="mx-auto mt-auto mb-0 max-h-[80dvh] w-full max-w-[480px] animate-rise flex-col rounded-t-3xl bg-call-raised text-call-ink [color-scheme:dark] backdrop:bg-black/50 open:flex"
      style={{ paddingBottom: "var(--tc-bottom)" }}
    >
      <header className="flex shrink-0 items-center justify-between pt-2 pr-2 pl-5">
        <h2 className="text-[18px] font-semibold">{title}</h2>
        <button
          type="button"
          data-testid="close-sheet"
          aria-label={t("call.close")}
          onClick={onClose}
          className="grid size-12 place-items-center rounded-full text-call-soft hover:bg-call-high"
        >
          <Icon name="close" className="size-5" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
