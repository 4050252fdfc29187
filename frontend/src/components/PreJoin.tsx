import { useTranslation } from "react-i18next";
import type { Person } from "../core/call/state";
import { nameOf } from "../core/identity/colors";
import { Avatar } from "./Avatar";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

interface Props {
  person: Person | null;
  /** Who is being called into it, where that is what the call is for. */
  friend?: Person | undefined;
  microphone: boolean;
  camera: boolean;
  busy: boolean;
  onMicrophone: (on: boolean) => void;
  onCamera: (on: boolean) => void;
  onJoin: () => void;
  onBack: (() => void) | undefined;
}

/** Before the call: choose what to bring, then one tap joins, asks for it and unlocks sound. */
export function PreJoin({
  person,
  friend,
  microphone,
  camera,
  busy,
  onMicrophone,
  onCamera,
  onJoin,
  onBack,
}: Props) {
  const { t } = useTranslation();
  const name = (someone: Person) => nameOf(someone) ?? t("common.nameless");
  const shown = friend ?? person;
  return (
    <main className="mx-auto flex w-full max-w-[440px] flex-1 animate-rise flex-col px-6 pt-4 pb-6">
      <div className="h-12">
        {onBack && (
          <button
            type="button"
            onClick={onBack}
            aria-label={t("common.back")}
            className="-ml-3 grid size-12 place-items-center rounded-full hover:bg-call-high"
          >
            <Icon name="back" />
          </button>
        )}
      </div>
      <div className="my-auto flex flex-col items-center py-6 text-center">
        {shown && <Avatar person={shown} size={128} />}
        {person && !friend && <p className="mt-4 text-[17px] font-medium text-call-soft">{name(person)}</p>}
        <h1 className="mt-5 line-clamp-3 text-[30px] leading-tight font-bold tracking-tight text-balance break-words">
          {friend ? t("call.prejoinFriend", { name: name(friend) }) : t("call.prejoinTitle")}
        </h1>
        <p className="mt-2 text-[16px] leading-snug text-pretty text-call-soft">{t("call.prejoinText")}</p>
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Choice
          testId="prejoin-mic"
          icon={microphone ? "mic" : "micOff"}
          name={t("call.withMicrophone")}
          action={t(microphone ? "call.turnOffMicrophone" : "call.turnOnMicrophone")}
          on={microphone}
          onChange={onMicrophone}
        />
        <Choice
          testId="prejoin-camera"
          icon={camera ? "camera" : "cameraOff"}
          name={t("call.withCamera")}
          action={t(camera ? "call.turnOffCamera" : "call.turnOnCamera")}
          on={camera}
          onChange={onCamera}
        />
      </div>
      <Button look="live" className="mt-4" data-testid="join" busy={busy} onClick={onJoin}>
        {busy ? t("call.joining") : t("call.join")}
      </Button>
    </main>
  );
}

interface ChoiceProps {
  testId: string;
  icon: IconName;
  name: string;
  action: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

function Choice({ testId, icon, name, action, on, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      data-testid={testId}
      aria-pressed={on}
      aria-label={action}
      onClick={() => onChange(!on)}
      className={`flex min-h-17 items-center gap-2.5 rounded-2xl px-3 text-left transition active:scale-[0.98] ${on ? "bg-call-high text-call-ink" : "bg-call-raised text-call-soft"}`}
    >
      <Icon name={icon} className={`size-6 shrink-0 ${on ? "text-call-live" : ""}`} />
      <span>
        <span className="block text-[15px] leading-tight font-semibold">{name}</span>
        <span className="mt-0.5 block text-[14px] leading-tight text-call-soft">
          {t(on ? "call.stateOn" : "call.stateOff")}
        </span>
      </span>
    </button>
  );
}
