/**
 * Who may do what and who wants the word: roles, the lock, hands, reactions, chat, and who knocks. Takes in the
 * server's messages; holds no connection and no clock but the one it is told.
 */

import type { ServerMessage, User } from "../signaling/messages.gen";
import { personOf } from "./roster";
import type { ChatLine, Notice, Person, Role, ShownReaction } from "./state";

const MAX_CHAT_LINES = 200;
const MAX_REACTIONS = 12;
export const REACTION_MS = 4_000;

export interface FloorState {
  readonly role: Role;
  readonly hand: boolean;
  readonly locked: boolean;
  readonly chat: readonly ChatLine[];
  readonly reactions: readonly ShownReaction[];
  readonly knocks: readonly Person[];
  readonly notice: Notice | null;
}

/** What the own devices have to do because a host says so. */
export type Order = "mute" | "stop_video";

export class Floor {
  #state: FloorState = {
    role: "participant",
    hand: false,
    locked: false,
    chat: [],
    reactions: [],
    knocks: [],
    notice: null,
  };
  #ids = 0;
  #reactedAt = new Map<number, number>();
  #self: Person | null = null;

  get state(): FloorState {
    return this.#state;
  }

  /** people: whose word it is, by id. Returns what the own devices have to do. */
  receive(message: ServerMessage, people: (id: number) => Person | undefined, nowMs: number): Order | null {
    switch (message.type) {
      case "welcome":
        this.#welcomed(message.self.user, message.self.role, message.locked);
        break;
      case "chat":
        this.#said(this.#find(message.user_id, people), message.text, Date.parse(message.at));
        break;
      case "reaction":
        this.#reacted(this.#find(message.user_id, people), message.emoji, nowMs);
        break;
      case "hand":
        if (message.user_id === this.#self?.id) this.#set({ hand: message.raised });
        break;
      case "knock": {
        const others = this.#state.knocks.filter(({ id }) => id !== message.user.id);
        this.#set({ knocks: message.waiting ? [...others, personOf(message.user)] : others });
        break;
      }
      case "moderation":
        return this.#moderated(message.action, message.user_id);
    }
    return null;
  }

  /** Ends reactions that were shown for long enough. True when one was. */
  expire(nowMs: number): boolean {
    const left = this.#state.reactions.filter(
      ({ id }) => nowMs - (this.#reactedAt.get(id) ?? 0) < REACTION_MS,
    );
    if (left.length === this.#state.reactions.length) return false;
    for (const id of this.#reactedAt.keys())
      if (!left.some((each) => each.id === id)) this.#reactedAt.delete(id);
    this.#set({ reactions: left });
    return true;
  }

  #welcomed(user: User, role: Role, locked: boolean): void {
    this.#self = personOf(user);
    this.#set({ role, locked, knocks: [] }); // who knocks is told anew to a host who comes
  }

  #find(id: number, people: (id: number) => Person | undefined): Person | undefined {
    return id === this.#self?.id ? this.#self : people(id);
  }

  #said(person: Person | undefined, text: string, at: number): void {
    // After a resume the last lines may come again.
    const known = this.#state.chat.some(
      (line) => line.person.id === person?.id && line.at === at && line.text === text,
    );
    if (!person || known) return;
    const line = { id: ++this.#ids, person, self: person.id === this.#self?.id, text, at };
    this.#set({ chat: [...this.#state.chat, line].slice(-MAX_CHAT_LINES) });
  }

  #reacted(person: Person | undefined, emoji: string, nowMs: number): void {
    if (!person) return;
    const reaction = { id: ++this.#ids, person, emoji };
    this.#reactedAt.set(reaction.id, nowMs);
    this.#set({ reactions: [...this.#state.reactions, reaction].slice(-MAX_REACTIONS) });
  }

  #moderated(action: string, userId: number | null): Order | null {
    if (action === "lock" || action === "unlock") {
      this.#set({ locked: action === "lock", ...(action === "unlock" ? { knocks: [] } : {}) });
      this.#tell(action === "lock" ? "locked" : "unlocked");
      return null;
    }
    if (userId !== this.#self?.id) return null;
    if (action === "make_host") {
      this.#set({ role: "host" });
      this.#tell("made_host");
    } else if (action === "mute") {
      this.#tell("muted");
      return "mute";
    } else if (action === "stop_video") {
      this.#tell("video_stopped");
      return "stop_video";
    }
    return null;
  }

  #tell(kind: Notice["kind"]): void {
    this.#set({ notice: { id: ++this.#ids, kind } });
  }

  #set(changes: Partial<FloorState>): void {
    this.#state = { ...this.#state, ...changes };
  }
}
