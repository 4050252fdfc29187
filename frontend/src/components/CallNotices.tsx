import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallState } from "../core/call/state";
import { Spinner } from "./Button";
import { Icon, type IconName } from "./Icon";

/** What goes on, over the tiles: at most a banner and a box at a time. */
export function PhaseBanner({ state }: { state: CallState }) {
  const { t } = useTranslation();
  const kind = state.phase.kind;
  if (kind !== "asking" && kind !== "connecting" && kind !== "reconnecting") return null;
  return (
    <p
      role={kind === "reconnecting" ? "alert" : "status"}
      data-testid="phase-banner"
      className={`mx-auto flex w-fit max-w-full animate-appear items-center gap-2.5 rounded-full px-4 py-2 text-[15px] font-medium shadow-lg ${kind === "reconnecting" ? "bg-call-warn text-call" : "bg-call-high text-call-ink"}`}
    >
      <Spinner className="size-4" />
      {t(`call.${kind}`)}
    </p>
  );
}

/** The microphone or the camera was refused or is not there; listening goes on. */
export function DeviceNotice({
  state,
  onAllow,
  onBrowser,
}: {
  state: CallState;
  onAllow: () => void;
  /** Inside Telegram, whose client may keep a refusal for good: goes on in a browser. */
  onBrowser: (() => void) | undefined;
}) {
  const { t } = useTranslation();
  const trouble = state.microphone === "refused" || state.microphone === "missing" ? state.microphone : null;
  const [dismissed, setDismissed] = useState(false);
  if (!trouble || dismissed) return null;
  const refused = trouble === "refused";
  return (
    <Box
      testId={`microphone-${trouble}`}
      icon="micOff"
      title={t(refused ? "call.microphoneRefused" : "call.microphoneMissing")}
      text={t(refused ? "call.microphoneRefusedText" : "call.microphoneMissingText")}
      onClose={() => setDismissed(true)}
    >
      <div className="flex flex-col gap-2.5">
        <BoxButton testId="allow" onClick={onAllow}>
          {t(refused ? "call.allow" : "common.retry")}
        </BoxButton>
        {refused && onBrowser && (
          <BoxButton testId="continue-in-browser" quiet onClick={onBrowser}>
            {t("browser.title")}
          </BoxButton>
        )}
      </div>
    </Box>
  );
}

/** Nobody else is here: hand on the link. */
export function InviteCard({ onCopy, onShare }: { onCopy: () => void; onShare: () => void }) {
  const { t } = useTranslation();
  return (
    <Box testId="alone" icon="link" title={t("call.alone")} text={t("call.aloneText")}>
      <div className="grid grid-cols-2 gap-2.5">
        <BoxButton testId="invite-copy" quiet onClick={onCopy}>
          {t("created.copy")}
        </BoxButton>
        <BoxButton testId="invite-share" onClick={onShare}>
          {t("call.share")}
        </BoxButton>
      </div>
    </Box>
  );
}

interface BoxProps {
  testId: string;
  icon: IconName;
  title: string;
  text: string;
  children: ReactNode;
  onClose?: () => void;
}

function Box({ testId, icon, title, text, children, onClose }: BoxProps) {
  const { t } = useTranslation();
  return (
    <section
      data-testid={testId}
      className="mx-auto w-full max-w-[420px] animate-rise rounded-3xl bg-call-raised/95 p-4 shadow-2xl ring-1 ring-white/10"
    >
      <div className="flex items-start gap-3">
        <span className="grid size-10 shrink-0 place-items-center rounded-full bg-call-high">
          <Icon name={icon} className="size-5" />
        </span>
        <div className="flex-1">
          <h2 className="text-[17px] leading-snug font-semibold">{title}</h2>
          <p className="mt-0.5 text-[15px] leading-snug text-pretty text-call-soft">{text}</p>
        </div>
        {onClose && (
          <button
            type="button"
            aria-label={t("call.dismiss")}
            onClick={onClose}
            className="-mt-2 -mr-2 grid size-11 shrink-0 place-items-center rounded-full text-call-soft hover:bg-call-high"
          >
            <Icon name="close" className="size-5" />
          </button>
        )}
      </div>
      <div className="mt-3.5">{children}</div>
    </section>
  );
}

interface BoxButtonProps {
  testId: string;
  quiet?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function BoxButton({ testId, quiet = false, onClick, children }: BoxButtonProps) {
  return (
    <button
      type="button"
      data-testid={testId}
      onClick={onClick}
      className={`min-h-12 w-full rounded-2xl px-4 py-2 text-[16px] leading-tight font-semibold transition hover:brightness-110 active:scale-[0.98] ${quiet ? "bg-call-high text-call-ink" : "bg-call-ink text-call"}`}
    >
      {children}
    </button>
  );
}
