interface Props {
  testId: string;
  title: string;
  hint: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

/** A setting that is on or off, with a word on what it does. */
export function Switch({ testId, title, hint, on, onChange }: Props) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      data-testid={testId}
      onClick={() => onChange(!on)}
      className="flex min-h-14 items-center gap-4 rounded-3xl bg-card px-5 py-3.5 text-left"
    >
      <span className="flex-1">
        <span className="block text-[17px]">{title}</span>
        <span className="mt-0.5 block text-[14px] leading-snug text-soft">{hint}</span>
      </span>
      <span
        className={`relative h-8 w-13 shrink-0 rounded-full transition-colors ${on ? "bg-accent" : "bg-soft"}`}
      >
        <span
          className={`absolute top-1 size-6 rounded-full bg-card shadow transition-[left] ${on ? "left-6" : "left-1"}`}
        />
      </span>
    </button>
  );
}
