/** Always in the page, so that a screen reader hears the text when it comes. */
export function Toast({ text }: { text: string | null }) {
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 z-40 flex justify-center px-5"
      style={{ top: "calc(var(--tc-top) + 64px)" }}
    >
      {text && (
        <p className="animate-appear rounded-full bg-call-high px-5 py-2.5 text-center text-[15px] font-medium text-call-ink shadow-lg">
          {text}
        </p>
      )}
    </div>
  );
}
