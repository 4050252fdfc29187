import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Button } from "../components/Button";
import { Heading, Problem, Screen } from "../components/Screen";
import { TextField } from "../components/TextField";
import { parseCallId } from "../core/call-id/parse";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";

/** Join by a pasted link or code. */
export function JoinCallPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { findCall } = useServices();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const back = useBack(() => void navigate("/", { replace: true }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return setProblem("blank");
    const callId = parseCallId(text);
    if (!callId) return setProblem("malformed");
    setBusy(true);
    setProblem(null);
    const found = await findCall(callId);
    setBusy(false);
    if (found.ok) void navigate(`/call/${callId}`);
    else setProblem(found.code);
  };

  return (
    <Screen onBack={back}>
      <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-1 flex-col">
        <Heading title={t("join.title")} text={t("join.text")} />
        <div className="mt-7 flex flex-col gap-3">
          <TextField
            label={t("join.field")}
            data-testid="code-input"
            placeholder={t("join.placeholder")}
            value={text}
            aria-invalid={problem !== null}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            inputMode="url"
            enterKeyHint="go"
            onChange={(event) => {
              setText(event.target.value);
              setProblem(null);
            }}
          />
          {problem && (
            <Problem text={t([`join.errors.${problem}`, `errors.${problem}`, "join.errors.other"])} />
          )}
        </div>
        <div className="mt-auto pt-8">
          <Button type="submit" icon="join" data-testid="join-call" busy={busy}>
            {busy ? t("join.checking") : t("join.submit")}
          </Button>
        </div>
      </form>
    </Screen>
  );
}
