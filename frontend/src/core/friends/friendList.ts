/** One's friends as a page shows them: searched while somebody types, page by page, changed in place. */

import type { ApiClient } from "../api/client";
import { answerOf, type Outcome } from "../api/outcome";
import type { Friend } from "../api/types";
import { PagedList, type PagedState } from "../paging/pagedList";

export const PAGE_SIZE = 50;
/** The API deletes no more in one request. */
export const MOST_AT_ONCE = 1_000;
/** So long after the last key something is looked for. */
export const SEARCH_AFTER_MS = 300;

export interface FriendSearch {
  readonly query: string;
  readonly favourites: boolean;
}

/** wanted: what the last tap has said. settled: what has come of it. */
interface Mark {
  wanted: boolean;
  settled: Promise<Outcome<void>>;
}

type FriendApi = Pick<ApiClient, "friends" | "setFavourite" | "deleteFriends" | "setBlocked">;

export class FriendList {
  readonly #api: FriendApi;
  readonly #list = new PagedList<Friend>((friend) => friend.id);
  #search: FriendSearch = { query: "", favourites: false };
  /** Whose mark is on its way to the server. */
  readonly #marks = new Map<number, Mark>();
  /** Whom the server may list or not: it has not said what came of a change. */
  readonly #unsure = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: FriendApi) {
    this.#api = api;
  }

  getState = (): PagedState<Friend> => this.#list.getState();
  subscribe = (listener: () => void): (() => void) => this.#list.subscribe(listener);
  more = (): void => this.#list.more();
  retry = (): void => this.#list.retry();

  start(): void {
    const { query, favourites } = this.#search;
    this.#unsure.clear();
    this.#list.start(async (loaded, _next, signal) => {
      // What was deleted here is gone there too, and so is who is a favourite no longer, though still shown here:
      // the next one comes after those that the server counts for sure. Who comes twice is left out.
      const counts = (friend: Friend) =>
        !this.#unsure.has(friend.id) && (!favourites || friend.is_favourite === true);
      const offset = loaded.filter(counts).length;
      const page = await this.#api.friends({ query, favourites, limit: PAGE_SIZE, offset }, signal);
      const seen = offset + page.friends.length;
      const isLast = page.total === null ? page.friends.length < PAGE_SIZE : seen >= page.total;
      const next = isLast || page.friends.length === 0 ? null : String(seen);
      return { items: page.friends, next, total: page.total };
    });
  }

  /** Looks for it when nothing else is typed for a moment; what is being looked for is given up at once. */
  setQuery(text: string): void {
    const query = text.trim();
    if (query === this.#search.query) return;
    this.#search = { ...this.#search, query };
    clearTimeout(this.#timer);
    this.#list.stop();
    this.#timer = setTimeout(() => this.start(), SEARCH_AFTER_MS);
  }

  setFavouritesOnly(favourites: boolean): void {
    this.#search = { ...this.#search, favourites };
    clearTimeout(this.#timer);
    this.start();
  }

  stop = (): void => {
    clearTimeout(this.#timer);
    this.#list.stop();
  };

  /**
   * Shown at once, and taken back to what the server has where it would not. Of several taps on one friend the
   * last counts, and is sent when the one before has been answered; all of them hear what came of it.
   */
  setFavourite(friendId: number, favourite: boolean): Promise<Outcome<void>> {
    const before = this.#list.getState().items.find(({ id }) => id === friendId)?.is_favourite ?? !favourite;
    this.#show(friendId, favourite);
    const known = this.#marks.get(friendId);
    if (known) {
      known.wanted = favourite;
      return known.settled;
    }
    const mark: Mark = { wanted: favourite, settled: Promise.resolve({ ok: true, value: undefined }) };
    this.#marks.set(friendId, mark);
    mark.settled = this.#list.holding(() => this.#send(friendId, mark, before));
    return mark.settled;
  }

  async #send(friendId: number, mark: Mark, before: boolean): Promise<Outcome<void>> {
    let had = before;
    for (;;) {
      const sent = mark.wanted;
      const outcome = await answerOf(() => this.#api.setFavourite(friendId, sent));
      if (outcome.ok) {
        had = sent;
        this.#unsure.delete(friendId);
      } else this.#unsure.add(friendId);
      if (mark.wanted !== sent) continue;
      this.#marks.delete(friendId);
      if (!outcome.ok) this.#show(friendId, had);
      return outcome;
    }
  }

  #show(friendId: number, favourite: boolean): void {
    this.#list.change(friendId, (friend) => ({ ...friend, is_favourite: favourite }));
  }

  async delete(friendIds: readonly number[]): Promise<Outcome<void>> {
    return this.#without(friendIds, () => this.#api.deleteFriends(friendIds));
  }

  async block(friendId: number): Promise<Outcome<void>> {
    return this.#without([friendId], () => this.#api.setBlocked(friendId, true));
  }

  #without(ids: readonly number[], work: () => Promise<void>): Promise<Outcome<void>> {
    return this.#list.holding(async () => {
      const outcome = await answerOf(work);
      if (outcome.ok) this.#list.remove(ids);
      else for (const id of ids) this.#unsure.add(id);
      return outcome;
    });
  }
}
