import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Button, Spinner } from "../components/Button";
import { Icon } from "../components/Icon";
import { Heading, Problem, Screen } from "../components/Screen";
import { Toast } from "../components/Toast";
import { isGood, type Numbers } from "../core/check/numbers";
import type { Path } from "../core/check/paths";
import type { PathResult } from "../core/check/probe";
import { summaryOf } from "../core/check/summary";
import { useBack } from "../hooks/useBack";
import { useCheck } from "../hooks/useCheck";
import { useInvite } from "../hooks/useInvite";
import { useToast } from "../hooks/useToast";

/** Every way to the server in turn, in words, and a text for support. */
export default function CheckPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const back = useBack(() => void navigate("/settings", { replace: true }));
  const { state, run } = useCheck();
  const { copy } = useInvite();
  const [toast, show] = useToast();
  const running = state.kind === "running";
  const copySummary = async (microphone: boolean | null, results: readonly PathResult[]) => {
    const copied = await copy(summaryOf(results, microphone, navigator.userAgent, new Date()));
    show(t(copied === "copied" ? "check.copied" : "check.notCopied"));
  };
  return (
    <Screen onBack={back}>
      <Heading title={t("check.title")} text={t("check.lead")} />
      {state.kind !== "idle" && (
        <>
          {state.microphone === false && (
            <p className="mt-5 text-[15px] text-soft">{t("check.noMicrophone")}</p>
          )}
          <ul className="mt-6 overflow-hidden rounded-3xl bg-card" aria-live="polite">
            {state.paths.map((path, at) => (
              <PathRow
                key={path.id}
                path={path}
                result={state.results[at] ?? null}
                busy={running && at === state.results.length}
              />
            ))}
          </ul>
        </>
      )}
      {state.kind === "done" && <Verdict results={state.results} />}
      <div className="mt-7 flex flex-col gap-3">
        <Button data-testid="run-check" busy={running} onClick={run}>
          {t(state.kind === "done" ? "check.again" : "check.start")}
        </Button>
        {state.kind === "done" && (
          <Button
            look="quiet"
            data-testid="copy-check"
            onClick={() => void copySummary(state.microphone, state.results)}
          >
            {t("check.copy")}
          </Button>
        )}
      </div>
      <Toast text={toast} />
    </Screen>
  );
}

function Verdict({ results }: { results: readonly PathResult[] }) {
  const { t } = useTranslation();
  const working = results.filter((result) => result.failure === null);
  const [direct] = results;
  if (working.length === 0) {
    const failure = direct?.failure ?? "no_path";
    return (
      <div className="mt-5" data-testid="check-verdict" data-verdict="bad">
        <Problem text={t(`check.failed.${failure}`)} />
      </div>
    );
  }
  const good = working.some((result) => isGood(result.numbers));
  const text = direct?.failure !== null ? "check.onlyRelay" : good ? "check.good" : "check.poor";
  return (
    <p
      className="mt-5 text-[17px] leading-snug text-pretty"
      data-testid="check-verdict"
      data-verdict={good ? "good" : "poor"}
    >
      {t(text)}
    </p>
  );
}

function PathRow({ path, result, busy }: { path: Path; result: PathResult | null; busy: boolean }) {
  const { t } = useTranslation();
  const works = result?.failure === null;
  const name =
    path.kind === "direct"
      ? t("check.direct")
      : t("check.relay", { transport: path.transport.toUpperCase(), relay: path.relay });
  return (
    <li
      className="border-line px-5 py-4 not-first:border-t"
      data-testid={`path-${path.kind}`}
      data-works={result ? works : undefined}
    >
      <div className="flex items-center gap-3">
        <span className="min-w-0 flex-1 text-[17px] leading-snug wrap-anywhere">{name}</span>
        {busy && <Spinner className="size-5 text-soft" />}
        {result && (
          <Icon
            name={works ? "check" : "close"}
            className={`size-6 shrink-0 ${works ? "text-accent" : "text-danger"}`}
          />
        )}
      </div>
      {result && !works && (
        <p className="mt-1 text-[15px] leading-snug text-soft">{t(`check.why.${result.failure}`)}</p>
      )}
      {result && works && <Measured result={result} />}
    </li>
  );
}

function Measured({ result }: { result: PathResult }) {
  const { t } = useTranslation();
  const { numbers, connectedAfterMs } = result;
  const rows: [string, string][] = [
    [t("check.connectedIn"), t("check.ms", { value: connectedAfterMs ?? 0 })],
    [t("check.delay"), ms(numbers.rttMs)],
    [t("check.loss"), pair(percent(numbers.lossUp), percent(numbers.lossDown))],
    [t("check.jitter"), pair(ms(numbers.jitterUpMs), ms(numbers.jitterDownMs))],
    [t("check.rate"), rate(numbers)],
  ];
  function ms(value: number | null): string {
    return value === null ? "–" : t("check.ms", { value: Math.round(value) });
  }
  function percent(share: number | null): string {
    return share === null ? "–" : t("check.percent", { value: Math.round(share * 1000) / 10 });
  }
  function pair(up: string, down: string): string {
    return t("check.upDown", { up, down });
  }
  function rate({ kbpsUp, kbpsDown }: Numbers): string {
    return t("check.kbps", { up: Math.round(kbpsUp), down: Math.round(kbpsDown) });
  }
  return (
    <dl className="mt-2 grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-[15px] leading-snug">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-soft">{label}</dt>
          <dd className="text-right tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
