import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";

interface Props {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
}

/** 16 px at least: iOS zooms into anything smaller. */
export function SearchField({ label, hint, value, onChange }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="relative">
      <Icon name="search" className="pointer-events-none absolute top-3.5 left-4 size-5 text-soft" />
      <input
        ref={input}
        type="search"
        data-testid="search"
        aria-label={label}
        placeholder={hint}
        value={value}
        maxLength={255}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        onChange={(event) => onChange(event.target.value)}
        className="h-12 w-full appearance-none rounded-2xl bg-card pr-12 pl-11 text-[17px] text-ink ring-1 ring-line outline-none ring-inset placeholder:text-soft focus:ring-2 focus:ring-accent [&::-webkit-search-cancel-button]:hidden"
      />
      {value && (
        <button
          type="button"
          data-testid="clear-search"
          aria-label={t("friends.clear")}
          onClick={() => {
            onChange("");
            input.current?.focus();
          }}
          className="absolute top-0 right-0 grid size-12 place-items-center rounded-full text-soft"
        >
          <Icon name="close" className="size-5" />
        </button>
      )}
    </div>
  );
}
