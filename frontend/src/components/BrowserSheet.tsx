import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Outcome } from "../core/api/outcome";
import { type BrowserLink, useServices } from "../hooks/services";
import { useInvite } from "../hooks/useInvite";
import { useToast } from "../hooks/useToast";
import { Button, Spinner } from "./Button";
import { LoadTrouble } from "./LoadTrouble";
import { Sheet } from "./Sheet";
import { Toast } from "./Toast";

interface Props {
  /** Where it goes on. */
  path: string;
  /** What for. */
  text: string;
  ground: "call" | "page";
  onClose: () => void;
}

/** A link that goes on in a browser, signed in: for what Telegram's client does not let a page do. */
export function BrowserSheet({ path, text, ground, onClose }: Props) {
  const { t } = useTranslation();
  const { telegram, browserLink } = useServices();
  const invite = useInvite();
  const [made, setMade] = useState<Outcome<BrowserLink> | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [toast, say] = useToast();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt makes another link
  useEffect(() => {
    let shown = true;
    void browserLink(path).then((outcome) => {
      if (shown) setMade(outcome);
    });
    return () => {
      shown = false;
    };
  }, [browserLink, path, attempt]);
  const soft = ground === "call" ? "text-call-soft" : "text-soft";

  return (
    <Sheet testId="browser-sheet" ground={ground} title={t("browser.title")} onClose={onClose}>
      <div className="flex flex-col gap-3 overflow-y-auto px-5 pt-1 pb-5">
        <p className="text-[16px] leading-snug text-pretty">{text}</p>
        {!made && (
          <p role="status" className={`flex min-h-13 items-center gap-2.5 text-[16px] ${soft}`}>
            <Spinner className="size-5" />
            {t("browser.making")}
          </p>
        )}
        {made && !made.ok && (
          <LoadTrouble
            trouble={{ code: made.code, retryAfterS: made.retryAfterS ?? null }}
            onRetry={() => {
              setMade(null);
              setAttempt(attempt + 1);
            }}
          />
        )}
        {made?.ok && (
          <>
            <p className={`text-[15px] leading-snug text-pretty ${soft}`}>
              {t("browser.text", { minutes: made.value.minutes })}
            </p>
            <Button
              look={ground === "call" ? "call" : "primary"}
              icon="browser"
              data-testid="open-browser"
              onClick={() => void telegram.openLink(made.value.url)}
            >
              {t("browser.open")}
            </Button>
            <Button
              look={ground === "call" ? "callQuiet" : "quiet"}
              icon="link"
              data-testid="copy-browser-link"
              onClick={() =>
                void invite
                  .copy(made.value.url)
                  .then((result) => say(t(result === "copied" ? "common.copied" : "common.copyFailed")))
              }
            >
              {t("browser.copy")}
            </Button>
            <input
              readOnly
              data-testid="browser-link"
              aria-label={t("browser.address")}
              value={made.value.url}
              onFocus={(event) => event.target.select()}
              className={`h-11 w-full rounded-xl px-3 text-[16px] ${ground === "call" ? "bg-call text-call-soft" : "bg-card text-soft"}`}
            />
          </>
        )}
        <Toast text={toast} />
      </div>
    </Sheet>
  );
}
