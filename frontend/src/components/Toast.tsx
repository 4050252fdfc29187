import { useRef } from "react";
import { useClearOfField } from "../hooks/useClearOfField";

/** Always in the page, so that a screen reader hears the text when it comes. Never over the field being typed in. */
export function Toast({ text }: { text: string | null }) {
  const place = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLParagraphElement>(null);
  const shift = useClearOfField(place, box, text);
  return (
    <div
      ref={place}
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 z-40 flex justify-center px-5"
      style={{ top: "calc(var(--tc-top) + 64px)" }}
    >
      {text && (
        <p
          ref={box}
          style={{ marginTop: shift }}
          className="animate-appear rounded-3xl bg-call-high px-5 py-2.5 text-center text-[15px] font-medium text-balance text-call-ink shadow-lg"
        >
          {text}
        </p>
      )}
    </div>
  );
}
