import { useModal } from "../hooks/useModal";
import { Button } from "./Button";

const GROUNDS = {
  call: { dialog: "bg-call-raised text-call-ink", no: "callQuiet", yes: "call" },
  page: { dialog: "bg-page text-ink", no: "quiet", yes: "danger" },
} as const;

/** Side by side, or one above the other where a word is long. */
const HALF = "min-w-fit flex-1 basis-[40%]";

interface Props {
  question: string;
  /** What comes of it. */
  text?: string;
  /** What it is asked over. On a page it is about something that is lost. */
  ground?: keyof typeof GROUNDS;
  /** Of a call: something is lost here too. */
  danger?: boolean;
  /** It is being done, and cannot be called off any more. */
  busy?: boolean;
  yes: string;
  no: string;
  onYes: () => void;
  onNo: () => void;
}

/** A question over the page; the browser's own modal dialog traps the focus and gives it back. */
export function Confirm({
  question,
  text,
  ground = "call",
  danger = false,
  busy = false,
  yes,
  no,
  onYes,
  onNo,
}: Props) {
  const look = GROUNDS[ground];
  const ref = useModal(busy ? () => {} : onNo);
  return (
    <dialog
      ref={ref}
      aria-label={question}
      className={`m-auto w-[min(340px,calc(100vw-40px))] animate-appear rounded-3xl p-5 backdrop:bg-black/60 ${look.dialog}`}
    >
      <h2 className="py-2 text-center text-[20px] font-semibold">{question}</h2>
      {text && <p className="text-center text-[15px] leading-snug text-pretty text-soft">{text}</p>}
      <div className="mt-4 flex flex-wrap gap-3">
        <Button look={look.no} className={HALF} data-testid="confirm-no" disabled={busy} onClick={onNo}>
          {no}
        </Button>
        <Button
          look={danger ? "danger" : look.yes}
          className={HALF}
          data-testid="confirm-yes"
          busy={busy}
          onClick={onYes}
        >
          {yes}
        </Button>
      </div>
    </dialog>
  );
}
