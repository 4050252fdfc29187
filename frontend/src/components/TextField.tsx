import { type InputHTMLAttributes, useId } from "react";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
}

/** 16 px at least: iOS zooms into anything smaller. */
export function TextField({ label, ...rest }: Props) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block px-1 text-[15px] font-medium text-soft">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        className="h-14 w-full rounded-2xl bg-card px-4 text-[17px] text-ink ring-1 ring-line transition outline-none ring-inset placeholder:text-soft focus:ring-2 focus:ring-accent"
      />
    </div>
  );
}
