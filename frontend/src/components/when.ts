/** Days and times as the language has them; times are the device's own. */

const DAY_MS = 86_400_000;

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Today, yesterday, else the date, with its year where that is another one. */
export function dayText(iso: string, language: string, now = new Date()): string {
  const date = new Date(iso);
  // Rounded: between two midnights may be 23 or 25 hours.
  const days = Math.round((midnight(date) - midnight(now)) / DAY_MS);
  const text =
    days === 0 || days === -1
      ? new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day")
      : new Intl.DateTimeFormat(language, {
          day: "numeric",
          month: "long",
          ...(date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
        }).format(date);
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}

export function timeText(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(new Date(iso));
}
