/**
 * One call from the tap on 'Join' to its end: wires socket, roster, the two media paths and the own devices
 * together, and shows them as one `CallState`. Decisions live in the modules beside this one.
 */

import { type ApiClient, ApiError, type SignedInUser } from "../api/client";
import { LocalMedia } from "../media/local";
import { backoffMs, MAX_ATTEMPTS } from "../signaling/backoff";
import { closingOf } from "../signaling/closing";
import type { Error as ErrorMessage, IceServer, ServerMessage } from "../signaling/messages.gen";
import { SignalingSocket } from "../signaling/socket";
import { PeerLink, type PeerSignal } from "./p2p";
import { type PathState, pathOf, SETTLE_MS } from "./paths";
import { type Remote, Roster } from "./roster";
import { SfuConnection, seatCounts } from "./sfu";
import { LevelMeter, SpeakingDetector } from "./speaking";
import type { Call, CallState, Failure, Phase, Tile, Topology } from "./state";
import { Tiles } from "./tiles";

export interface CallDeps {
  readonly callId: string;
  readonly api: ApiClient;
  /** Who is signed in; null until the sign-in is through, which a page does not wait for. */
  readonly self: () => SignedInUser | null;
  /** Address of the call's WebSocket. */
  readonly url: string;
  /** Width of the screen in pixels: decides how many videos are asked for. */
  readonly screenWidth: number;
}

const LEVELS_EVERY_MS = 100;

export class CallEngine implements Call {
  readonly #deps: CallDeps;
  readonly #listeners = new Set<() => void>();
  readonly #media = new LocalMedia(() => this.#localChanged());
  readonly #roster = new Roster();
  readonly #meter = new LevelMeter();
  readonly #detector = new SpeakingDetector();
  #speaking: ReadonlySet<number> = new Set();
  #phase: Phase = { kind: "idle" };
  #topology: Topology = "p2p";
  #switchedAt = 0;
  #startedAt: number | null = null;
  #iceServers: readonly IceServer[] = [];
  #socket: SignalingSocket | null = null;
  #sfu: SfuConnection | null = null;
  #nextSfu: SfuConnection | null = null;
  #peers = new Map<number, PeerLink>();
  #visible: readonly { readonly id: number; readonly maxHeight: number }[] = [];
  #attempt = 0;
  #signedInAgain = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #levelTimer: ReturnType<typeof setInterval> | undefined;
  #sentMedia = "";
  readonly #tiles = new Tiles();
  #state: CallState;

  constructor(deps: CallDeps) {
    this.#deps = deps;
    this.#state = this.#render();
  }

  // --- what the page uses ------------------------------------------------------------------------------

  getState = (): CallState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async join(options: { microphone: boolean; camera: boolean }): Promise<void> {
    if (this.#phase.kind !== "idle") return;
    if (!this.#deps.self()) {
      this.#fail("unauthorized");
      return;
    }
    if (typeof RTCPeerConnection === "undefined" || typeof WebSocket === "undefined") {
      this.#fail("unsupported_browser");
      return;
    }
    this.#meter.unlock();
    this.#enter({ kind: "asking" });
    // What needs no permission is got while the user gives theirs.
    const token = this.#wsToken();
    this.#nextSfu = this.#makeSfu();
    if (options.microphone || options.camera) await this.#media.turnOn(options);
    if (this.#over) return;
    this.#enter({ kind: "connecting" });
    this.#levelTimer = setInterval(() => this.#measure(), LEVELS_EVERY_MS);
    await this.#connect(token);
  }

  async setMicrophone(on: boolean): Promise<void> {
    if (on) await this.#media.turnOn({ microphone: true, camera: false });
    else this.#media.muteMicrophone();
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.#media.turnOn({ microphone: false, camera: true });
    else this.#media.turnOffCamera();
  }

  setVisible(visible: readonly { readonly id: number; readonly maxHeight: number }[]): void {
    this.#visible = visible;
    this.#sendVisible();
  }

  leave(): void {
    if (this.#over) return;
    this.#socket?.send({ type: "leave" });
    this.#finish({ kind: "ended", reason: "left" });
  }

  // --- the socket --------------------------------------------------------------------------------------

  /** Or why there is none: told as a value, because nobody may be waiting for it yet. */
  async #wsToken(): Promise<{ token: string } | { failure: "unauthorized" | "unreachable" }> {
    try {
      return { token: await this.#deps.api.wsToken() };
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      return { failure: refused ? "unauthorized" : "unreachable" };
    }
  }

  async #connect(asked = this.#wsToken()): Promise<void> {
    const answer = await asked;
    if (this.#over) return;
    if ("failure" in answer) {
      if (answer.failure === "unauthorized") this.#fail("unauthorized");
      else this.#retry();
      return;
    }
    const { token } = answer;
    this.#socket = new SignalingSocket(this.#deps.url, token, {
      onMessage: (message) => this.#receive(message),
      onClose: (code, error) => this.#closed(code, error),
    });
  }

  #closed(code: number, error: ErrorMessage["code"] | null): void {
    this.#socket = null;
    this.#dropPaths();
    const closing = closingOf(code, error);
    if (closing.kind === "failed") {
      this.#fail(closing.failure);
    } else if (closing.fresh && this.#signedInAgain) {
      this.#fail("unauthorized");
    } else {
      this.#signedInAgain = closing.fresh;
      this.#retry();
    }
  }

  #retry(): void {
    if (this.#attempt >= MAX_ATTEMPTS) {
      this.#fail(this.#startedAt === null ? "unavailable" : "connection_lost");
      return;
    }
    if (this.#startedAt !== null) this.#enter({ kind: "reconnecting", attempt: this.#attempt + 1 });
    const waitMs = backoffMs(this.#attempt, Math.random());
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#connect(), waitMs);
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#iceServers = message.ice_servers;
        this.#setTopology(message.topology);
        this.#socket?.pingEvery(message.ping_interval_s);
        this.#openSfu();
        break;
      case "call_metadata":
        this.#startedAt = Date.parse(message.room_start_time);
        break;
      case "participants_snapshot":
        this.#roster.reset(message.participants);
        this.#entered();
        break;
      case "user_joined":
        this.#closePeer(message.user.id);
        this.#roster.join(message.user);
        this.#arrangePaths();
        break;
      case "user_left":
        this.#roster.leave(message.user.id);
        this.#tiles.forget(message.user.id);
        this.#closePeer(message.user.id);
        break;
      case "topology":
        this.#setTopology(message.mode);
        this.#arrangePaths();
        break;
      case "sfu_answer":
        this.#sfu?.answered(message.offer_id, message.payload.sdp);
        break;
      case "seats":
        this.#sfu?.setSeats(message);
        break;
      case "media_state":
        this.#roster.mediaChanged(message);
        break;
      case "offer":
      case "answer":
      case "ice_candidate":
        this.#peerSignal(message.from_user.id, {
          type: message.type,
          payload: message.payload,
        } as PeerSignal);
        break;
      case "call_ended":
        this.#ended(message.reason);
        return;
      default: // `pong`, `error`, and types of a newer server
        return;
    }
    this.#changed();
  }

  #entered(): void {
    this.#attempt = 0;
    this.#signedInAgain = false;
    this.#phase = { kind: "in_call" };
    this.#sentMedia = "";
    this.#sendMediaState();
    this.#sendVisible();
    this.#arrangePaths();
  }

  #ended(reason: string): void {
    const known = reason === "ended" || reason === "expired" ? reason : null;
    this.#finish(known ? { kind: "ended", reason: known } : { kind: "ended", reason: "other", text: reason });
  }

  // --- media paths -------------------------------------------------------------------------------------

  #setTopology(topology: Topology): void {
    if (topology === this.#topology) return;
    this.#topology = topology;
    this.#switchedAt = performance.now();
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#arrangePaths();
      this.#changed();
    }, SETTLE_MS);
  }

  #openSfu(): void {
    this.#sfu?.close();
    this.#sfu = this.#nextSfu ?? this.#makeSfu();
    this.#nextSfu = null;
    this.#sfu.start(this.#iceServers);
  }

  #makeSfu(): SfuConnection {
    return new SfuConnection(seatCounts(this.#deps.screenWidth), {
      sendOffer: (offer) => this.#socket?.send(offer),
      onChange: () => {
        this.#arrangePaths();
        this.#changed();
      },
    });
  }

  /** Opens and closes peer connections and puts the own tracks where they belong now. */
  #arrangePaths(): void {
    if (this.#topology === "p2p") {
      for (const remote of this.#roster.all) this.#peers.get(remote.person.id) ?? this.#openPeer(remote);
    } else {
      for (const id of [...this.#peers.keys()]) {
        const remote = this.#roster.get(id);
        if (!remote || this.#pathOf(remote) !== "direct") this.#closePeer(id);
      }
    }
    this.#sendTracks();
  }

  #sendTracks(): void {
    const { audioTrack, videoTrack } = this.#media;
    for (const peer of this.#peers.values()) peer.setTracks(audioTrack, videoTrack);
    // Back in p2p the server path goes on until the direct one stands.
    const bySfu = this.#topology === "sfu" || this.#isHandingBack();
    this.#sfu?.setTracks(bySfu ? audioTrack : null, bySfu ? videoTrack : null);
  }

  #isHandingBack(): boolean {
    if (this.#switchedAt === 0 || this.#roster.all.length === 0) return false;
    return this.#roster.all.some(({ person }) => !this.#peers.get(person.id)?.connected);
  }

  #openPeer(remote: Remote): PeerLink {
    const peerId = remote.person.id;
    const peer = new PeerLink(
      { selfId: this.#selfId, peerId, peerIsV2: remote.v2, iceServers: this.#iceServers },
      {
        send: (signal) => this.#socket?.send({ ...signal, to_user_id: peerId }),
        onState: (state) => this.#socket?.send({ type: "p2p_state", user_id: peerId, state }),
        onChange: () => {
          this.#arrangePaths();
          this.#changed();
        },
      },
    );
    this.#peers.set(peerId, peer);
    peer.setTracks(this.#media.audioTrack, this.#media.videoTrack);
    peer.start();
    return peer;
  }

  #peerSignal(userId: number, signal: PeerSignal): void {
    const remote = this.#roster.get(userId);
    if (!remote) return;
    const opens = signal.type === "offer" && this.#topology === "p2p";
    const peer = this.#peers.get(userId) ?? (opens ? this.#openPeer(remote) : null);
    peer?.receive(signal);
  }

  #closePeer(userId: number): void {
    this.#peers.get(userId)?.close();
    this.#peers.delete(userId);
  }

  #dropPaths(): void {
    for (const id of [...this.#peers.keys()]) this.#closePeer(id);
    this.#sfu?.close();
    this.#nextSfu?.close();
    this.#sfu = this.#nextSfu = null;
  }

  #pathOf(remote: Remote): "direct" | "server" | null {
    const peer = this.#peers.get(remote.person.id);
    const seat = this.#sfu?.connected ? this.#sfu.seatOf(remote.person.id) : null;
    const direct: PathState = { present: peer?.connected ?? false, delivering: peer?.audible ?? false };
    const server: PathState = {
      present: seat !== null && seat !== undefined,
      delivering: seat?.audible ?? false,
    };
    return pathOf(this.#topology, direct, server, performance.now() - this.#switchedAt);
  }

  // --- the own devices ---------------------------------------------------------------------------------

  #localChanged(): void {
    this.#sendTracks();
    this.#sendMediaState();
    this.#changed();
  }

  #sendMediaState(): void {
    if (this.#phase.kind !== "in_call") return;
    const audio = this.#media.microphone === "on";
    const video = this.#media.camera === "on";
    const sent = `${audio} ${video}`;
    if (sent === this.#sentMedia) return;
    this.#sentMedia = sent;
    this.#socket?.send({ type: "media_state", audio, video, screen: false });
  }

  #sendVisible(): void {
    if (this.#phase.kind !== "in_call" || this.#visible.length === 0) return;
    this.#socket?.send({
      type: "seats_wanted",
      visible: this.#visible.slice(0, 64).map(({ id, maxHeight }) => ({
        user_id: id,
        source: "camera",
        max_height: Math.min(4_320, Math.max(0, Math.round(maxHeight))),
      })),
      pinned: null,
      audio_only: false,
    });
  }

  // --- what is shown -----------------------------------------------------------------------------------

  #measure(): void {
    const tracks = new Map<number, MediaStreamTrack>();
    const { audioTrack, microphone } = this.#media;
    if (audioTrack && microphone === "on") tracks.set(this.#selfId, audioTrack);
    for (const tile of this.#state.tiles) {
      const track = tile.audio ? tile.audioStream?.getAudioTracks()[0] : undefined;
      if (track) tracks.set(tile.person.id, track);
    }
    const levels = this.#meter.measure(tracks);
    const speaking = this.#detector.update(levels, performance.now());
    if (speaking.size === this.#speaking.size && [...speaking].every((id) => this.#speaking.has(id))) return;
    this.#speaking = speaking;
    this.#changed();
  }

  #render(): CallState {
    const self = this.#deps.self();
    const { microphone, camera, videoTrack } = this.#media;
    const own = self && this.#tiles.own(self, microphone === "on", videoTrack, this.#speaking.has(self.id));
    return {
      phase: this.#phase,
      topology: this.#topology,
      startedAt: this.#startedAt,
      microphone,
      camera,
      tiles: [...(own ? [own] : []), ...this.#roster.all.map((remote) => this.#remoteTile(remote))],
    };
  }

  get #selfId(): number {
    return this.#deps.self()?.id ?? 0;
  }

  #remoteTile(remote: Remote): Tile {
    const id = remote.person.id;
    const path = this.#pathOf(remote);
    const seat = this.#sfu?.seatOf(id);
    const media = path === "direct" ? this.#peers.get(id) : seat;
    return this.#tiles.remote(remote, {
      path,
      audioStream: media?.audioStream ?? null,
      videoStream: media?.videoStream ?? null,
      seatVideo: seat?.video ?? null,
      speaking: this.#speaking.has(id),
      reconnecting: this.#phase.kind === "reconnecting",
    });
  }

  #changed(): void {
    if (!this.#over) this.#state = this.#render();
    for (const listener of [...this.#listeners]) listener();
  }

  // --- the end -----------------------------------------------------------------------------------------

  get #over(): boolean {
    return this.#phase.kind === "ended" || this.#phase.kind === "failed";
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#changed();
  }

  #fail(failure: Failure): void {
    this.#finish({ kind: "failed", failure });
  }

  #finish(phase: Phase): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#settleTimer);
    clearInterval(this.#levelTimer);
    this.#socket?.close();
    this.#socket = null;
    this.#dropPaths();
    this.#media.close();
    this.#meter.close();
    this.#phase = phase;
    this.#state = this.#render();
    this.#changed();
  }
}
