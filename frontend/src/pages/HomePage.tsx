import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Avatar } from "../components/Avatar";
import { Spinner } from "../components/Button";
import { Icon, type IconName } from "../components/Icon";
import { Problem, Screen } from "../components/Screen";
import { nameOf } from "../core/identity/colors";
import { useServices, useSession } from "../hooks/services";

/** The first screen: start a call, or join one. */
export function HomePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { createCall, signIn } = useServices();
  const session = useSession();
  const [creating, setCreating] = useState<"audio" | "video" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const user = session.kind === "signed_in" ? session.user : null;
  const name = user && nameOf(user);
  const waiting = session.kind === "starting";

  const create = async (kind: "audio" | "video") => {
    setCreating(kind);
    setProblem(null);
    const made = await createCall(kind === "video");
    setCreating(null);
    if (!made.ok) return setProblem(made.code);
    void navigate(`/call-created/${made.value.callId}`, {
      state: { joinUrl: made.value.joinUrl, camera: kind === "video" },
    });
  };
  const failure = session.kind === "failed" ? session.failure : problem;

  return (
    <Screen>
      <div className="flex items-center justify-between">
        <div className="flex items-center gap-3">
          {user && <Avatar person={user} size={44} />}
          <p className="text-[15px] leading-tight text-soft">
            {name ? t("home.greeting", { name: user?.first_name ?? name }) : t("home.greetingNameless")}
          </p>
        </div>
        <Link
          to="/settings"
          aria-label={t("home.settings")}
          className="-mr-3 grid size-12 place-items-center rounded-full text-ink transition hover:bg-line"
        >
          <Icon name="gear" />
        </Link>
      </div>

      <h1 className="mt-8 text-[34px] leading-[1.1] font-bold tracking-tight">{t("home.lead")}</h1>

      <div className="mt-7 grid grid-cols-2 gap-3">
        <Big
          testId="create-audio"
          icon="phone"
          title={creating === "audio" ? t("home.creating") : t("home.createAudio")}
          hint={t("home.createAudioHint")}
          busy={creating === "audio"}
          disabled={waiting || creating !== null || session.kind === "failed"}
          primary
          onClick={() => void create("audio")}
        />
        <Big
          testId="create-video"
          icon="camera"
          title={creating === "video" ? t("home.creating") : t("home.createVideo")}
          hint={t("home.createVideoHint")}
          busy={creating === "video"}
          disabled={waiting || creating !== null || session.kind === "failed"}
          onClick={() => void create("video")}
        />
      </div>

      <Link
        to="/join-call"
        className="mt-3 flex min-h-18 items-center gap-4 rounded-3xl bg-card px-5 py-3.5 transition hover:brightness-97 active:scale-[0.99]"
      >
        <Icon name="join" className="size-6 shrink-0 text-soft" />
        <span className="flex-1">
          <span className="block text-[17px] leading-snug font-semibold">{t("home.join")}</span>
          <span className="block text-[14px] leading-snug text-soft">{t("home.joinHint")}</span>
        </span>
        <Icon name="chevron" className="size-5 shrink-0 text-soft" />
      </Link>

      <nav className="mt-3 grid grid-cols-2 gap-3">
        <Place to="/friends" icon="people" title={t("home.friends")} />
        <Place to="/history" icon="clock" title={t("home.history")} />
      </nav>

      <div className="mt-3 min-h-8 px-1">
        {waiting && (
          <p role="status" className="flex items-center gap-2.5 text-[15px] text-soft">
            <Spinner className="size-4" />
            {t("home.signingIn")}
          </p>
        )}
        {failure && (
          <Problem text={t([`errors.${failure}`, "errors.other"])}>
            {session.kind === "failed" && (
              <button
                type="button"
                onClick={() => void signIn()}
                className="mt-1 flex min-h-12 items-center gap-2 font-semibold underline underline-offset-4"
              >
                <Icon name="refresh" className="size-5" />
                {t("common.retry")}
              </button>
            )}
          </Problem>
        )}
      </div>

      <p className="mt-auto flex items-start gap-2 px-1 pt-4 text-[14px] leading-snug text-soft">
        <Icon name="shield" className="mt-px size-[18px] shrink-0" />
        {t("home.privacy")}
      </p>
    </Screen>
  );
}

function Place({ to, icon, title }: { to: string; icon: IconName; title: string }) {
  return (
    <Link
      to={to}
      data-testid={`to${to.replace("/", "-")}`}
      className="flex min-h-14 items-center gap-3 rounded-3xl bg-card px-5 py-3 text-[17px] leading-snug font-semibold transition hover:brightness-97 active:scale-[0.99]"
    >
      <Icon name={icon} className="size-6 shrink-0 text-soft" />
      {title}
    </Link>
  );
}

interface BigProps {
  testId: string;
  icon: IconName;
  title: ReactNode;
  hint: string;
  busy: boolean;
  disabled: boolean;
  primary?: boolean;
  onClick: () => void;
}

function Big({ testId, icon, title, hint, busy, disabled, primary = false, onClick }: BigProps) {
  return (
    <button
      type="button"
      data-testid={testId}
      disabled={disabled}
      aria-busy={busy}
      onClick={onClick}
      className={`flex min-h-44 flex-col items-start justify-between rounded-3xl p-4 text-left transition duration-150 active:scale-[0.98] disabled:opacity-70 ${primary ? "bg-accent text-on-accent hover:brightness-95" : "bg-card text-ink hover:brightness-97"}`}
    >
      <span
        className={`grid size-13 place-items-center rounded-full ${primary ? "bg-white/18" : "bg-page text-ink"}`}
      >
        {busy ? <Spinner className="size-6" /> : <Icon name={icon} className="size-[26px]" />}
      </span>
      <span>
        <span className="block text-[17px] leading-tight font-semibold tracking-tight">{title}</span>
        <span className={`mt-1 block text-[14px] leading-snug ${primary ? "" : "text-soft"}`}>{hint}</span>
      </span>
    </button>
  );
}
