// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, expect, test } from "vitest";
import { startI18n } from "../i18n/setup";
import { person } from "../testing/callState";
import { show } from "../testing/show";
import { CallBackPage } from "./CallBackPage";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

function open(pastCalls: () => Promise<object>) {
  const session = { kind: "signed_in" };
  const services = {
    api: { pastCalls },
    callFriend: async () => ({ ok: true, value: { callId: "abc", joinUrl: null } }),
    getSession: () => session,
    subscribeSession: () => () => {},
  };
  const pages = (
    <Routes>
      <Route path="/call-back/:id" element={<CallBackPage />} />
      <Route path="*" element={null} />
    </Routes>
  );
  return show(pages, { services, at: "/call-back/2" });
}

test("who is called back is named, here and before the call", async () => {
  const others = [person(3, "Clara"), person(2, "Boris")];
  const { at, state } = open(async () => ({ calls: [{ others }], next_cursor: null }));
  await screen.findByText("Call Boris back?");
  fireEvent.click(screen.getByTestId("call-back-video"));
  await waitFor(() => expect(at()).toBe("/call/abc"));
  expect(state()).toEqual({ camera: true, friend: person(2, "Boris") });
});

test.each([
  ["is in none of the last calls", async () => ({ calls: [], next_cursor: null })],
  ["has deleted their data", async () => ({ calls: [{ others: [{ ...person(2, ""), first_name: null }] }] })],
  ["cannot be asked for", () => Promise.reject(new Error("away"))],
])("who %s is called back without a name", async (_which, pastCalls) => {
  const { at, state } = open(pastCalls);
  await Promise.resolve();
  screen.getByText("Call back?");
  fireEvent.click(screen.getByTestId("call-back-audio"));
  await waitFor(() => expect(at()).toBe("/call/abc"));
  expect(state()).toEqual({ camera: false });
});
