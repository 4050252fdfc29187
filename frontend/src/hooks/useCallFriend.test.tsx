// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { Route, Routes } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import { show } from "../testing/show";
import { useCallFriend } from "./useCallFriend";

afterEach(cleanup);

const problem = vi.fn();

function Friends() {
  const { calling, call } = useCallFriend(problem);
  return (
    <button type="button" aria-busy={calling === 2} onClick={() => void call(2, true)}>
      {null}
    </button>
  );
}

function called() {
  let answer: (made: object) => void = () => {};
  const callFriend = vi.fn(() => new Promise((resolve) => (answer = resolve)));
  const pages = (
    <Routes>
      <Route path="/friends" element={<Friends />} />
      <Route path="*" element={null} />
    </Routes>
  );
  const shown = show(pages, { services: { callFriend }, at: "/friends" });
  fireEvent.click(screen.getByRole("button"));
  return { ...shown, answer: (made: object) => act(async () => answer(made)), callFriend };
}

test("who calls a friend is led to the call, once", async () => {
  const { at, answer, callFriend } = called();
  expect(screen.getByRole("button").getAttribute("aria-busy")).toBe("true");
  fireEvent.click(screen.getByRole("button"));
  await answer({ ok: true, value: { callId: "abc", joinUrl: null } });
  await waitFor(() => expect(at()).toBe("/call/abc"));
  expect(callFriend).toHaveBeenCalledOnce();
});

test.each([
  { ok: true, value: { callId: "abc", joinUrl: null } },
  { ok: false, code: "network" },
])("who has gone elsewhere meanwhile stays there, whatever comes", async (made) => {
  const { at, answer, go } = called();
  go("/settings");
  await answer(made);
  expect(at()).toBe("/settings");
  expect(problem).not.toHaveBeenCalled();
});
