// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Services, ServicesContext } from "../hooks/services";
import { startI18n } from "../i18n/setup";
import BlockedPage from "./BlockedPage";

beforeAll(() => {
  startI18n("en");
});
afterEach(cleanup);

test("who is unblocked goes from the list, and the focus to the heading", async () => {
  const boris = { id: 2, username: null, first_name: "Boris", last_name: null, photo_url: null };
  const setBlocked = vi.fn(async () => {});
  const api = { blocked: async () => [{ ...boris, blocked_at: "2026-01-02T03:04:05Z" }], setBlocked };
  const services = { api, telegram: { inside: false, showBack: () => () => {} } } as unknown as Services;
  render(
    <ServicesContext value={services}>
      <MemoryRouter>
        <BlockedPage />
      </MemoryRouter>
    </ServicesContext>,
  );
  const button = await screen.findByTestId("unblock-2");
  button.focus();
  fireEvent.click(button);
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Blocked people"));
  await screen.findByTestId("empty");
  expect(setBlocked.mock.calls).toEqual([[2, false]]);
});
