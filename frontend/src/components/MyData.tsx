import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answerOf } from "../core/api/outcome";
import { saveFile } from "../core/files/save";
import { useServices } from "../hooks/services";
import { BrowserSheet } from "./BrowserSheet";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { Problem } from "./Screen";
import { Sheet } from "./Sheet";

const EXPORT_NAME = "telcall-export.json";

/** What the server keeps of the person: taken along, and deleted. */
export function MyData({ say }: { say: (text: string) => void }) {
  const { t } = useTranslation();
  const { api, telegram, signOut } = useServices();
  const [busy, setBusy] = useState<"export" | "sign_out" | null>(null);
  const [sheet, setSheet] = useState<"browser" | "delete" | null>(null);

  const sayProblem = (code: string) => say(t([`errors.${code}`, "errors.other"]));
  const download = async () => {
    if (telegram.inside) return setSheet("browser");
    setBusy("export");
    const outcome = await answerOf(() => api.exportMe());
    setBusy(null);
    if (!outcome.ok) return sayProblem(outcome.code);
    saveFile(EXPORT_NAME, JSON.stringify(outcome.value, null, 2), "application/json");
    say(t("data.saved"));
  };
  const leave = async () => {
    setBusy("sign_out");
    const outcome = await signOut();
    setBusy(null);
    if (!outcome.ok) sayProblem(outcome.code);
  };

  return (
    <>
      <h2 className="mt-7 mb-2 px-1 text-[15px] font-medium text-soft">{t("data.title")}</h2>
      <div className="overflow-hidden rounded-3xl bg-card">
        <button
          type="button"
          data-testid="export"
          aria-busy={busy === "export"}
          disabled={busy !== null}
          onClick={() => void download()}
          className="flex min-h-14 w-full items-center justify-between gap-4 px-5 py-3.5 text-left transition hover:brightness-97 disabled:opacity-60"
        >
          <span>
            <span className="block text-[17px]">
              {t(busy === "export" ? "data.exporting" : "data.export")}
            </span>
            <span className="mt-0.5 block text-[14px] leading-snug text-soft">{t("data.exportHint")}</span>
          </span>
          <Icon name="download" className="size-6 shrink-0 text-soft" />
        </button>
        {!telegram.inside && (
          <button
            type="button"
            data-testid="sign-out"
            disabled={busy !== null}
            onClick={() => void leave()}
            className="min-h-14 w-full border-t border-line px-5 text-left text-[17px] disabled:opacity-60"
          >
            {t("data.signOut")}
          </button>
        )}
        <button
          type="button"
          data-testid="delete-me"
          onClick={() => setSheet("delete")}
          className="min-h-14 w-full border-t border-line px-5 text-left text-[17px] text-danger"
        >
          {t("data.delete")}
        </button>
      </div>
      {sheet === "browser" && (
        <BrowserSheet
          ground="page"
          path="/settings"
          text={t("data.exportInside")}
          onClose={() => setSheet(null)}
        />
      )}
      {sheet === "delete" && <DeleteSheet onClose={() => setSheet(null)} />}
    </>
  );
}

/** Two steps to the end: a tick, then the button. */
function DeleteSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { deleteMe } = useServices();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const confirmed = async () => {
    setBusy(true);
    setProblem(null);
    // Where it worked nobody is signed in any more, and this page has gone.
    const outcome = await deleteMe();
    if (outcome.ok) return;
    setBusy(false);
    setProblem(outcome.code);
  };

  return (
    <Sheet testId="delete-sheet" ground="page" title={t("data.deleteTitle")} busy={busy} onClose={onClose}>
      <div className="flex flex-col gap-4 overflow-y-auto px-5 pt-1 pb-5">
        <p className="text-[16px] leading-snug text-pretty">{t("data.deleteText")}</p>
        <label className="flex min-h-12 cursor-pointer items-center gap-3 rounded-2xl bg-card px-4 py-3 text-[16px] leading-snug">
          <input
            type="checkbox"
            data-testid="delete-sure"
            checked={sure}
            onChange={(event) => setSure(event.target.checked)}
            className="size-6 shrink-0 accent-call-red"
          />
          {t("data.deleteSure")}
        </label>
        {problem && <Problem text={t([`errors.${problem}`, "errors.other"])} />}
        <Button
          look="danger"
          icon="trash"
          data-testid="delete-for-good"
          busy={busy}
          disabled={!sure}
          onClick={() => void confirmed()}
        >
          {t(busy ? "data.deleting" : "data.deleteYes")}
        </Button>
        <Button look="quiet" disabled={busy} onClick={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
    </Sheet>
  );
}
