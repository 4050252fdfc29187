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

type FriendApi = Pick<ApiClient, "friends" | "setFavourite" | "deleteFriends" | "setBlocked">;

export class FriendList {
  readonly #api: FriendApi;
  readonly #list = new PagedList<Friend>((friend) => friend.id);
  #search: FriendSearch = { query: "", favourites: false };
  /** Whose mark is on its way to the server. */
  readonly #marking = new Set<number>();
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
    this.#list.start(async (loaded, _next, signal) => {
      // What was deleted here is gone there too, and so is who is a favourite no longer, though still shown here:
      // the next one comes after those that the server counts for sure. Who comes twice is left out.
      const counts = (friend: Friend) => friend.is_favourite === true && !this.#marking.has(friend.id);
      const offset = (favourites ? loaded.filter(counts) : loaded).length;
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

  /** Shown at once, and taken back where the server would not. */
  async setFavourite(friendId: number, favourite: boolean): Promise<Outcome<void>> {
    this.#list.change(friendId, (friend) => ({ ...friend, is_favourite: favourite }));
    this.#marking.add(friendId);
    const outcome = await answerOf(() => this.#api.setFavourite(friendId, favourite));
    this.#marking.delete(friendId);
    if (!outcome.ok) this.#list.change(friendId, (friend) => ({ ...friend, is_favourite: !favourite }));
    return outcome;
  }

  async delete(friendIds: readonly number[]): Promise<Outcome<void>> {
    return this.#without(friendIds, () => this.#api.deleteFriends(friendIds));
  }

  async block(friendId: number): Promise<Outcome<void>> {
    return this.#without([friendId], () => this.#api.setBlocked(friendId, true));
  }

  async #without(ids: readonly number[], work: () => Promise<void>): Promise<Outcome<void>> {
    const outcome = await answerOf(work);
    if (outcome.ok) this.#list.remove(ids);
    return outcome;
  }
}
