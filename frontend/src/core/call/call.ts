/**
 * One call from the tap on 'Join' to its end: wires the way to the server, the people, the media paths and the
 * own devices together, and shows them as one `CallState`. Decisions live in the modules beside this one.
 */

import { type ApiClient, ApiError, type SignedInUser } from "../api/client";
import { LocalMedia } from "../media/local";
import { allowedAlready } from "../media/permission";
import { alwaysViaServer } from "../media/privacy";
import { ScreenShare } from "../media/screen";
import type { ServerMessage } from "../signaling/messages.gen";
import { Ending } from "./ending";
import { Floor } from "./floor";
import { ServerLink } from "./link";
import { LinkQuality } from "./linkQuality";
import { MediaPaths } from "./mediaPaths";
import type { PeerSignal } from "./p2p";
import { Rings } from "./rings";
import { type Remote, Roster } from "./roster";
import { seatCounts } from "./sfu";
import { LevelMeter, SpeakingDetector } from "./speaking";
import type { Call, CallState, Failure, HostAction, Phase, Tile, VisibleTile } from "./state";
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
/** As often as the server tells of links through it. */
const SCORES_EVERY_MS = 5_000;

export class CallEngine implements Call {
  readonly #deps: CallDeps;
  readonly #listeners = new Set<() => void>();
  readonly #media = new LocalMedia(() => this.#localChanged());
  readonly #screen = new ScreenShare(() => this.#localChanged());
  readonly #roster = new Roster();
  readonly #floor = new Floor();
  readonly #rings = new Rings();
  readonly #ending = new Ending();
  readonly #link: ServerLink;
  readonly #paths: MediaPaths;
  readonly #meter = new LevelMeter();
  readonly #detector = new SpeakingDetector();
  readonly #tiles = new Tiles();
  #speaking: ReadonlySet<number> = new Set();
  /** Who speaks by the server's word, which it gives in mode `sfu`; null: nothing said yet. */
  #speakers: readonly number[] | null = null;
  readonly #quality = new LinkQuality();
  #phase: Phase = { kind: "idle" };
  #startedAt: number | null = null;
  #visible: readonly VisibleTile[] = [];
  #pinned: number | null = null;
  #levelTimer: ReturnType<typeof setInterval> | undefined;
  #scoreTimer: ReturnType<typeof setInterval> | undefined;
  #sentMedia = "";
  #viaServer = false;
  #sentViaServer = false;
  #handRaised = false;
  #state: CallState;

  constructor(deps: CallDeps) {
    this.#deps = deps;
    this.#link = new ServerLink(deps.api, deps.url, {
      onMessage: (message) => this.#receive(message),
      onLost: (attempt) => this.#enter({ kind: "reconnecting", attempt }),
      onFailed: (failure) => this.#fail(failure),
    });
    this.#paths = new MediaPaths(
      {
        roster: this.#roster,
        selfId: () => this.#selfId,
        seats: seatCounts(deps.screenWidth),
        mayBeDirect: () => !this.#viaServer,
      },
      {
        send: (message) => this.#link.send(message),
        onChange: () => this.#changed(),
        onSilent: () => this.#link.probe(),
      },
    );
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
    this.#viaServer = alwaysViaServer();
    this.#enter({ kind: "asking" });
    // What needs no permission is got while the user gives theirs.
    const token = this.#link.token();
    this.#paths.prepare();
    const devices = options.microphone || options.camera ? this.#media.turnOn(options) : undefined;
    // Nobody is shown to the others while a prompt stands in front of them; where none comes, both go at once.
    if (!(await allowedAlready(options))) await devices;
    if (this.#over) return;
    this.#enter({ kind: "connecting" });
    this.#levelTimer = setInterval(() => this.#measure(), LEVELS_EVERY_MS);
    this.#scoreTimer = setInterval(() => void this.#judge(), SCORES_EVERY_MS);
    addEventListener("pagehide", this.#pageHidden);
    document.addEventListener("visibilitychange", this.#sendVisible);
    await this.#link.open(token);
  }

  async setMicrophone(on: boolean): Promise<void> {
    if (on) await this.#media.turnOn({ microphone: true, camera: false });
    else this.#media.muteMicrophone();
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.#media.turnOn({ microphone: false, camera: true });
    else this.#media.turnOffCamera();
  }

  async setScreen(on: boolean): Promise<void> {
    if (on) await this.#screen.start();
    else this.#screen.stop();
  }

  setVisible(visible: readonly VisibleTile[], pinned: number | null): void {
    this.#visible = visible;
    this.#pinned = pinned;
    this.#sendVisible();
  }

  setHand(raised: boolean): void {
    this.#handRaised = raised;
    this.#link.send({ type: "hand", raised });
  }

  react(emoji: string): void {
    this.#link.send({ type: "reaction", emoji });
  }

  say(text: string): void {
    this.#link.send({ type: "chat", text });
  }

  moderate(action: HostAction, userId: number | null): void {
    this.#link.send({ type: "moderation", action, user_id: userId });
  }

  admit(userId: number, admit: boolean): void {
    this.#link.send({ type: "admit", user_id: userId, admit });
  }

  async ringAgain(userId: number): Promise<string | null> {
    try {
      await this.#deps.api.invite(this.#deps.callId, userId);
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 429) return "rung_enough";
      return error.status === 404 ? "no_friend" : "other";
    }
  }

  forgetRing(userId: number): void {
    this.#rings.dismiss(userId);
    this.#changed();
  }

  endForAll(): boolean {
    const told = this.#link.send({ type: "moderation", action: "end", user_id: null });
    if (told) this.#ending.asked();
    return told;
  }

  leave(): void {
    if (this.#over) return;
    this.#link.send({ type: "leave" });
    this.#finish({ kind: "ended", reason: "left" });
  }

  /** For good: a page that may come back from the browser's cache keeps its call. */
  #pageHidden = (event: PageTransitionEvent): void => {
    if (!event.persisted) this.leave();
  };

  // --- from the server ---------------------------------------------------------------------------------

  #receive(message: ServerMessage): void {
    const find = (id: number) => this.#roster.get(id)?.person;
    const order = this.#floor.receive(message, find, performance.now());
    if (order === "mute") this.#media.muteMicrophone();
    else if (order === "stop_video") this.#media.turnOffCamera();
    this.#rings.receive(message);
    switch (message.type) {
      case "waiting":
        this.#phase = { kind: "waiting", position: message.position };
        break;
      case "welcome":
        if (message.resumed) this.#paths.resume(message.topology, message.ice_servers);
        else {
          this.#speakers = null;
          this.#quality.clear();
          this.#paths.begin(message.topology, message.ice_servers);
        }
        this.#sentViaServer = message.resumed && this.#sentViaServer;
        this.#sendViaServer();
        break;
      case "call_metadata":
        this.#startedAt = Date.parse(message.room_start_time);
        break;
      case "participants_snapshot":
        for (const id of this.#roster.reset(message.participants)) this.#forget(id);
        this.#entered();
        break;
      case "user_joined":
        this.#paths.remove(message.user.id);
        this.#roster.join(message.user);
        this.#paths.arrange();
        break;
      case "user_left":
        this.#roster.leave(message.user.id);
        this.#forget(message.user.id);
        break;
      case "topology":
        this.#speakers = null;
        this.#quality.clear();
        this.#paths.setTopology(message.mode);
        break;
      case "sfu_answer":
        this.#paths.answered(message.offer_id, message.payload.sdp);
        break;
      case "seats":
        this.#paths.setSeats(message);
        break;
      case "speakers":
        this.#speakers = message.speakers.map(({ user_id }) => user_id);
        break;
      case "quality":
        this.#quality.hear(message);
        break;
      case "layers_wanted":
        this.#paths.setLayers(message);
        break;
      case "media_state":
        this.#roster.mediaChanged(message);
        break;
      case "hand":
        this.#roster.handChanged(message.user_id, message.raised);
        break;
      case "moderation":
        if (message.action === "make_host" && message.user_id) this.#roster.madeHost(message.user_id);
        break;
      case "offer":
      case "answer":
      case "ice_candidate":
        this.#paths.signal(message.from_user.id, {
          type: message.type,
          payload: message.payload,
        } as PeerSignal);
        break;
      case "call_ended":
        this.#finish(this.#ending.phaseOf(message.reason));
        return;
      case "error":
        if (message.code === "forbidden") this.#ending.refused();
        break;
    }
    this.#changed();
  }

  #forget(userId: number): void {
    this.#quality.forget(userId);
    this.#tiles.forget(userId);
    this.#paths.remove(userId);
  }

  #entered(): void {
    this.#phase = { kind: "in_call" };
    this.#sentMedia = "";
    this.#sendMediaState();
    this.#sendVisible();
    if (this.#handRaised) this.#link.send({ type: "hand", raised: true });
    this.#paths.arrange();
  }

  // --- the own devices ---------------------------------------------------------------------------------

  #localChanged(): void {
    this.#paths.setTracks({
      audio: this.#media.audioTrack,
      video: this.#media.videoTrack,
      screen: this.#screen.videoTrack,
      screenAudio: this.#screen.audioTrack,
    });
    this.#sendMediaState();
    this.#sendViaServer();
    this.#changed();
  }

  #sendMediaState(): void {
    if (this.#phase.kind !== "in_call") return;
    const audio = this.#media.microphone === "on";
    const video = this.#media.camera === "on";
    const screen = this.#screen.state === "on";
    const sent = `${audio} ${video} ${screen}`;
    if (sent === this.#sentMedia) return;
    this.#sentMedia = sent;
    this.#link.send({ type: "media_state", audio, video, screen });
  }

  /** The user wants it always; a screen has no other way than through the server. */
  #sendViaServer(): void {
    const wanted = this.#viaServer || this.#screen.state === "on";
    if (wanted === this.#sentViaServer) return;
    this.#sentViaServer = wanted;
    this.#link.send({ type: "topology_wanted", mode: wanted ? "sfu" : "any" });
  }

  /** A hidden page shows nobody, and goes on listening. */
  #sendVisible = (): void => {
    if (this.#phase.kind !== "in_call" || this.#visible.length === 0) return;
    this.#link.send({
      type: "seats_wanted",
      visible: this.#visible.slice(0, 64).map(({ id, source, maxHeight }) => ({
        user_id: id,
        source,
        max_height: Math.min(4_320, Math.max(0, Math.round(maxHeight))),
      })),
      pinned: this.#pinned,
      audio_only: document.visibilityState === "hidden",
    });
  };

  // --- what is shown -----------------------------------------------------------------------------------

  #measure(): void {
    const tracks = new Map<number, MediaStreamTrack>();
    const { audioTrack, microphone } = this.#media;
    if (audioTrack && microphone === "on") tracks.set(this.#selfId, audioTrack);
    if (!this.#speakers) {
      for (const { person, source, audio, audioStream } of this.#state.tiles) {
        const track = audio && source === "camera" ? audioStream?.getAudioTracks()[0] : undefined;
        if (track) tracks.set(person.id, track);
      }
    }
    const now = performance.now();
    const speaking = this.#detector.update(this.#meter.measure(tracks), now);
    const expired = this.#floor.expire(now);
    const same = speaking.size === this.#speaking.size && [...speaking].every((id) => this.#speaking.has(id));
    if (same && !expired) return;
    this.#speaking = speaking;
    this.#changed();
  }

  /** In mode `p2p` nobody but us can tell how direct connections fare: whose end is weak stays unknown. */
  async #judge(): Promise<void> {
    // A connection that is closed meanwhile has nothing to tell.
    const scores = await this.#paths.directScores().catch(() => []);
    for (const [user_id, score] of scores) {
      const isHere = this.#paths.topology === "p2p" && this.#roster.get(user_id);
      if (isHere) this.#quality.hear({ user_id, ...score });
    }
    if (!this.#over && scores.length > 0) this.#changed();
  }

  #speaks(userId: number): boolean {
    return this.#speaking.has(userId) || Boolean(this.#speakers?.includes(userId));
  }

  #render(): CallState {
    const self = this.#deps.self();
    const { microphone, camera, videoTrack } = this.#media;
    const { role, hand } = this.#floor.state;
    const own =
      self &&
      this.#tiles.own(self, {
        audio: microphone === "on",
        camera: videoTrack,
        speaking: this.#speaking.has(self.id),
        weak: this.#quality.weakness(self.id),
        role,
        hand,
      });
    const screens = this.#roster.all.filter((remote) => remote.screen);
    return {
      ...this.#floor.state,
      phase: this.#phase,
      topology: this.#paths.topology,
      startedAt: this.#startedAt,
      microphone,
      camera,
      screen: this.#screen.state,
      rings: this.#rings.all,
      tiles: [
        ...(own ? [own] : []),
        ...this.#roster.all.map((remote) => this.#remoteTile(remote)),
        ...screens.map((remote) => this.#tiles.screen(remote, this.#paths.screenOf(remote.person.id))),
      ],
    };
  }

  get #selfId(): number {
    return this.#deps.self()?.id ?? 0;
  }

  #remoteTile(remote: Remote): Tile {
    const speaking = remote.audio && this.#speaks(remote.person.id);
    return this.#tiles.remote(remote, {
      ...this.#paths.shown(remote),
      speaking,
      weak: this.#quality.weakness(remote.person.id),
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
    removeEventListener("pagehide", this.#pageHidden);
    document.removeEventListener("visibilitychange", this.#sendVisible);
    clearInterval(this.#levelTimer);
    clearInterval(this.#scoreTimer);
    this.#link.close();
    this.#paths.close();
    this.#media.close();
    this.#screen.close();
    this.#meter.close();
    this.#phase = phase;
    this.#state = this.#render();
    this.#changed();
  }
}
