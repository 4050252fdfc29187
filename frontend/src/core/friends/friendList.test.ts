import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { friendPage } from "../api/client";
import { ApiError } from "../api/http";
import type { Friend, FriendQuery } from "../api/types";
import { FriendList, PAGE_SIZE, SEARCH_AFTER_MS } from "./friendList";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NAMES = ["Anna", "Boris", ...Array.from({ length: 60 }, (_, index) => `Guest ${index}`)];
const everybody: Friend[] = NAMES.map((name, index) => ({
  id: index + 1,
  username: null,
  first_name: name,
  last_name: null,
  photo_url: null,
  last_call_at: "2026-01-02T03:04:05Z",
  is_favourite: index === 1,
}));

/** Answers as the API does, from a list of its own. */
function friendsOf(people: Friend[]) {
  const asked: FriendQuery[] = [];
  const signals: AbortSignal[] = [];
  const api = {
    friends: vi.fn(async (question: FriendQuery, signal?: AbortSignal) => {
      asked.push(question);
      if (signal) signals.push(signal);
      const found = people.filter(
        (friend) =>
          friend.first_name?.includes(question.query) && (!question.favourites || friend.is_favourite),
      );
      const { offset, limit } = question;
      return { friends: found.slice(offset, offset + limit), total: found.length };
    }),
    setFavourite: vi.fn(async (_id: number, _favourite: boolean) => {}),
    deleteFriends: vi.fn(async (ids: readonly number[]) => {
      for (const id of ids)
        people.splice(
          people.findIndex((friend) => friend.id === id),
          1,
        );
    }),
    setBlocked: vi.fn(async () => {}),
  };
  return { api, asked, signals, list: new FriendList(api) };
}

const names = (list: FriendList) => list.getState().items.map((friend) => friend.first_name);

test("all of them come, page by page", async () => {
  const { list, asked } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  expect(list.getState()).toMatchObject({ total: 62, hasMore: true });
  expect(names(list)).toHaveLength(PAGE_SIZE);
  list.more();
  await vi.runAllTimersAsync();
  expect(names(list)).toEqual(NAMES);
  expect(list.getState().hasMore).toBe(false);
  expect(asked.map(({ offset }) => offset)).toEqual([0, PAGE_SIZE]);
});

test("typing asks once, for what stands there in the end, and gives up what was asked before", async () => {
  const { list, asked, signals } = friendsOf([...everybody]);
  list.start();
  list.setQuery("A");
  expect(signals[0]?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(SEARCH_AFTER_MS - 1);
  list.setQuery("Ann");
  list.setQuery(" Ann ");
  await vi.advanceTimersByTimeAsync(SEARCH_AFTER_MS - 1);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked.map(({ query }) => query)).toEqual(["", "Ann"]);
  expect(names(list)).toEqual(["Anna"]);
});

test("favourites alone are asked for at once, with what is typed", async () => {
  const { list, asked } = friendsOf([...everybody]);
  list.setQuery("Bor");
  list.setFavouritesOnly(true);
  await vi.runAllTimersAsync();
  expect(asked).toEqual([{ query: "Bor", favourites: true, limit: PAGE_SIZE, offset: 0 }]);
  expect(names(list)).toEqual(["Boris"]);
});

test("a mark shows at once, and goes again where the server refuses", async () => {
  const { list, api } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  api.setFavourite.mockRejectedValueOnce(new ApiError(429, "slow down", 3));
  const done = list.setFavourite(1, true);
  expect(list.getState().items[0]?.is_favourite).toBe(true);
  expect(await done).toMatchObject({ ok: false, code: "rate_limited" });
  expect(list.getState().items[0]?.is_favourite).toBe(false);
  expect(await list.setFavourite(1, true)).toMatchObject({ ok: true });
  expect(list.getState().items[0]?.is_favourite).toBe(true);
});

test("who is deleted is gone, and nobody is left out of the next page", async () => {
  const { list, asked } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  await list.delete([1, 2, 3]);
  expect(list.getState()).toMatchObject({ total: 59 });
  list.more();
  await vi.runAllTimersAsync();
  expect(asked[1]?.offset).toBe(PAGE_SIZE - 3);
  expect(names(list)).toEqual(NAMES.slice(3));
});

/** All are favourites, and the first page of them is there. */
async function favouritesOf(people: Friend[]) {
  const all = people.map((friend) => ({ ...friend, is_favourite: true }));
  const found = friendsOf(all);
  found.api.setFavourite.mockImplementation(async (id: number, favourite: boolean) => {
    const index = all.findIndex((friend) => friend.id === id);
    all.splice(index, 1, { ...(all[index] as Friend), is_favourite: favourite });
  });
  found.list.setFavouritesOnly(true);
  await vi.runAllTimersAsync();
  return found;
}

test("who is a favourite no longer stays shown, and nobody is left out of the next page", async () => {
  const { list, asked } = await favouritesOf(everybody);
  await list.setFavourite(1, false);
  await list.setFavourite(2, false);
  await list.setFavourite(2, true);
  await list.setFavourite(3, false);
  list.more();
  await vi.runAllTimersAsync();
  expect(asked[1]?.offset).toBe(PAGE_SIZE - 2);
  expect(names(list)).toEqual(NAMES);
  expect(list.getState().hasMore).toBe(false);
});

/** Every mark waits until it is answered. */
function answeredLater(api: ReturnType<typeof friendsOf>["api"]) {
  const answers: { done: () => void; failed: (error: Error) => void }[] = [];
  const apply = api.setFavourite.getMockImplementation() ?? (async () => {});
  api.setFavourite.mockImplementation(async (id: number, favourite: boolean) => {
    await new Promise<void>((done, failed) => answers.push({ done, failed }));
    await apply(id, favourite);
  });
  return answers;
}

test("two taps on a star are sent one after the other, and the last one counts", async () => {
  const { list, api } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  const answers = answeredLater(api);
  const taps = [list.setFavourite(1, true), list.setFavourite(1, false), list.setFavourite(3, true)];
  expect(api.setFavourite.mock.calls).toEqual([
    [1, true],
    [3, true],
  ]);
  answers[0]?.done();
  await vi.runAllTimersAsync();
  expect(api.setFavourite.mock.calls[2]).toEqual([1, false]);
  for (const answer of answers) answer.done();
  expect(await Promise.all(taps)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  expect(
    list
      .getState()
      .items.map((friend) => friend.is_favourite)
      .slice(0, 3),
  ).toEqual([false, true, true]);
});

test("what is refused goes back to what the server has, not to the opposite", async () => {
  const { list, api } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  const answers = answeredLater(api);
  const isFavourite = () => list.getState().items[0]?.is_favourite;
  const taps = [list.setFavourite(1, true), list.setFavourite(1, false), list.setFavourite(1, true)];
  answers[0]?.failed(new ApiError(503, "away"));
  expect(await Promise.all(taps)).toMatchObject([{ ok: false }, { ok: false }, { ok: false }]);
  expect(isFavourite()).toBe(false);
  const again = [list.setFavourite(1, true), list.setFavourite(1, false)];
  answers[1]?.done();
  await vi.runAllTimersAsync();
  answers[2]?.failed(new ApiError(503, "away"));
  await Promise.all(again);
  expect(isFavourite()).toBe(true);
});

test("no page is asked for while a mark is on its way, and the one asked for before it is asked for anew", async () => {
  const { list, api, asked, signals } = await favouritesOf(everybody);
  const answers = answeredLater(api);
  list.more();
  const marked = list.setFavourite(1, false);
  expect(signals[1]?.aborted).toBe(true);
  list.more();
  await vi.runAllTimersAsync();
  expect(asked).toHaveLength(2);
  expect(list.getState().loading).toBe("more");
  answers[0]?.done();
  await marked;
  await vi.runAllTimersAsync();
  expect(asked.slice(2).map(({ offset }) => offset)).toEqual([PAGE_SIZE - 1]);
  expect(names(list)).toEqual(NAMES);
});

test("who may be a favourite no longer, because nobody has answered, is not counted on", async () => {
  const { list, api, asked } = await favouritesOf(everybody);
  const apply = api.setFavourite.getMockImplementation() ?? (async () => {});
  api.setFavourite.mockImplementationOnce(async (id: number, favourite: boolean) => {
    await apply(id, favourite);
    throw new ApiError(0, "network");
  });
  expect(await list.setFavourite(1, false)).toMatchObject({ ok: false, code: "network" });
  list.more();
  await vi.runAllTimersAsync();
  expect(asked[1]?.offset).toBe(PAGE_SIZE - 1);
  expect(names(list)).toEqual(NAMES);
});

test("nobody is left out of a page that was on its way while somebody was deleted", async () => {
  const { list, asked } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  list.more();
  const deleted = list.delete([1, 2]);
  list.more();
  await deleted;
  await vi.runAllTimersAsync();
  expect(asked.at(-1)?.offset).toBe(PAGE_SIZE - 2);
  expect(names(list)).toEqual(NAMES.slice(2));
});

test("a page that waits for a mark is not asked for when nobody looks any more", async () => {
  const { list, api, asked } = await favouritesOf(everybody);
  const answers = answeredLater(api);
  const marked = list.setFavourite(1, false);
  list.more();
  list.stop();
  answers[0]?.done();
  await marked;
  await vi.runAllTimersAsync();
  expect(asked).toHaveLength(1);
});

test("who could not be blocked stays", async () => {
  const { list, api } = friendsOf([...everybody]);
  list.start();
  await vi.runAllTimersAsync();
  api.setBlocked.mockRejectedValueOnce(new ApiError(503, "away"));
  expect(await list.block(2)).toMatchObject({ ok: false, code: "unavailable" });
  expect(names(list)).toContain("Boris");
  await list.block(2);
  expect(names(list)).not.toContain("Boris");
});

test("nothing is asked for after the end", async () => {
  const { list, asked } = friendsOf([...everybody]);
  list.setQuery("Ann");
  list.stop();
  await vi.runAllTimersAsync();
  expect(asked).toEqual([]);
});

test("the bare list of the first servers is taken too", () => {
  const bare = [{ id: 5, telegram_user_id: 7, display_name: "Vera", username: null, photo_url: null }];
  expect(friendPage(bare)).toMatchObject({
    total: null,
    friends: [{ id: 5, first_name: "Vera", last_name: null, is_favourite: null }],
  });
  const page = { friends: [], total: 0 };
  expect(friendPage(page)).toBe(page);
});
