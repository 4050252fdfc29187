// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Confirm } from "../components/Confirm";
import { Sheet } from "../components/Sheet";
import { BackStack } from "../core/telegram/backStack";
import { startI18n } from "../i18n/setup";
import { show } from "../testing/show";
import { useBack } from "./useBack";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

const home = vi.fn();

/** A page that opens a sheet, which asks a question. */
function Page({ busy = false }: { busy?: boolean }) {
  const [sheet, setSheet] = useState(false);
  const [question, setQuestion] = useState(false);
  useBack(home);
  if (!sheet) return <button type="button" data-testid="open" onClick={() => setSheet(true)} />;
  return (
    <Sheet testId="sheet" title="" onClose={() => setSheet(false)}>
      <button type="button" data-testid="ask" onClick={() => setQuestion(true)} />
      {question && (
        <Confirm question="" yes="" no="" busy={busy} onYes={() => {}} onNo={() => setQuestion(false)} />
      )}
    </Sheet>
  );
}

const question = () => screen.queryByTestId("confirm-yes");
const sheet = () => screen.queryByTestId("sheet");
const innermost = () => [...document.querySelectorAll("dialog")].at(-1) as HTMLDialogElement;

function showInside(busy = false) {
  home.mockClear();
  const back = new BackStack({ show: () => {}, hide: () => {} });
  const telegram = { inside: true, showBack: (onBack: () => void) => back.push(onBack) };
  show(<Page busy={busy} />, { services: { telegram } });
  for (const button of ["open", "ask"]) fireEvent.click(screen.getByTestId(button));
  return () => act(() => back.press());
}

test("Telegram's back button closes the question, then the sheet, then leaves the page", () => {
  const press = showInside();
  press();
  expect([question(), sheet() !== null]).toEqual([null, true]);
  press();
  expect([sheet(), home.mock.calls.length]).toEqual([null, 0]);
  press();
  expect(home).toHaveBeenCalledOnce();
});

test.each([
  ["Escape", () => fireEvent.keyDown(innermost(), { key: "Escape" })],
  ["another gesture", () => fireEvent(innermost(), new Event("cancel", { cancelable: true }))],
])("%s closes the question first", (_name, close) => {
  showInside();
  close();
  expect([question(), sheet() !== null]).toEqual([null, true]);
  close();
  expect(sheet()).toBeNull();
});

test("nothing closes a question whose answer is being carried out", () => {
  const press = showInside(true);
  expect((screen.getByTestId("confirm-no") as HTMLButtonElement).disabled).toBe(true);
  press();
  fireEvent.keyDown(innermost(), { key: "Escape" });
  fireEvent(innermost(), new Event("cancel", { cancelable: true }));
  expect(question()).not.toBeNull();
  innermost().open = false;
  fireEvent(innermost(), new Event("close"));
  expect(innermost().open).toBe(true);
});
