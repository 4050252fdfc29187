/** Whom the bot calls into the call, and what came of it: known until they come, or until it was seen. */

import type { ServerMessage } from "../signaling/messages.gen";
import { personOf } from "./roster";
import type { Ringing } from "./state";

export class Rings {
  #rings: readonly Ringing[] = [];
  /** Whose outcome was seen: the server tells it again after each loss of the connection. */
  #dismissed = new Set<number>();

  get all(): readonly Ringing[] {
    return this.#rings;
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#rings = []; // what still holds is told anew
        break;
      case "ring": {
        if (message.state === "ringing") this.#dismissed.delete(message.user_id);
        else if (this.#dismissed.has(message.user_id)) break;
        const ringing = { person: personOf(message.user), state: message.state };
        const known = this.#rings.some(({ person }) => person.id === message.user_id);
        this.#rings = known
          ? this.#rings.map((each) => (each.person.id === message.user_id ? ringing : each))
          : [...this.#rings, ringing];
        break;
      }
      case "user_joined":
        this.#forget(message.user.id);
        break;
    }
  }

  /** It has been seen. */
  dismiss(userId: number): void {
    this.#dismissed.add(userId);
    this.#forget(userId);
  }

  #forget(userId: number): void {
    if (this.#rings.some(({ person }) => person.id === userId))
      this.#rings = this.#rings.filter(({ person }) => person.id !== userId);
  }
}
