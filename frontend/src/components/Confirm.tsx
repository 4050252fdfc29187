import { useEffect, useRef } from "react";
import { Button } from "./Button";

interface Props {
  question: string;
  yes: string;
  no: string;
  onYes: () => void;
  onNo: () => void;
}

/** A question over the page; the browser's own modal dialog traps the focus and gives it back. */
export function Confirm({ question, yes, no, onYes, onNo }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
      className="m-auto w-[min(340px,calc(100vw-40px))] animate-appear rounded-3xl bg-call-raised p-5 text-call-ink backdrop:bg-black/60"
    >
      <h2 className="py-2 text-center text-[20px] font-semibold">{question}</h2>
      <div className="mt-4 grid grid-cols-2 gap-3">
        <Button look="callQuiet" onClick={onNo}>
          {no}
        </Button>
        <Button look="call" onClick={onYes}>
          {yes}
        </Button>
      </div>
    </dialog>
  );
}
