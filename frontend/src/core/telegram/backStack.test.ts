import { expect, test, vi } from "vitest";
import { BackStack } from "./backStack";

function stackOf() {
  const button = { show: vi.fn(), hide: vi.fn() };
  return { button, stack: new BackStack(button) };
}

test("what has come last goes first, and the button with the last of them", () => {
  const { button, stack } = stackOf();
  const [page, sheet, question] = [vi.fn(), vi.fn(), vi.fn()];
  const offPage = stack.push(page);
  const offSheet = stack.push(sheet);
  const offQuestion = stack.push(question);
  stack.press();
  offQuestion();
  stack.press();
  offSheet();
  stack.press();
  expect([question, sheet, page].map((each) => each.mock.calls.length)).toEqual([1, 1, 1]);
  expect(button.hide).not.toHaveBeenCalled();
  offPage();
  expect(button.hide).toHaveBeenCalledOnce();
  stack.press();
  expect(page).toHaveBeenCalledOnce();
});

test("what goes from under another leaves that one in its place, and goes once", () => {
  const { button, stack } = stackOf();
  const [page, next] = [vi.fn(), vi.fn()];
  const offPage = stack.push(page);
  stack.push(next);
  offPage();
  offPage();
  stack.press();
  expect(next).toHaveBeenCalledOnce();
  expect(button.hide).not.toHaveBeenCalled();
  expect(button.show).toHaveBeenCalled();
});
