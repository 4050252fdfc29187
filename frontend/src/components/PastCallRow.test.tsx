// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Named, PastCall } from "../core/api/types";
import { startI18n } from "../i18n/setup";
import { PastCallRow } from "./PastCallRow";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

const person = (id: number, first_name: string | null): Named => ({
  id,
  first_name,
  last_name: null,
  username: null,
  photo_url: null,
});
const CALL: PastCall = {
  call_id: "A".repeat(16),
  title: null,
  is_video_enabled: false,
  status: "ended",
  created_at: "2026-01-02T03:04:05Z",
  is_creator: true,
  is_missed: false,
  duration_seconds: 125,
  others: [person(2, "Boris")],
  others_count: 1,
};

function show(change: Partial<PastCall>) {
  const onCallAgain = vi.fn();
  render(
    <MemoryRouter>
      <PastCallRow call={{ ...CALL, ...change }} busy={false} onCallAgain={onCallAgain} />
    </MemoryRouter>,
  );
  return { onCallAgain, text: screen.getByRole("listitem").textContent };
}

test("a call of two says with whom and how long, and calls them again", () => {
  const { onCallAgain, text } = show({});
  expect(text).toMatch(/^Boris.*2:05$/);
  fireEvent.click(screen.getByRole("button", { name: "Call Boris again" }));
  expect(onCallAgain.mock.calls).toEqual([[person(2, "Boris")]]);
});

test("a group has some names and the number of the rest", () => {
  const others = ["Boris", "Clara", "Daniel", "Elena"].map((name, index) => person(index + 2, name));
  expect(show({ others, others_count: 12 }).text).toContain("Boris, Clara, Daniel, and 9 more");
  expect(screen.queryByRole("button")).toBeNull();
});

test("who has deleted their data is not called", () => {
  expect(show({ others: [person(9, null)] }).text).toContain("Deleted user");
  expect(screen.queryByRole("button")).toBeNull();
});

test("a call that was missed, and one that nobody came to", () => {
  expect(show({ is_missed: true, duration_seconds: null }).text).toMatch(/^Boris.*Missed$/);
  cleanup();
  expect(show({ others: [], others_count: 0 }).text).toContain("Nobody came");
  cleanup();
  expect(show({ others: [], others_count: 0, status: "active" }).text).toContain("Nobody has come yet");
});

test("a call that is still open is entered, and its link is there", () => {
  const { text } = show({ status: "active" });
  expect(text).toMatch(/^Boris.*still openEnter$/); // the buttons come under the text, not beside it
  expect(screen.getByText("Enter").parentElement?.className).toContain("basis-full");
  expect(screen.getByText("Enter").getAttribute("href")).toBe(`/call/${CALL.call_id}`);
  expect(screen.getByLabelText("Link to the call").getAttribute("href")).toBe(
    `/call-created/${CALL.call_id}`,
  );
});
