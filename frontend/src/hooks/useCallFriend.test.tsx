// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { Route, Routes } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import type { Named } from "../core/api/types";
import { person } from "../testing/callState";
import { show } from "../testing/show";
import { useCallFriend } from "./useCallFriend";

afterEach(cleanup);

const problem = vi.fn();

function Friends() {
  const { calling, call } = useCallFriend(problem);
  return (
    <button
      type="button"
      aria-busy={calling === 2}
      onClick={() => void call({ ...person(2, "Boris"), is_favourite: true } as Named, true)}
    >
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
  const { at, state, answer, callFriend } = called();
  expect(screen.getByRole("button").getAttribute("aria-busy")).toBe("true");
  fireEvent.click(screen.getByRole("button"));
  await answer({ ok: true, value: { callId: "abc", joinUrl: null } });
  await waitFor(() => expect(at()).toBe("/call/abc"));
  expect(state()).toEqual({ camera: true, friend: person(2, "Boris") });
  expect(callFriend.mock.calls).toEqual([[2, true]]);
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
