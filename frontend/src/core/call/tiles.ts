/** What a tile shows, from what is known of a person: pure, but for the stream of the own camera. */

import type { SignedInUser } from "../api/client";
import type { Remote } from "./roster";
import type { Seated } from "./sfu";
import type { Role, Tile, Weakness } from "./state";

/** What a path gives of a remote participant. */
export interface Shown {
  readonly path: "direct" | "server" | null;
  readonly audioStream: MediaStream | null;
  readonly nextAudioStream: MediaStream | null;
  readonly videoStream: MediaStream | null;
  readonly nextVideoStream: MediaStream | null;
  /** The server's word of a seat. On the direct path a v2 client's own word counts; a documented one has none. */
  readonly seatVideo: "on" | "paused" | "off" | null;
  readonly speaking: boolean;
  readonly weak: Weakness | null;
}

export interface OwnShown {
  readonly audio: boolean;
  readonly camera: MediaStreamTrack | null;
  readonly speaking: boolean;
  readonly weak: Weakness | null;
  readonly role: Role;
  readonly hand: boolean;
}

/** Keeps each tile's object while nothing of it changes, so that only changed tiles are drawn anew. */
export class Tiles {
  #kept = new Map<string, Tile>();

  forget(userId: number): void {
    this.#kept.delete(keyOf(userId, "camera"));
    this.#kept.delete(keyOf(userId, "screen"));
  }

  own(person: SignedInUser, { audio, camera, speaking, weak, role, hand }: OwnShown): Tile {
    const key = keyOf(person.id, "camera");
    const before = this.#kept.get(key)?.videoStream;
    const videoStream = camera && (before?.getTracks()[0] === camera ? before : new MediaStream([camera]));
    return this.#keep({
      key,
      person,
      source: "camera",
      self: true,
      index: 0,
      audio,
      video: camera !== null,
      speaking,
      weak,
      role,
      hand,
      v2: true,
      connecting: false,
      audioStream: null,
      nextAudioStream: null,
      videoStream,
      nextVideoStream: null,
    });
  }

  remote(remote: Remote, shown: Shown): Tile {
    const said = !remote.v2 || remote.video;
    const comes = shown.seatVideo === null ? shown.path !== null : shown.seatVideo === "on";
    const videoStream = said && comes ? shown.videoStream : null;
    return this.#keep({
      key: keyOf(remote.person.id, "camera"),
      person: remote.person,
      source: "camera",
      self: false,
      index: remote.index,
      audio: remote.audio,
      video: videoStream !== null,
      speaking: shown.speaking,
      weak: shown.weak,
      role: remote.role,
      hand: remote.hand,
      v2: remote.v2,
      connecting: shown.path === null,
      audioStream: shown.path === null ? null : shown.audioStream,
      nextAudioStream: shown.nextAudioStream,
      videoStream,
      nextVideoStream: videoStream && shown.nextVideoStream,
    });
  }

  /** A shared screen beside its owner's own tile. seat: null until it has one. */
  screen(remote: Remote, seat: Seated | null): Tile {
    const videoStream = seat?.video === "on" ? seat.videoStream : null;
    return this.#keep({
      key: keyOf(remote.person.id, "screen"),
      person: remote.person,
      source: "screen",
      self: false,
      index: remote.index,
      audio: true,
      video: videoStream !== null,
      speaking: false,
      weak: null,
      role: remote.role,
      hand: false,
      v2: true,
      connecting: seat === null,
      audioStream: seat?.audioStream ?? null,
      nextAudioStream: null,
      videoStream,
      nextVideoStream: null,
    });
  }

  #keep(tile: Tile): Tile {
    const before = this.#kept.get(tile.key);
    const same = before && (Object.keys(tile) as (keyof Tile)[]).every((key) => before[key] === tile[key]);
    if (same) return before;
    this.#kept.set(tile.key, tile);
    return tile;
  }
}

const keyOf = (userId: number, source: Tile["source"]) => `${userId}-${source}`;
