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
  | { readonly kind: "in_call" }
  /** The socket or the media path is lost and is being brought back. */
  | { readonly kind: "reconnecting"; readonly attempt: number }
  /** Over: by us, by the organizer, by time. */
  | {
      readonly kind: "ended";
      readonly reason: "left" | "ended" | "expired" | "other";
      readonly text?: string;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

export type MicrophoneState = "off" | "on" | "asking" | "refused" | "missing";
export type CameraState = "off" | "on" | "asking" | "refused" | "missing";

export interface Person {
  readonly id: number;
  readonly username: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly photo_url: string | null;
}

/** One participant on the screen. The own one is always first, `self` true. */
export interface Tile {
  readonly person: Person;
  readonly self: boolean;
  /** Join order; keeps its place as long as the participant stays. */
  readonly index: number;
  readonly audio: boolean;
  readonly video: boolean;
  readonly speaking: boolean;
  /** Media from this participant is being brought (back) up. */
  readonly connecting: boolean;
  /** Audio of a remote participant; null for the own tile. */
  readonly audioStream: MediaStream | null;
  readonly videoStream: MediaStream | null;
}

export interface CallState {
  readonly phase: Phase;
  readonly topology: Topology;
  /** When the room was opened, ms since the epoch; null until known. */
  readonly startedAt: number | null;
  readonly microphone: MicrophoneState;
  readonly camera: CameraState;
  readonly tiles: readonly Tile[];
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
  /** Which people's tiles are on the screen, most important first, and how high they are drawn in pixels. */
  setVisible(visible: readonly { readonly id: number; readonly maxHeight: number }[]): void;
  /** Says goodbye and frees every track, connection and socket. */
  leave(): void;
}
