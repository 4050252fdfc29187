import { expect, test } from "vitest";
import { ApiError } from "../api/http";
import { type Page, PagedList, type Source } from "./pagedList";

interface Question {
  readonly loaded: readonly number[];
  readonly next: string | null;
  readonly signal: AbortSignal;
  answer(page: Page<number>): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A list of numbers, and what it asks for. */
function asked(): { list: PagedList<number>; source: Source<number>; questions: Question[] } {
  const questions: Question[] = [];
  const source: Source<number> = (loaded, next, signal) =>
    new Promise((resolve, reject) => {
      const settled = () => new Promise<void>((done) => setTimeout(done));
      questions.push({
        loaded,
        next,
        signal,
        answer: (page) => {
          resolve(page);
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
    });
  return { list: new PagedList<number>((item) => item), source, questions };
}

const page = (items: number[], next: string | null = null, total: number | null = null) => ({
  items,
  next,
  total,
});

test("pages follow each other until the last one", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  expect(list.getState()).toMatchObject({ loading: "first", items: [] });
  await questions[0]?.answer(page([1, 2], "b", 3));
  expect(list.getState()).toMatchObject({ loading: null, items: [1, 2], hasMore: true, total: 3 });
  list.more();
  list.more();
  expect(questions).toHaveLength(2);
  expect(questions[1]).toMatchObject({ loaded: [1, 2], next: "b" });
  await questions[1]?.answer(page([2, 3], null, 3));
  expect(list.getState()).toMatchObject({ items: [1, 2, 3], hasMore: false });
  list.more();
  expect(questions).toHaveLength(2);
});

test("a new question aborts the one before, whose answer is not taken", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  list.start(source);
  expect(questions[0]?.signal.aborted).toBe(true);
  await questions[1]?.answer(page([7]));
  await questions[0]?.answer(page([1]));
  expect(list.getState().items).toEqual([7]);
});

test("what is there stays until the new first page has come", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  await questions[0]?.answer(page([1, 2], "b", 9));
  list.start(source);
  expect(list.getState()).toMatchObject({ loading: "first", items: [1, 2] });
  expect(questions[1]).toMatchObject({ loaded: [], next: null });
  await questions[1]?.answer(page([]));
  expect(list.getState()).toMatchObject({ loading: null, items: [], total: null });
});

test("trouble is told, with the time to wait, and what did not come is asked for again", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  await questions[0]?.fail(new ApiError(429, "slow down", 12));
  expect(list.getState()).toMatchObject({
    loading: null,
    items: [],
    trouble: { code: "rate_limited", retryAfterS: 12 },
  });
  list.retry();
  await questions[1]?.answer(page([1], "b"));
  list.more();
  await questions[2]?.fail(new ApiError(503, "away"));
  expect(list.getState()).toMatchObject({ items: [1], trouble: { code: "unavailable" }, hasMore: true });
  list.retry();
  expect(questions[3]).toMatchObject({ loaded: [1], next: "b" });
  await questions[3]?.answer(page([2]));
  expect(list.getState()).toMatchObject({ items: [1, 2], trouble: null });
});

test("a first page that did not come leaves nothing of another question", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  await questions[0]?.answer(page([1, 2], null, 2));
  list.start(source);
  await questions[1]?.fail(new ApiError(0, "network"));
  expect(list.getState()).toMatchObject({ items: [], total: null, trouble: { code: "network" } });
});

test("items change and go, also while a page is on its way", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  await questions[0]?.answer(page([1, 2, 3], "b", 5));
  list.more();
  list.remove([2, 99]);
  expect(list.getState()).toMatchObject({ items: [1, 3], total: 4 });
  await questions[1]?.answer(page([4, 5], null, 4));
  expect(list.getState().items).toEqual([1, 3, 4, 5]);
  list.change(4, () => 40);
  expect(list.getState().items).toEqual([1, 3, 40, 5]);
});

test("who has removed all that is there sees what follows", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  await questions[0]?.answer(page([1, 2], "b", 3));
  list.remove([1, 2]);
  expect(questions[1]).toMatchObject({ loaded: [], next: "b" });
  await questions[1]?.answer(page([3], null, 1));
  expect(list.getState()).toMatchObject({ items: [3], total: 1 });
});

test("after the end nothing is taken any more", async () => {
  const { list, source, questions } = asked();
  list.start(source);
  list.stop();
  expect(questions[0]?.signal.aborted).toBe(true);
  await questions[0]?.answer(page([1]));
  expect(list.getState().items).toEqual([]);
});
