// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { startI18n } from "../i18n/setup";
import { show } from "../testing/show";
import { SharingBanner } from "./SharingBanner";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

test("who shares a screen is told, and stops it with one tap", () => {
  const onStop = vi.fn();
  show(<SharingBanner onStop={onStop} />);
  expect(screen.getByRole("status").textContent).toBe("You are sharing your screen");
  fireEvent.click(screen.getByRole("button", { name: "Stop sharing" }));
  expect(onStop).toHaveBeenCalledOnce();
});
