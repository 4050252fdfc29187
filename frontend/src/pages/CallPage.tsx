import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate, useParams } from "react-router";
import { BrowserSheet } from "../components/BrowserSheet";
import { CallFailed } from "../components/CallFailed";
import { CallFrame } from "../components/CallFrame";
import { CallHeader } from "../components/CallHeader";
import { DeviceNotice, InviteCard, PhaseBanner } from "../components/CallNotices";
import { CallSheets, type SheetName } from "../components/CallSheets";
import { Confirm } from "../components/Confirm";
import { Controls } from "../components/Controls";
import { Icon } from "../components/Icon";
import { Knocks } from "../components/Knocks";
import { PreJoin } from "../components/PreJoin";
import { Reactions } from "../components/Reactions";
import { RemoteAudio } from "../components/RemoteAudio";
import { RingCards } from "../components/RingCards";
import { SharingBanner } from "../components/SharingBanner";
import { Stage } from "../components/Stage";
import { Toast } from "../components/Toast";
import { WaitingRoom } from "../components/WaitingRoom";
import type { SignedInUser } from "../core/api/client";
import type { Call, CallState } from "../core/call/state";
import { useServices, useSession } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import { type CallHandle, useCall } from "../hooks/useCall";
import type { Arrival } from "../hooks/useCallFriend";
import { useFoundCall } from "../hooks/useFoundCall";
import { useInvite } from "../hooks/useInvite";
import { useOpenCall } from "../hooks/useOpenCall";
import { useToast } from "../hooks/useToast";
import type { EndedCall } from "./CallEndedPage";

/** One call from the choice of devices to its end. */
export default function CallPage() {
  const { id = "" } = useParams();
  const session = useSession();
  // The one who joined stays the same person until the page goes, even if sign-in is renewed meanwhile.
  const [self, setSelf] = useState(session.kind === "signed_in" ? session.user : null);
  if (!self && session.kind === "signed_in") setSelf(session.user);
  return self ? <CallRoom key={id} callId={id} self={self} /> : <SigningIn />;
}

function SigningIn() {
  const navigate = useNavigate();
  const session = useSession();
  const { signIn } = useServices();
  const back = useBack(() => void navigate("/", { replace: true }));
  return (
    <CallFrame phase="idle" topology="p2p">
      {session.kind === "failed" ? (
        <CallFailed
          failure={session.failure}
          onRetry={() => void signIn()}
          onHome={() => void navigate("/", { replace: true })}
        />
      ) : (
        <PreJoin
          person={null}
          microphone={true}
          camera={false}
          busy={true}
          onMicrophone={() => {}}
          onCamera={() => {}}
          onJoin={() => {}}
          onBack={back}
        />
      )}
    </CallFrame>
  );
}

function CallRoom({ callId, self }: { callId: string; self: SignedInUser }) {
  const navigate = useNavigate();
  const arrival = useLocation().state as Arrival | null;
  const found = useFoundCall(callId);
  const [microphone, setMicrophone] = useState(true);
  const [camera, setCamera] = useState(arrival?.camera === true);
  const handle = useCall(useOpenCall(callId, self));
  const { call, state, rejoin } = handle;
  const [asksToLeave, setAsksToLeave] = useState(false);
  const { t } = useTranslation();
  const { phase } = state;
  const home = () => void navigate("/", { replace: true });

  useLeaveForEnded(state, callId);
  const active = phase.kind !== "idle" && phase.kind !== "ended" && phase.kind !== "failed";
  useGuard(active);
  const back = useBack(() => (active ? setAsksToLeave(true) : home()));

  return (
    <CallFrame phase={phase.kind} topology={state.topology}>
      {phase.kind === "idle" && found.gone && (
        <CallFailed failure={found.gone} onRetry={home} onHome={home} />
      )}
      {phase.kind === "idle" && !found.gone && (
        <PreJoin
          person={self}
          friend={arrival?.friend}
          microphone={microphone}
          camera={camera}
          busy={false}
          onMicrophone={setMicrophone}
          onCamera={setCamera}
          onJoin={() => void call.join({ microphone, camera })}
          onBack={back}
        />
      )}
      {phase.kind === "failed" && (
        <CallFailed failure={phase.failure} onRetry={() => rejoin({ microphone, camera })} onHome={home} />
      )}
      {phase.kind === "waiting" && <WaitingRoom position={phase.position} onLeave={() => call.leave()} />}
      {active && phase.kind !== "waiting" && <InCall handle={handle} callId={callId} link={found.link} />}
      {asksToLeave && active && (
        <Confirm
          question={t("call.leaveQuestion")}
          yes={t("call.leaveYes")}
          no={t("call.stay")}
          onYes={() => call.leave()}
          onNo={() => setAsksToLeave(false)}
        />
      )}
    </CallFrame>
  );
}

function InCall({ handle, callId, link }: { handle: CallHandle; callId: string; link: string }) {
  const { call, state } = handle;
  const { t } = useTranslation();
  const { telegram } = useServices();
  const [toast, say] = useToast();
  const [blocked, setBlocked] = useState(false);
  const [unlocked, setUnlocked] = useState(0);
  const block = useCallback(() => setBlocked(true), []);
  const [sheet, setSheet] = useState<SheetName | null>(null);
  const [read, setRead] = useState(0);
  const [inBrowser, setInBrowser] = useState(false);
  const show = useCallback<Call["setVisible"]>((visible, pinned) => call.setVisible(visible, pinned), [call]);
  const invite = useInvite();
  const told = (result: "copied" | "failed" | null) => {
    if (result) say(t(result === "copied" ? "common.copied" : "common.copyFailed"));
  };
  const copy = () => void invite.copy(link).then(told);
  const lastLine = state.chat.at(-1)?.id ?? 0;
  if (sheet === "chat" && read !== lastLine) setRead(lastLine);
  useNotices(state.notice, say);
  const alone = state.phase.kind === "in_call" && state.tiles.length <= 1;
  const rung = state.rings.some((ring) => ring.state === "ringing");
  const remote = state.tiles.filter((tile) => !tile.self);

  return (
    <>
      <CallHeader state={state} />
      {state.screen === "on" && <SharingBanner onStop={() => void call.setScreen(false)} />}
      <main className="relative flex min-h-0 flex-1 flex-col px-1">
        <Stage tiles={state.tiles} onVisible={show} />
        <div className="pointer-events-none absolute inset-x-3 top-2 z-20 flex flex-col gap-2">
          <PhaseBanner state={state} />
          <Knocks people={state.knocks} onAnswer={(id, admit) => call.admit(id, admit)} />
        </div>
        <Reactions reactions={state.reactions} />
        <div className="absolute inset-x-3 bottom-3 z-20 flex flex-col gap-2.5">
          {blocked && (
            <button
              type="button"
              data-testid="unlock-sound"
              onClick={() => {
                setBlocked(false);
                setUnlocked(unlocked + 1);
              }}
              className="mx-auto flex min-h-12 animate-rise items-center gap-2.5 rounded-full bg-call-ink px-6 text-[16px] font-semibold text-call shadow-xl"
            >
              <Icon name="sound" className="size-5" />
              {t("call.soundBlocked")}
            </button>
          )}
          <DeviceNotice
            state={state}
            onAllow={() => void call.setMicrophone(true)}
            onBrowser={telegram.inside ? () => setInBrowser(true) : undefined}
          />
          <RingCards
            rings={state.rings}
            onAgain={(id) => void call.ringAgain(id).then((code) => code && say(t(`errors.${code}`)))}
            onForget={(id) => call.forgetRing(id)}
          />
          {alone && !rung && (
            <InviteCard onCopy={copy} onShare={() => void invite.share(link, callId).then(told)} />
          )}
        </div>
      </main>
      <footer className="shrink-0 pt-4 pb-4">
        <Controls
          microphone={state.microphone}
          camera={state.camera}
          onMicrophone={(on) => {
            telegram.haptic("tap");
            void call.setMicrophone(on);
          }}
          onCamera={(on) => void call.setCamera(on)}
          onCopyLink={copy}
          unread={lastLine !== read}
          onMore={() => setSheet("more")}
          onLeave={() => call.leave()}
        />
      </footer>
      {remote.map((tile) => (
        <RemoteAudio
          key={tile.key}
          id={tile.source === "screen" ? `${tile.person.id}-screen` : `${tile.person.id}`}
          stream={tile.audioStream}
          next={tile.nextAudioStream}
          unlocked={unlocked}
          onBlocked={block}
        />
      ))}
      {sheet && (
        <CallSheets
          sheet={sheet}
          call={call}
          state={state}
          unread={lastLine !== read}
          onSheet={setSheet}
          onUntold={() => say(t("call.untold"))}
        />
      )}
      {inBrowser && (
        <BrowserSheet
          ground="call"
          text={t("browser.microphone")}
          path={`/call/${callId}`}
          onClose={() => setInBrowser(false)}
        />
      )}
      <Toast text={toast} />
    </>
  );
}

/** Tells what a host did. */
function useNotices(notice: CallState["notice"], say: (text: string) => void): void {
  const { t } = useTranslation();
  const told = useRef(notice?.id);
  useEffect(() => {
    if (!notice || notice.id === told.current) return;
    told.current = notice.id;
    say(t(`call.notice.${notice.kind}`));
  }, [notice, say, t]);
}

/** Asks before the app is closed, as long as the call goes on. */
function useGuard(active: boolean): void {
  const { telegram } = useServices();
  useEffect(() => (active ? telegram.guardClosing() : undefined), [active, telegram]);
}

/** Goes on to the page after the call, with what it has to tell. */
function useLeaveForEnded({ phase, startedAt }: CallState, callId: string): void {
  const navigate = useNavigate();
  const started = useRef<number | null>(null);
  useEffect(() => {
    if (phase.kind === "in_call") started.current ??= Date.now();
    if (phase.kind !== "ended") return;
    const from = started.current ?? startedAt;
    const ended: EndedCall = {
      reason: phase.reason,
      durationMs: from === null ? null : Date.now() - from,
      callId,
    };
    void navigate("/call-ended", { replace: true, state: ended });
  }, [phase, startedAt, callId, navigate]);
}
