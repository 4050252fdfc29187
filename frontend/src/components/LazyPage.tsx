import { type ComponentType, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useBack } from "../hooks/useBack";
import { Spinner } from "./Button";
import { LoadTrouble } from "./LoadTrouble";
import { Screen } from "./Screen";

/** The code of a page; loaded once, and again where it did not come. */
export class PageCode {
  Page: ComponentType | null = null;
  readonly #load: () => Promise<{ default: ComponentType }>;

  constructor(load: () => Promise<{ default: ComponentType }>) {
    this.#load = load;
  }

  /** Also before it is needed. Rejects where a network has failed. */
  async load(): Promise<void> {
    this.Page ??= (await this.#load()).default;
  }
}

/**
 * A page whose code comes when it is first shown. Unlike React's `lazy`, which never asks a second time and throws
 * where a network has failed, it says so and lets people try again.
 */
export function LazyPage({ code }: { code: PageCode }) {
  const [missing, setMissing] = useState<PageCode | null>(null);
  const [, setArrived] = useState<PageCode | null>(null);
  useEffect(() => {
    if (code.Page || missing === code) return;
    let shown = true;
    code.load().then(
      () => shown && setArrived(code),
      () => shown && setMissing(code),
    );
    return () => {
      shown = false;
    };
  }, [code, missing]);
  if (code.Page) return <code.Page />;
  return missing === code ? <Missing onRetry={() => setMissing(null)} /> : <Waiting />;
}

function Missing({ onRetry }: { onRetry: () => void }) {
  const navigate = useNavigate();
  const back = useBack(() => void navigate("/", { replace: true }));
  // A newer version of the app may have taken the place of this one, with other files.
  const again = () => (navigator.onLine ? location.reload() : onRetry());
  return (
    <Screen onBack={back}>
      <div className="my-auto">
        <LoadTrouble trouble={{ code: "network", retryAfterS: null }} onRetry={again} />
      </div>
    </Screen>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      aria-label={t("common.loading")}
      className="grid min-h-dvh place-items-center text-soft"
    >
      <Spinner className="size-8" />
    </div>
  );
}
