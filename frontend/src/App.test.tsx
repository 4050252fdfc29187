// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, test } from "vitest";
import { App } from "./App";
import type { SessionState } from "./core/session/session";
import { type Services, ServicesContext } from "./hooks/services";
import { startI18n } from "./i18n/setup";

beforeAll(() => {
  startI18n("en");
});
afterEach(cleanup);

/** The app at this address, for whom this session is. */
function open(path: string, session: SessionState) {
  history.replaceState(null, "", path);
  const services = {
    telegram: { inside: false, showBack: () => () => {} },
    getSession: () => session,
    subscribeSession: () => () => {},
  } as unknown as Services;
  render(
    <ServicesContext value={services}>
      <App />
    </ServicesContext>,
  );
}

test.each(["/", "/settings"])("a link that is of no use any more is told at %s", (path) => {
  open(path, { kind: "stale_link" });
  screen.getByText("This link no longer works");
});

test.each([
  ["signed_out", "You are signed out", "Sign in again"],
  ["deleted", "Your data is deleted", "Start over"],
] as const)("who is %s is told so wherever they are, the settings too", (kind, title, button) => {
  for (const path of ["/", "/settings", "/friends"]) {
    open(path, { kind });
    screen.getByText(title);
    screen.getByRole("button", { name: button });
    cleanup();
  }
});

test("the settings are there for who is not signed in", () => {
  open("/settings", { kind: "outside" });
  screen.getByText("Settings");
});

test.each(["/", "/settings"])("who is signed in is asked before a link replaces them, at %s", (path) => {
  const user = { id: 2, telegram_user_id: 7, username: null, last_name: null, photo_url: null };
  open(path, { kind: "other_link", user: { ...user, first_name: "Boris" } });
  screen.getByText("Continue as Boris");
  screen.getByText("Sign in by the link");
});
