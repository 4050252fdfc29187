/** Who else is in the call, in the order of joining. */

import type { MediaStateChanged, Participant, User } from "../signaling/messages.gen";
import type { Person } from "./state";

export interface Remote {
  readonly person: Person;
  readonly index: number;
  readonly v2: boolean;
  readonly audio: boolean;
  readonly video: boolean;
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

  reset(participants: readonly (Participant | User)[]): void {
    this.#remotes.clear();
    for (const participant of participants) this.join(participant);
  }

  join(participant: Participant | User): void {
    const v2 = "protocol" in participant && participant.protocol === "telcall.v2";
    const media = "media" in participant ? participant.media : null;
    this.#remotes.set(participant.id, {
      person: {
        id: participant.id,
        username: participant.username ?? null,
        first_name: participant.first_name ?? null,
        last_name: participant.last_name ?? null,
        photo_url: participant.photo_url ?? null,
      },
      index: this.#remotes.get(participant.id)?.index ?? this.#joined++,
      v2,
      // A documented client says nothing of its microphone.
      audio: v2 ? (media?.audio ?? false) : true,
      video: v2 ? (media?.video ?? false) : false,
    });
  }

  leave(userId: number): void {
    this.#remotes.delete(userId);
  }

  mediaChanged(message: MediaStateChanged): void {
    const remote = this.#remotes.get(message.user_id);
    if (remote) {
      this.#remotes.set(message.user_id, { ...remote, audio: message.audio, video: message.video });
    }
  }
}
