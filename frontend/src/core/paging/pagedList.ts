/** A list that comes page by page: one request at a time, the newest question wins. */

import { outcomeOf } from "../api/outcome";

export interface Page<Item> {
  readonly items: readonly Item[];
  /** What the next page is asked for by; null: this is the last one. */
  readonly next: string | null;
  /** On all pages; null: nobody tells. */
  readonly total: number | null;
}

export interface Trouble {
  readonly code: string;
  readonly retryAfterS: number | null;
}

export interface PagedState<Item> {
  /** `first`: nothing of what was asked for is there yet; `items` may still be what was there before. */
  readonly loading: "first" | "more" | null;
  readonly items: readonly Item[];
  readonly hasMore: boolean;
  readonly total: number | null;
  /** Why the last request brought nothing; `retry` asks again. */
  readonly trouble: Trouble | null;
}

/** loaded: what is there already. next: of the page before, null for the first one. Throws `ApiError`. */
export type Source<Item> = (
  loaded: readonly Item[],
  next: string | null,
  signal: AbortSignal,
) => Promise<Page<Item>>;

export class PagedList<Item> {
  #state: PagedState<Item> = { loading: "first", items: [], hasMore: false, total: null, trouble: null };
  #next: string | null = null;
  #source: Source<Item> | null = null;
  #request: AbortController | null = null;
  #holds = 0;
  /** What is asked for when nothing holds it any more. */
  #awaited: PagedState<Item>["loading"] = null;
  readonly #keyOf: (item: Item) => string | number;
  readonly #listeners = new Set<() => void>();

  constructor(keyOf: (item: Item) => string | number) {
    this.#keyOf = keyOf;
  }

  getState = (): PagedState<Item> => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks for the first page. What is there stays until it has come. */
  start(source: Source<Item>): void {
    this.#source = source;
    void this.#load("first");
  }

  more(): void {
    if (this.#state.hasMore && this.#state.loading === null) void this.#load("more");
  }

  /** Asks again for what did not come. */
  retry(): void {
    if (this.#state.trouble) void this.#load(this.#next === null ? "first" : "more");
  }

  /** Nothing that is still on its way counts any more. */
  stop = (): void => {
    this.#request?.abort();
    this.#request = null;
    this.#awaited = null;
  };

  /**
   * While `work` changes what the pages are cut from, no page is asked for, and one on its way is asked for anew
   * after it: its place is counted on what is there then.
   */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.#holds += 1;
    if (this.#request) {
      this.stop();
      this.#awaited = this.#state.loading;
    }
    try {
      return await work();
    } finally {
      this.#holds -= 1;
      if (this.#holds === 0 && this.#awaited) void this.#load(this.#awaited);
    }
  }

  change(key: string | number, change: (item: Item) => Item): void {
    const items = this.#state.items.map((item) => (this.#keyOf(item) === key ? change(item) : item));
    this.#set({ items });
  }

  remove(keys: readonly (string | number)[]): void {
    const gone = new Set(keys);
    const items = this.#state.items.filter((item) => !gone.has(this.#keyOf(item)));
    const removed = this.#state.items.length - items.length;
    const total = this.#state.total === null ? null : Math.max(0, this.#state.total - removed);
    this.#set({ items, total });
    if (items.length === 0) this.more();
  }

  async #load(which: "first" | "more"): Promise<void> {
    const source = this.#source;
    if (!source) return;
    this.stop();
    if (which === "first") this.#next = null;
    this.#set({ loading: which, trouble: null });
    if (this.#holds > 0) {
      this.#awaited = which;
      return;
    }
    const request = new AbortController();
    this.#request = request;
    const loaded = which === "first" ? [] : this.#state.items;
    const outcome = await outcomeOf(async () => ({
      ok: true,
      value: await source(loaded, this.#next, request.signal),
    }));
    if (this.#request !== request) return;
    this.#request = null;
    if (!outcome.ok) {
      const kept = which === "first" ? { items: [], hasMore: false, total: null } : {};
      const trouble = { code: outcome.code, retryAfterS: outcome.retryAfterS ?? null };
      this.#set({ ...kept, loading: null, trouble });
      return;
    }
    const page = outcome.value;
    this.#next = page.next;
    // What was removed meanwhile stays removed; what comes a second time, because the list has moved, is left out.
    const before = which === "first" ? [] : this.#state.items;
    const known = new Set(before.map(this.#keyOf));
    const items = [...before, ...page.items.filter((item) => !known.has(this.#keyOf(item)))];
    this.#set({ loading: null, items, hasMore: page.next !== null, total: page.total });
  }

  #set(change: Partial<PagedState<Item>>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
