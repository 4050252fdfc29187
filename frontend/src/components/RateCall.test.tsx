// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { startI18n } from "../i18n/setup";
import { RateCall } from "./RateCall";

beforeAll(() => {
  startI18n("en");
});
afterEach(cleanup);

const tap = (id: string) => fireEvent.click(screen.getByTestId(id));

test("who was content is done with one tap", async () => {
  const onRate = vi.fn(async () => true);
  render(<RateCall onRate={onRate} />);
  tap("star-5");
  await screen.findByTestId("rated");
  expect(onRate.mock.calls).toEqual([[5, []]]);
});

test("who was not is asked why, and may change their mind", async () => {
  const onRate = vi.fn(async () => true);
  render(<RateCall onRate={onRate} />);
  tap("star-2");
  expect(onRate).not.toHaveBeenCalled();
  tap("reason-echo");
  tap("reason-dropped");
  tap("reason-echo");
  tap("send-rating");
  await screen.findByTestId("rated");
  expect(onRate.mock.calls).toEqual([[2, ["dropped"]]]);
});

test.each([1, 5])("what did not arrive can be sent again: %i stars", async (stars) => {
  const onRate = vi.fn(async () => onRate.mock.calls.length > 1);
  render(<RateCall onRate={onRate} />);
  tap(`star-${stars}`);
  if (stars === 1) tap("send-rating");
  await screen.findByText("That did not arrive. Try again.");
  tap("send-rating");
  await screen.findByTestId("rated");
});
