import { useTranslation } from "react-i18next";
import type { CameraState, MicrophoneState } from "../core/call/state";
import { Spinner } from "./Button";
import { Icon, type IconName } from "./Icon";

interface Props {
  microphone: MicrophoneState;
  camera: CameraState;
  onMicrophone: (on: boolean) => void;
  onCamera: (on: boolean) => void;
  onCopyLink: () => void;
  /** Something was written and not read yet. */
  unread: boolean;
  onMore: () => void;
  onLeave: () => void;
}

/** The bar under the thumb. A button's name says what a tap does, `aria-pressed` what is on now. */
export function Controls(props: Props) {
  const { microphone, camera, onMicrophone, onCamera, onCopyLink, unread, onMore, onLeave } = props;
  const { t } = useTranslation();
  const micOn = microphone === "on";
  const cameraOn = camera === "on";
  return (
    <div
      role="toolbar"
      aria-label={t("call.controls")}
      className="mx-auto flex w-full max-w-[420px] justify-between px-3"
    >
      <Control
        testId="mic"
        icon={micOn ? "mic" : "micOff"}
        label={t(micOn ? "call.turnOffMicrophone" : "call.turnOnMicrophone")}
        caption={t("call.short.mic")}
        pressed={micOn}
        busy={microphone === "asking"}
        trouble={microphone === "refused" || microphone === "missing"}
        onClick={() => onMicrophone(!micOn)}
      />
      <Control
        testId="camera"
        icon={cameraOn ? "camera" : "cameraOff"}
        label={t(cameraOn ? "call.turnOffCamera" : "call.turnOnCamera")}
        caption={t("call.short.camera")}
        pressed={cameraOn}
        busy={camera === "asking"}
        trouble={camera === "refused" || camera === "missing"}
        onClick={() => onCamera(!cameraOn)}
      />
      <Control
        testId="copy-link"
        icon="link"
        label={t("call.copyLink")}
        caption={t("call.short.link")}
        onClick={onCopyLink}
      />
      <Control
        testId="more"
        icon="more"
        label={t(unread ? "call.moreUnread" : "call.more")}
        caption={t("call.short.more")}
        dot={unread}
        onClick={onMore}
      />
      <Control
        testId="leave"
        icon="leave"
        label={t("call.leave")}
        caption={t("call.short.leave")}
        danger
        onClick={onLeave}
      />
    </div>
  );
}

interface ControlProps {
  testId: string;
  icon: IconName;
  label: string;
  caption: string;
  pressed?: boolean;
  busy?: boolean;
  trouble?: boolean;
  danger?: boolean;
  dot?: boolean;
  onClick: () => void;
}

function Control(props: ControlProps) {
  const { testId, icon, label, caption, pressed, busy, trouble, danger, dot, onClick } = props;
  const look = danger
    ? "bg-call-red text-white"
    : pressed
      ? "bg-call-ink text-call"
      : "bg-call-high text-call-ink";
  return (
    <button
      type="button"
      data-testid={testId}
      aria-label={label}
      aria-pressed={pressed}
      aria-busy={busy ?? false}
      title={label}
      onClick={onClick}
      className="group flex min-w-16 flex-col items-center gap-1.5 rounded-2xl text-call-soft"
    >
      <span
        className={`relative grid size-14 place-items-center rounded-full transition duration-150 group-hover:brightness-110 group-active:scale-92 ${look}`}
      >
        {busy ? <Spinner className="size-6" /> : <Icon name={icon} className="size-[26px]" />}
        {dot && (
          <span data-testid="unread" className="absolute top-0 right-0 size-3.5 rounded-full bg-call-live" />
        )}
        {trouble && (
          <span className="absolute -top-0.5 -right-0.5 grid size-5 place-items-center rounded-full bg-call-warn text-[13px] font-bold text-call">
            <Icon name="warning" className="size-3.5" />
          </span>
        )}
      </span>
      <span aria-hidden="true" className="text-[12px] leading-none font-medium">
        {caption}
      </span>
    </button>
  );
}
