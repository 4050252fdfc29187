// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { startI18n } from "../i18n/setup";
import { callState, person } from "../testing/callState";
import { show } from "../testing/show";
import { Knocks } from "./Knocks";
import { PeopleSheet } from "./PeopleSheet";

const PEOPLE = [person(2, "Boris"), person(3, "Clara"), person(4, "Daniel")];

beforeAll(() => startI18n("en"));
afterEach(cleanup);

function openSheet(knocks = PEOPLE) {
  const onAdmit = vi.fn();
  const state = callState({ locked: true, knocks });
  show(<PeopleSheet state={state} onModerate={() => {}} onAdmit={onAdmit} onClose={() => {}} />);
  return onAdmit;
}
const tap = (id: string) => fireEvent.click(screen.getByTestId(id));

test("each who waits is answered from the list of participants", () => {
  const onAdmit = openSheet();
  screen.getByText("3 ask to join");
  tap("admit-3");
  tap("turn-away-2");
  expect(onAdmit.mock.calls).toEqual([
    [3, true],
    [2, false],
  ]);
});

test.each([
  ["admit-all", true],
  ["turn-away-all", false],
])("%s answers everybody", (button, admit) => {
  const onAdmit = openSheet();
  tap(button);
  expect(onAdmit.mock.calls).toEqual(PEOPLE.map(({ id }) => [id, admit]));
});

test("one who waits has no answer for all, and nobody who waits is no section", () => {
  openSheet(PEOPLE.slice(0, 1));
  expect(screen.queryByTestId("admit-all")).toBeNull();
  cleanup();
  openSheet([]);
  expect(screen.queryByTestId("waiting-people")).toBeNull();
});

test("the card is about one, and says how many more wait", () => {
  show(<Knocks people={PEOPLE} onAnswer={() => {}} />);
  screen.getByText("Boris asks to join");
  expect(screen.getByTestId("more-knocks").textContent).toBe("2 more are waiting");
  cleanup();
  show(<Knocks people={PEOPLE.slice(0, 1)} onAnswer={() => {}} />);
  expect(screen.queryByTestId("more-knocks")).toBeNull();
});
