import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../components/Button";
import { Heading, Problem, Screen } from "../components/Screen";
import { TextField } from "../components/TextField";
import { useServices } from "../hooks/services";

/** Development sign-in: a name is enough. */
export function SignInPage() {
  const { t } = useTranslation();
  const { signInByName } = useServices();
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim() || busy) return;
    setBusy(true);
    setProblem(null);
    const outcome = await signInByName(name.trim());
    setBusy(false);
    if (!outcome.ok) setProblem(outcome.code);
  };

  return (
    <Screen>
      <form onSubmit={(event) => void submit(event)} className="my-auto flex flex-col gap-6 pb-[12vh]">
        <Heading icon="phone" title={t("signIn.title")} text={t("signIn.text")} />
        <TextField
          label={t("signIn.name")}
          data-testid="name-input"
          placeholder={t("signIn.placeholder")}
          value={name}
          maxLength={64}
          autoComplete="name"
          enterKeyHint="go"
          onChange={(event) => setName(event.target.value)}
        />
        {problem && <Problem text={t([`errors.${problem}`, "errors.other"])} />}
        <Button type="submit" data-testid="sign-in" busy={busy} disabled={!name.trim()}>
          {busy ? t("signIn.submitting") : t("signIn.submit")}
        </Button>
      </form>
    </Screen>
  );
}
