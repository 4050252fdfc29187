import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

const LOOKS = {
  primary: "bg-accent text-on-accent shadow-sm hover:brightness-95",
  quiet: "bg-card text-ink ring-1 ring-inset ring-line hover:brightness-97",
  danger: "bg-call-red text-white hover:brightness-95",
  call: "bg-call-ink text-call hover:bg-white",
  live: "bg-call-live text-call hover:brightness-105",
  callQuiet: "bg-call-high text-call-ink hover:brightness-125",
} as const;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS;
  icon?: IconName;
  busy?: boolean;
  children: ReactNode;
}

/** A full-width button of 52 px; `busy` keeps its size and stops a second tap. */
export function Button({ look = "primary", icon, busy = false, children, className = "", ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={busy || rest.disabled}
      aria-busy={busy}
      className={`flex min-h-13 w-full items-center justify-center gap-2.5 rounded-2xl px-5 py-3 text-[17px] leading-tight font-semibold transition duration-150 active:scale-[0.98] disabled:opacity-60 disabled:active:scale-100 ${LOOKS[look]} ${className}`}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} className="size-[22px] shrink-0" />}
      <span>{children}</span>
    </button>
  );
}

export function Spinner({ className = "size-5" }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={`inline-block shrink-0 animate-spin rounded-full border-2 border-current border-t-transparent ${className}`}
    />
  );
}
