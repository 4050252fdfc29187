// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Services, ServicesContext } from "../hooks/services";
import { startI18n } from "../i18n/setup";
import { LazyPage, PageCode } from "./LazyPage";

beforeAll(() => startI18n("en"));
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** All that a page needs that has not come. */
const services = { telegram: { inside: true, showBack: () => () => {} } } as unknown as Services;

const shown = (code: PageCode) => (
  <ServicesContext value={services}>
    <MemoryRouter>
      <LazyPage code={code} />
    </MemoryRouter>
  </ServicesContext>
);
const show = (code: PageCode) => render(shown(code));

test("code that did not come is told, and comes when there is a network again", async () => {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const load = vi.fn(async () => ({ default: () => <p>Here</p> }));
  load.mockRejectedValueOnce(new TypeError("Failed to fetch dynamically imported module"));
  const code = new PageCode(load);
  show(code);
  expect(screen.getByRole("status").getAttribute("aria-label")).toBe("Loading…");
  fireEvent.click(await screen.findByTestId("retry"));
  await screen.findByText("Here");
  cleanup();
  show(code);
  expect(screen.getByText("Here")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(2);
});

test("the next page comes in the place of the one before", async () => {
  const [one, two] = ["One", "Two"].map(
    (text) => new PageCode(async () => ({ default: () => <p>{text}</p> })),
  );
  if (!one || !two) throw new Error("there are two");
  const { rerender } = show(one);
  await screen.findByText("One");
  rerender(shown(two));
  await screen.findByText("Two");
  rerender(shown(one));
  expect(screen.getByText("One")).toBeTruthy();
});
