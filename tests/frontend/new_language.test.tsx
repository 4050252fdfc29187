// @vitest-environment jsdom
// Runs in a copy of the page that German was added to: test_new_language.py.
import { fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";
import { startTelegram } from "./core/telegram/telegram";
import { assemble } from "./hooks/assemble";
import { ServicesContext } from "./hooks/services";
import { startI18n } from "./i18n/setup";
import { SettingsPage } from "./pages/SettingsPage";

test("the settings offer it, and speak it once it is chosen", async () => {
  startI18n("en");
  render(
    <ServicesContext value={assemble(startTelegram(), null)}>
      <MemoryRouter>
        <SettingsPage />
      </MemoryRouter>
    </ServicesContext>,
  );
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Settings");
  fireEvent.click(screen.getByLabelText("Deutsch"));
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe("Einstellungen");
  expect(document.documentElement.lang).toBe("de");
});
