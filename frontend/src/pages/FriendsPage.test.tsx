// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Friend, FriendQuery } from "../core/api/types";
import { type Services, ServicesContext } from "../hooks/services";
import { startI18n } from "../i18n/setup";
import FriendsPage from "./FriendsPage";

vi.mock("../core/friends/friendList", async (original) => ({
  ...(await original<typeof import("../core/friends/friendList")>()),
  MOST_AT_ONCE: 2,
}));

const PEOPLE: Friend[] = ["Anna", "Boris", "Clara"].map((name, index) => ({
  id: index + 1,
  username: null,
  first_name: name,
  last_name: null,
  photo_url: null,
  last_call_at: null,
  is_favourite: false,
}));

const api = {
  friends: vi.fn(async ({ query }: FriendQuery) => {
    const friends = PEOPLE.filter((friend) => friend.first_name?.includes(query));
    return { friends, total: friends.length };
  }),
  deleteFriends: vi.fn(async () => {}),
  setBlocked: vi.fn(async () => {}),
  setFavourite: vi.fn(async () => {}),
};

beforeAll(() => {
  startI18n("en");
  // jsdom knows the element, and not what makes it a modal one.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
});
beforeEach(async () => {
  vi.clearAllMocks();
  const services = { api, telegram: { inside: false, showBack: () => () => {} } } as unknown as Services;
  render(
    <ServicesContext value={services}>
      <MemoryRouter>
        <FriendsPage />
      </MemoryRouter>
    </ServicesContext>,
  );
  await screen.findByTestId("friend-1");
});
afterEach(cleanup);

const tap = (id: string) => fireEvent.click(screen.getByTestId(id));
const look = (text: string) => fireEvent.change(screen.getByTestId("search"), { target: { value: text } });
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

test("those are deleted who are to be seen as chosen, and the button counts them", async () => {
  tap("select");
  tap("choose-1");
  look("Bor");
  await gone("friend-1");
  expect(screen.getByTestId("delete-chosen").textContent).toBe("Delete: 0");
  tap("choose-2");
  expect(screen.getByTestId("delete-chosen").textContent).toBe("Delete: 1");
  tap("delete-chosen");
  screen.getByText("Delete Boris from friends?");
  tap("confirm-yes");
  await gone("confirm-yes");
  expect(api.deleteFriends.mock.calls).toEqual([[[2]]]);
});

const focused = () => document.activeElement?.textContent;

test("the focus goes to the heading where who had it has gone", async () => {
  screen.getByTestId("friend-menu-1").focus();
  tap("friend-menu-1");
  tap("do-delete");
  tap("confirm-yes");
  await gone("friend-1");
  await waitFor(() => expect(focused()).toBe("Friends"));
  screen.getByTestId("friend-menu-2").focus();
  tap("friend-menu-2");
  tap("do-block");
  tap("confirm-yes");
  await gone("friend-2");
  await waitFor(() => expect(focused()).toBe("Friends"));
});

test("a star has one name, and says itself whether it is set", async () => {
  const star = () => screen.getByRole("button", { name: "Favourite: Anna" }).getAttribute("aria-pressed");
  expect(star()).toBe("false");
  tap("star-1");
  await waitFor(() => expect(star()).toBe("true"));
});

test("who was chosen before a search is not chosen after it", async () => {
  tap("select");
  tap("choose-1");
  look("Bor");
  await gone("friend-1");
  look("");
  await screen.findByTestId("friend-1");
  expect((screen.getByTestId("choose-1") as HTMLInputElement).checked).toBe(false);
});

test("choosing can be cancelled where nobody was found", async () => {
  tap("select");
  look("Nobody");
  await screen.findByTestId("empty");
  tap("select");
  screen.getByTestId("blocked-link");
});

test("no more are chosen than can be deleted at once", () => {
  tap("select");
  for (const id of [1, 2, 3]) tap(`choose-${id}`);
  screen.getByText("No more than 2 at once");
  expect((screen.getByTestId("choose-3") as HTMLInputElement).checked).toBe(false);
  expect(screen.getByTestId("delete-chosen").textContent).toBe("Delete: 2");
  tap("choose-1");
  tap("choose-3");
  expect((screen.getByTestId("choose-3") as HTMLInputElement).checked).toBe(true);
});
