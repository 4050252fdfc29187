/** Whose link is weak, by what the server says of those through it, and what is measured of direct ones. */

import type { Quality } from "../signaling/messages.gen";
import type { Weakness } from "./state";

/** Below it people begin to complain; above `GOOD_AGAIN` they have stopped, and in between nothing flickers. */
const WEAK = 3.4;
const GOOD_AGAIN = 3.8;

export class LinkQuality {
  #weak = new Map<number, Weakness>();

  hear({ user_id, score, reason }: Pick<Quality, "user_id" | "score" | "reason">): void {
    const threshold = this.#weak.has(user_id) ? GOOD_AGAIN : WEAK;
    if (score >= threshold || reason === "silent" || reason === "good") this.#weak.delete(user_id);
    else this.#weak.set(user_id, reason);
  }

  /** What a link suffers from; null for one that is well. */
  weakness(userId: number): Weakness | null {
    return this.#weak.get(userId) ?? null;
  }

  forget(userId: number): void {
    this.#weak.delete(userId);
  }

  clear(): void {
    this.#weak.clear();
  }
}
