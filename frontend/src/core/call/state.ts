/**
 * What a call looks like from outside: the one object that the call page draws.
 *
 * The core decides, a hook subscribes, a component draws. Nothing here knows React or the DOM, except
 * that a tile hands out MediaStreams for a <video> or <audio> to play.
 */

export type Topology = "p2p" | "sfu";
/** Stable words of the server (`error.code`, close codes) and of the browser, for i18n: `errors.<code>`. */
export type Failure =
  | "not_found"
  | "ended"
  | "expired"
  | "room_full"
  | "unauthorized"
  | "replaced"
  | "removed"
  | "locked"
  | "too_many_connections"
  | "unavailable"
  | "rate_limited"
  | "connection_lost"
  | "unsupported_browser";

export type Phase =
  /** Nothing is open yet; `join()` must be called from a tap. */
  | { readonly kind: "idle" }
  /** Waiting for the browser's permission prompt. */
  | { readonly kind: "asking" }
  | { readonly kind: "connecting" }
  /** The call is locked: a host has been asked. `position` counts from 1. */
  | { readonly kind: "waiting"; readonly position: number }
  | { readonly kind: "in_call" }
  /** The socket or the media path is lost and is being brought back. */
  | { readonly kind: "reconnecting"; readonly attempt: number }
  /** Over: left by us, ended for everybody by a host or by us as one, by time. */
  | {
      readonly kind: "ended";
      readonly reason: "left" | "ended" | "ended_here" | "expired" | "other";
      readonly text?: string;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

export type MicrophoneState = "off" | "on" | "asking" | "refused" | "missing";
export type CameraState = "off" | "on" | "asking" | "refused" | "missing";

/** `unsupported`: this browser, or the frame around it, shares no screen. */
export type ScreenState = "unsupported" | "off" | "asking" | "on";

export type Role = "host" | "participant";
export type Source = "camera" | "screen";

/** What a host may do. `lock` and `unlock` concern nobody in particular. */
export type HostAction = "mute" | "stop_video" | "remove" | "make_host" | "lock" | "unlock";

export interface Person {
  readonly id: number;
  readonly username: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly photo_url: string | null;
}

/** What spoils a link most. */
export type Weakness = "loss" | "jitter" | "delay";

/** What one participant shows on the screen: the camera, or a shared screen. The own one is always first. */
export interface Tile {
  /** Of its own, and kept. */
  readonly key: string;
  readonly person: Person;
  readonly source: Source;
  readonly self: boolean;
  /** Join order; keeps its place as long as the participant stays. */
  readonly index: number;
  readonly audio: boolean;
  readonly video: boolean;
  readonly speaking: boolean;
  /** What their link suffers from; null while it is well, or unknown. */
  readonly weak: Weakness | null;
  readonly role: Role;
  readonly hand: boolean;
  /** Whether a host can mute them: a documented client obeys nobody. */
  readonly v2: boolean;
  /** Media from this participant is being brought (back) up. */
  readonly connecting: boolean;
  /** Audio of a remote participant; null for the own tile. */
  readonly audioStream: MediaStream | null;
  /** The same by the path that comes next: to be played muted, so that it is there at once. */
  readonly nextAudioStream: MediaStream | null;
  readonly videoStream: MediaStream | null;
  /** To be shown instead from its first picture on. */
  readonly nextVideoStream: MediaStream | null;
}

export interface ChatLine {
  readonly id: number;
  readonly person: Person;
  readonly self: boolean;
  readonly text: string;
  /** Ms since the epoch. */
  readonly at: number;
}

export interface ShownReaction {
  readonly id: number;
  readonly person: Person;
  readonly emoji: string;
}

export type RingState = "ringing" | "declined" | "missed" | "unreachable";

/** Somebody whom the bot calls into this call, as long as they are not here. */
export interface Ringing {
  readonly person: Person;
  readonly state: RingState;
}

/** Something that was done to us, to be told once. `id` rises. */
export interface Notice {
  readonly id: number;
  readonly kind: "muted" | "video_stopped" | "made_host" | "locked" | "unlocked";
}

export interface CallState {
  readonly phase: Phase;
  readonly topology: Topology;
  /** When the room was opened, ms since the epoch; null until known. */
  readonly startedAt: number | null;
  readonly microphone: MicrophoneState;
  readonly camera: CameraState;
  readonly screen: ScreenState;
  readonly role: Role;
  readonly hand: boolean;
  readonly locked: boolean;
  readonly chat: readonly ChatLine[];
  readonly reactions: readonly ShownReaction[];
  /** Who waits to be let in; hosts know. */
  readonly knocks: readonly Person[];
  readonly notice: Notice | null;
  /** Who is being called in, or what came of it. */
  readonly rings: readonly Ringing[];
  readonly tiles: readonly Tile[];
}

/** A tile that is on the screen, and how high it is drawn in pixels. */
export interface VisibleTile {
  readonly id: number;
  readonly source: Source;
  readonly maxHeight: number;
}

/** The call engine as the page sees it. Snapshots are immutable and change identity only on change. */
export interface Call {
  getState(): CallState;
  subscribe(listener: () => void): () => void;
  /** From a tap: asks for the microphone (and the camera if wanted), then joins. Refused: joins as a listener. */
  join(options: { microphone: boolean; camera: boolean }): Promise<void>;
  /** From a tap. Asks for the device if it has none yet. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** From a tap. Ends by itself when the browser's own button stops it. */
  setScreen(on: boolean): Promise<void>;
  /** Which tiles are on the screen, most important first. `pinned`: whose tile is. */
  setVisible(visible: readonly VisibleTile[], pinned: number | null): void;
  setHand(raised: boolean): void;
  react(emoji: string): void;
  say(text: string): void;
  /** For hosts. `userId`: whom it concerns. */
  moderate(action: HostAction, userId: number | null): void;
  admit(userId: number, admit: boolean): void;
  /** Calls somebody in once more. The code of `errors` that it failed with, or null. */
  ringAgain(userId: number): Promise<string | null>;
  /** What came of calling somebody has been seen. */
  forgetRing(userId: number): void;
  /** For hosts: the call is over for everybody. False while the server cannot be told. */
  endForAll(): boolean;
  /** Says goodbye and frees every track, connection and socket. */
  leave(): void;
}
