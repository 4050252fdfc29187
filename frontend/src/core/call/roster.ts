/** Who else is in the call, in the order of joining. */

import type { MediaStateChanged, Participant, User } from "../signaling/messages.gen";
import type { Person, Role } from "./state";

export interface Remote {
  readonly person: Person;
  readonly index: number;
  readonly v2: boolean;
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  readonly role: Role;
  readonly hand: boolean;
}

export class Roster {
  #remotes = new Map<number, Remote>();
  #joined = 1; // the own tile is 0

  get all(): readonly Remote[] {
    return [...this.#remotes.values()];
  }

  get(userId: number): Remote | undefined {
    return this.#remotes.get(userId);
  }

  /** Who is here now. Those who were keep their places; returns the ids of those who are gone. */
  reset(participants: readonly (Participant | User)[]): number[] {
    const here = new Set(participants.map(({ id }) => id));
    const gone = [...this.#remotes.keys()].filter((id) => !here.has(id));
    for (const id of gone) this.#remotes.delete(id);
    for (const participant of participants) this.join(participant);
    return gone;
  }

  join(participant: Participant | User): void {
    const v2 = "protocol" in participant && participant.protocol === "telcall.v2";
    const shown = "media" in participant ? participant : null;
    const media = shown?.media;
    this.#remotes.set(participant.id, {
      person: personOf(participant),
      index: this.#remotes.get(participant.id)?.index ?? this.#joined++,
      v2,
      // A documented client says nothing of its microphone.
      audio: v2 ? (media?.audio ?? false) : true,
      video: v2 ? (media?.video ?? false) : false,
      screen: v2 ? (media?.screen ?? false) : false,
      role: shown?.role ?? "participant",
      hand: shown?.hand ?? false,
    });
  }

  leave(userId: number): void {
    this.#remotes.delete(userId);
  }

  mediaChanged({ user_id, audio, video, screen }: MediaStateChanged): void {
    this.#change(user_id, { audio, video, screen });
  }

  handChanged(userId: number, hand: boolean): void {
    this.#change(userId, { hand });
  }

  madeHost(userId: number): void {
    this.#change(userId, { role: "host" });
  }

  #change(userId: number, changes: Partial<Remote>): void {
    const remote = this.#remotes.get(userId);
    if (remote) this.#remotes.set(userId, { ...remote, ...changes });
  }
}

export function personOf(user: User): Person {
  return {
    id: user.id,
    username: user.username ?? null,
    first_name: user.first_name ?? null,
    last_name: user.last_name ?? null,
    photo_url: user.photo_url ?? null,
  };
}
