import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";

const STARS = [1, 2, 3, 4, 5] as const;
/** So many stars or fewer ask for a reason. */
const UNHAPPY = 3;
const REASONS = ["no_sound", "bad_sound", "bad_picture", "echo", "dropped", "other"] as const;

interface Props {
  /** True when it has arrived. */
  onRate: (stars: number, reasons: readonly string[]) => Promise<boolean>;
}

/** How the call was: one tap for those who were content, one more screen of words for the others. */
export function RateCall({ onRate }: Props) {
  const { t } = useTranslation();
  const [stars, setStars] = useState<number | null>(null);
  const [reasons, setReasons] = useState<ReadonlySet<string>>(new Set());
  const [progress, setProgress] = useState<"asking" | "sending" | "done" | "failed">("asking");

  const send = async (given: number, why: readonly string[]) => {
    setProgress("sending");
    setProgress((await onRate(given, why)) ? "done" : "failed");
  };
  const rate = (given: number) => {
    setStars(given);
    if (given > UNHAPPY) void send(given, []);
  };
  const toggle = (reason: string) =>
    setReasons(
      (before) => new Set(before.has(reason) ? [...before].filter((r) => r !== reason) : [...before, reason]),
    );

  if (progress === "done") {
    return (
      <p role="status" data-testid="rated" className="mt-6 text-center text-[15px] text-soft">
        {t("rating.thanks")}
      </p>
    );
  }
  const asksWhy = stars !== null && stars <= UNHAPPY;
  return (
    <fieldset className="mt-6 flex w-full flex-col items-center" disabled={progress === "sending"}>
      <legend className="mx-auto text-[15px] text-soft">{t("rating.question")}</legend>
      <div className="mt-1 flex">
        {STARS.map((star) => (
          <button
            key={star}
            type="button"
            data-testid={`star-${star}`}
            aria-label={t("rating.stars", { count: star })}
            aria-pressed={stars === star}
            onClick={() => rate(star)}
            className="rounded-lg p-2"
          >
            <Star filled={stars !== null && star <= stars} />
          </button>
        ))}
      </div>
      {asksWhy && (
        <div className="mt-2 flex flex-wrap justify-center gap-2">
          {REASONS.map((reason) => (
            <button
              key={reason}
              type="button"
              data-testid={`reason-${reason}`}
              aria-pressed={reasons.has(reason)}
              onClick={() => toggle(reason)}
              className={`min-h-11 rounded-full px-4 text-[15px] ${reasons.has(reason) ? "bg-accent text-on-accent" : "bg-card"}`}
            >
              {t(`rating.reasons.${reason}`)}
            </button>
          ))}
        </div>
      )}
      {stars !== null && (asksWhy || progress === "failed") && (
        <div className="mt-4 w-full">
          <Button
            look="quiet"
            data-testid="send-rating"
            onClick={() => void send(stars, asksWhy ? [...reasons] : [])}
          >
            {t("rating.send")}
          </Button>
        </div>
      )}
      {progress === "failed" && (
        <p role="status" className="mt-2 text-[14px] text-soft">
          {t("rating.failed")}
        </p>
      )}
    </fieldset>
  );
}

function Star({ filled }: { filled: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      className={`size-8 ${filled ? "text-accent" : "text-soft"}`}
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinejoin="round"
    >
      <path d="m12 3.500 2.600 5.400 5.900.8-4.300 4.100 1 5.900L12 16.900l-5.200 2.800 1-5.900-4.300-4.100 5.900-.8L12 3.500Z" />
    </svg>
  );
}
