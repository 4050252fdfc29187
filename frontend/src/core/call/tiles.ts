/** What a tile shows, from what is known of a person: pure, but for the stream of the own camera. */

import type { SignedInUser } from "../api/client";
import type { Remote } from "./roster";
import type { Tile } from "./state";

/** What a path gives of a remote participant. */
export interface Shown {
  readonly path: "direct" | "server" | null;
  readonly audioStream: MediaStream | null;
  readonly videoStream: MediaStream | null;
  /** The server's word of a seat. On the direct path a v2 client's own word counts; a documented one has none. */
  readonly seatVideo: "on" | "paused" | "off" | null;
  readonly speaking: boolean;
  readonly reconnecting: boolean;
}

/** Keeps each tile's object while nothing of it changes, so that only changed tiles are drawn anew. */
export class Tiles {
  #own: Tile | null = null;
  #remote = new Map<number, Tile>();

  forget(userId: number): void {
    this.#remote.delete(userId);
  }

  own(person: SignedInUser, audio: boolean, camera: MediaStreamTrack | null, speaking: boolean): Tile {
    const before = this.#own?.videoStream;
    const videoStream = camera && (before?.getTracks()[0] === camera ? before : new MediaStream([camera]));
    const tile: Tile = {
      person,
      self: true,
      index: 0,
      audio,
      video: camera !== null,
      speaking,
      connecting: false,
      audioStream: null,
      videoStream,
    };
    this.#own = keep(this.#own, tile);
    return this.#own;
  }

  remote(remote: Remote, shown: Shown): Tile {
    const said = !remote.v2 || remote.video;
    const comes = shown.path === "direct" || shown.seatVideo === "on";
    const videoStream = said && comes ? shown.videoStream : null;
    const tile: Tile = {
      person: remote.person,
      self: false,
      index: remote.index,
      audio: remote.audio,
      video: videoStream !== null,
      speaking: shown.speaking,
      connecting: shown.path === null || shown.reconnecting,
      audioStream: shown.path === null ? null : shown.audioStream,
      videoStream,
    };
    const kept = keep(this.#remote.get(remote.person.id) ?? null, tile);
    this.#remote.set(remote.person.id, kept);
    return kept;
  }
}

function keep(before: Tile | null, after: Tile): Tile {
  if (!before) return after;
  const same = (Object.keys(after) as (keyof Tile)[]).every((key) => before[key] === after[key]);
  return same ? before : after;
}
