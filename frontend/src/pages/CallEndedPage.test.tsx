// @vitest-environment jsdom
import { cleanup, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { startI18n } from "../i18n/setup";
import { show } from "../testing/show";
import { CallEndedPage, type EndedCall } from "./CallEndedPage";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

test.each<[EndedCall["reason"], string]>([
  ["ended", "A host has ended the call."],
  ["ended_here", "You have ended the call for everybody."],
  ["expired", "The call has reached its time limit."],
  ["other", "The call was ended."],
])("a call that was %s says so, and cannot be returned to", (reason, text) => {
  show(<CallEndedPage />, {
    at: { pathname: "/call-ended", state: { reason, durationMs: null, callId: "abc" } },
  });
  screen.getByText("The call is over");
  screen.getByText(text);
  expect(screen.queryByTestId("call-again")).toBeNull();
});

test("who has left may return", () => {
  show(<CallEndedPage />, {
    at: { pathname: "/call-ended", state: { reason: "left", durationMs: null, callId: "abc" } },
  });
  screen.getByText("You have left the call");
  screen.getByTestId("call-again");
});
