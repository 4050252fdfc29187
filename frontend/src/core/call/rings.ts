/** Whom the bot calls into the call, and what came of it: known until they come, or until it was seen. */

import type { ServerMessage } from "../signaling/messages.gen";
import { personOf } from "./roster";
import type { Ringing } from "./state";

export class Rings {
  #rings: readonly Ringing[] = [];

  get all(): readonly Ringing[] {
    return this.#rings;
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#rings = []; // what still holds is told anew
        break;
      case "ring": {
        const ringing = { person: personOf(message.user), state: message.state };
        const known = this.#rings.some(({ person }) => person.id === message.user_id);
        this.#rings = known
          ? this.#rings.map((each) => (each.person.id === message.user_id ? ringing : each))
          : [...this.#rings, ringing];
        break;
      }
      case "user_joined":
        this.forget(message.user.id);
        break;
    }
  }

  forget(userId: number): void {
    if (this.#rings.some(({ person }) => person.id === userId))
      this.#rings = this.#rings.filter(({ person }) => person.id !== userId);
  }
}
