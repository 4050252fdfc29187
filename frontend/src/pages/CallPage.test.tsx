// @vitest-environment jsdom
import { cleanup, screen } from "@testing-library/react";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, expect, test } from "vitest";
import { startI18n } from "../i18n/setup";
import { person } from "../testing/callState";
import { show } from "../testing/show";
import CallPage from "./CallPage";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

/** The page of a call of which the server says this, before anybody has joined. */
function open(found: object, state: object | null = null) {
  const session = { kind: "signed_in", user: { ...person(1, "Anna"), telegram_user_id: 7 } };
  const services = {
    api: {},
    findCall: async () => found,
    getSession: () => session,
    subscribeSession: () => () => {},
  };
  const page = (
    <Routes>
      <Route path="/call/:id" element={<CallPage />} />
    </Routes>
  );
  return show(page, { services, at: { pathname: "/call/abc", state } });
}
const FOUND = { ok: true, value: { callId: "abc", joinUrl: null } };

test.each([
  ["not_found", "There is no such call. Check the link."],
  ["ended", "This call is over."],
  ["expired", "This call has expired."],
])("a call that is %s says so before anybody joins", async (code, text) => {
  open({ ok: false, code });
  await screen.findByText(text);
  expect(screen.queryByTestId("join")).toBeNull();
  expect(screen.queryByTestId("retry")).toBeNull();
});

test.each([FOUND, { ok: false, code: "network" }])(
  "another answer keeps nobody from joining",
  async (found) => {
    open(found);
    await Promise.resolve();
    screen.getByText("Ready to talk?");
    screen.getByText("Anna");
    screen.getByTestId("join");
  },
);

test("a call to a friend names them before one joins", () => {
  open(FOUND, { camera: true, friend: person(2, "Boris") });
  screen.getByText("Call to Boris");
  expect(screen.queryByText("Anna")).toBeNull();
  expect(screen.getByTestId("prejoin-camera").getAttribute("aria-pressed")).toBe("true");
});
