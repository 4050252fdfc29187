import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Trouble } from "../core/paging/pagedList";
import { useNow } from "../hooks/useNow";
import { Button } from "./Button";
import { clockText } from "./clock";
import { Problem } from "./Screen";

interface Props {
  trouble: Trouble;
  onRetry: () => void;
}

/** Why nothing came, in words; asking again waits for as long as the server has said. */
export function LoadTrouble({ trouble, onRetry }: Props) {
  const { t } = useTranslation();
  const [until] = useState(() => Date.now() + (trouble.retryAfterS ?? 0) * 1000);
  const [waiting, setWaiting] = useState(until > Date.now());
  const leftMs = until - useNow(waiting);
  if (waiting && leftMs <= 0) setWaiting(false);
  return (
    <div data-testid="trouble" data-code={trouble.code} className="flex flex-col gap-3 py-4">
      <Problem text={t([`errors.${trouble.code}`, "errors.other"])} />
      {/* Apart from the alert: the seconds are not for the ear. */}
      <Button look="quiet" icon="refresh" data-testid="retry" disabled={waiting} onClick={onRetry}>
        {waiting ? t("common.retryIn", { time: clockText(leftMs + 999) }) : t("common.retry")}
      </Button>
    </div>
  );
}
