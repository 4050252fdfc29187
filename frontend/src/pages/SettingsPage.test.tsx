// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Outcome } from "../core/api/outcome";
import { chooseLanguage, startI18n } from "../i18n/setup";
import { show } from "../testing/show";
import { SettingsPage } from "./SettingsPage";

beforeAll(() => startI18n("en"));
afterEach(() => {
  cleanup();
  chooseLanguage(null);
});

function settings(outcome: Outcome<void> | null) {
  const tell = vi.fn(async (_code: string | null) => outcome);
  const session = { kind: "signed_in" };
  const services = { chooseLanguage: tell, getSession: () => session, subscribeSession: () => () => {} };
  show(<SettingsPage />, { services });
  return tell;
}
const pick = (index: number) => fireEvent.click(screen.getAllByRole("radio")[index] as HTMLElement);

test("a language that is left to Telegram is told as none, not as today's", async () => {
  const tell = settings({ ok: true, value: undefined });
  pick(1);
  pick(0);
  await waitFor(() => expect(tell.mock.calls).toEqual([["ru"], [null]]));
});

test("that the bot was not told is said, unless another was picked since", async () => {
  settings({ ok: false, code: "network" });
  pick(2);
  await screen.findByText(/^The app's language has changed, but the bot's has not yet/);
  cleanup();
  const tell = settings(null);
  pick(1);
  await waitFor(() => expect(tell).toHaveBeenCalledOnce());
  await Promise.resolve();
  expect(screen.getAllByRole("status").map((toast) => toast.textContent)).toEqual([""]);
});
