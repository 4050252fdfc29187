/**
 * The two ways of media, direct connections and the one to the SFU, and the change between them.
 *
 * A change makes before it breaks, on both sides: each goes on sending by the old path until the other has had
 * time to take the new one, and plays the old one until the new one is decoded.
 */

import type { ClientMessage, IceServer, LayersWanted, Seats } from "../signaling/messages.gen";
import { PeerLink, type PeerSignal } from "./p2p";
import { type Path, type PathState, pathOf, pathWanted } from "./paths";
import type { Remote, Roster } from "./roster";
import type { Score } from "./score";
import { type SeatCounts, type Seated, SfuConnection } from "./sfu";
import type { Topology } from "./state";
import type { Shown } from "./tiles";
import { SETTLE_MS, Warmth } from "./warmth";

export interface OwnTracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  readonly screen: MediaStreamTrack | null;
  readonly screenAudio: MediaStreamTrack | null;
}

export interface PathHandlers {
  send(message: ClientMessage): void;
  onChange(): void;
  /** A connection has fallen silent: the network may have changed. */
  onSilent(): void;
}

export interface PathOptions {
  readonly roster: Roster;
  readonly selfId: () => number;
  readonly seats: SeatCounts;
  /** Whether others may learn the own address. */
  readonly mayBeDirect: () => boolean;
}

const LOOK_EVERY_MS = 40;
/** The old path is sent on for so long: the other side takes the new one meanwhile. */
const HOLD_MS = 2_000;
/** Where the new path does not come up the old one is not held for ever. */
const MAX_HOLD_MS = 10_000;
const NOTHING: OwnTracks = { audio: null, video: null, screen: null, screenAudio: null };

export class MediaPaths {
  readonly #options: PathOptions;
  readonly #handlers: PathHandlers;
  readonly #warmth = new Warmth();
  #topology: Topology = "p2p";
  #tracks: OwnTracks = NOTHING;
  #iceServers: readonly IceServer[] = [];
  #sfu: SfuConnection | null = null;
  #nextSfu: SfuConnection | null = null;
  #peers = new Map<number, PeerLink>();
  /** Connected, and not yet told to the server, which stops forwarding then. */
  #untold = new Set<number>();
  #switching = false;
  #switchedAt = 0;
  /** When the last direct connection came up. */
  #connectedAt = 0;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: PathOptions, handlers: PathHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get topology(): Topology {
    return this.#topology;
  }

  /** Makes the next connection while there is time for it. */
  prepare(): void {
    this.#nextSfu ??= this.#makeSfu();
  }

  /** A session begins: nothing of an earlier one is left. */
  begin(topology: Topology, iceServers: readonly IceServer[]): void {
    for (const id of [...this.#peers.keys()]) this.remove(id);
    this.#sfu?.close();
    this.#endSwitch();
    this.#topology = topology;
    this.#iceServers = iceServers;
    this.#sfu = this.#nextSfu ?? this.#makeSfu();
    this.#nextSfu = null;
    this.#sfu.start(iceServers);
  }

  /** The session goes on with another socket. */
  resume(topology: Topology, iceServers: readonly IceServer[]): void {
    this.#iceServers = iceServers;
    this.#sfu?.socketReplaced();
    this.setTopology(topology);
    if (this.#topology === "sfu") return;
    // What was told while there was no socket is told again.
    for (const [id, peer] of this.#peers)
      if (peer.connected && !this.#untold.has(id)) this.#tellConnected(id);
  }

  setTopology(topology: Topology): void {
    if (topology === this.#topology) return;
    this.#topology = topology;
    this.#switching = true;
    this.#switchedAt = performance.now();
    this.#connectedAt = 0;
    this.#untold.clear();
    this.#warmth.reset();
    clearInterval(this.#lookTimer);
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.arrange();
  }

  setTracks(tracks: OwnTracks): void {
    this.#tracks = tracks;
    this.#sendTracks();
  }

  /** How direct connections have fared since the last time; of the SFU's the server tells. */
  async directScores(): Promise<[userId: number, Score][]> {
    if (this.#topology !== "p2p") return [];
    const connected = [...this.#peers].filter(([, peer]) => peer.connected);
    return Promise.all(
      connected.map(async ([id, peer]): Promise<[number, Score]> => [id, await peer.score()]),
    );
  }

  answered(offerId: number, sdp: string): void {
    this.#sfu?.answered(offerId, sdp);
  }

  setLayers(message: LayersWanted): void {
    this.#sfu?.setLayers(message);
  }

  setSeats(message: Seats): void {
    this.#sfu?.setSeats(message);
  }

  /** From another participant, about the direct connection. */
  signal(userId: number, signal: PeerSignal): void {
    const remote = this.#options.roster.get(userId);
    if (!remote || !this.#options.mayBeDirect()) return;
    const opens = signal.type === "offer" && this.#topology === "p2p";
    const peer = this.#peers.get(userId) ?? (opens ? this.#openPeer(remote) : null);
    peer?.receive(signal);
  }

  /** Opens and closes direct connections as the room's mode wants it. */
  arrange(): void {
    if (this.#topology === "p2p") {
      // With a third one the room is about to say `sfu`.
      const [remote, third] = this.#options.roster.all;
      if (remote && !third && this.#options.mayBeDirect() && !this.#peers.has(remote.person.id))
        this.#openPeer(remote);
    } else {
      for (const id of [...this.#peers.keys()]) {
        const remote = this.#options.roster.get(id);
        if (!remote || !this.#holdsPeer(remote)) this.#closePeer(id);
      }
    }
    this.#sendTracks();
  }

  /** Somebody has gone, or begins anew. */
  remove(userId: number): void {
    this.#closePeer(userId);
    this.#warmth.forget(userId);
  }

  close(): void {
    this.#endSwitch();
    for (const id of [...this.#peers.keys()]) this.#closePeer(id);
    this.#sfu?.close();
    this.#nextSfu?.close();
    this.#sfu = this.#nextSfu = null;
  }

  /**
   * What is played and shown of somebody now, and what comes next: also before a connection is up, for an element
   * takes a tenth of a second to begin.
   */
  shown(remote: Remote): Pick<Shown, "path" | "seatVideo"> & Record<StreamName, MediaStream | null> {
    const { id } = remote.person;
    const seat = this.#seatOf(id);
    const media = { direct: this.#peers.get(id) ?? null, server: seat };
    const path = this.pathOf(remote);
    const wanted = pathWanted(this.#topology);
    const comes = this.#switching && this.#isPresent(id, wanted);
    const old = wanted === "direct" ? "server" : "direct";
    const showsOld = this.#switching && this.#isPresent(id, old) && (media[old]?.visible ?? false);
    const seen = showsOld ? old : path;
    return {
      path,
      seatVideo: seen === "direct" ? null : (seat?.video ?? null),
      audioStream: (path && media[path]?.audioStream) ?? null,
      nextAudioStream:
        (path === null || comes) && path !== wanted ? (media[wanted]?.audioStream ?? null) : null,
      videoStream: (seen && media[seen]?.videoStream) ?? null,
      nextVideoStream: comes && seen !== wanted ? (media[wanted]?.videoStream ?? null) : null,
    };
  }

  /** A shared screen always comes through the server. */
  screenOf(userId: number): Seated | null {
    return this.#sfu?.connected ? this.#sfu.seatOf(userId, "screen") : null;
  }

  pathOf(remote: Remote): Path | null {
    const { id } = remote.person;
    const direct: PathState = {
      present: this.#isPresent(id, "direct"),
      delivering: this.#peers.get(id)?.audible ?? false,
    };
    const server: PathState = {
      present: this.#isPresent(id, "server"),
      delivering: this.#seatOf(id)?.audible ?? false,
    };
    const ready = !this.#switching || this.#warmth.isReady(id, performance.now());
    return pathOf(this.#topology, direct, server, ready);
  }

  // --- a switch ----------------------------------------------------------------------------------------

  async #look(): Promise<void> {
    const now = performance.now();
    const direct = this.#topology === "p2p";
    await Promise.all(
      this.#options.roster.all.map(({ person: { id } }) => {
        if (!this.#isPresent(id, pathWanted(this.#topology))) return undefined;
        const receiver = direct ? this.#peers.get(id)?.audioReceiver : this.#seatOf(id)?.audioReceiver;
        return receiver ? this.#warmth.look(id, receiver, now) : undefined;
      }),
    );
    for (const id of [...this.#untold]) {
      if (this.#warmth.isReady(id, performance.now())) this.#tellConnected(id);
    }
    this.arrange();
    if (this.#hasSwitched()) this.#endSwitch();
    this.#handlers.onChange();
  }

  #hasSwitched(): boolean {
    if (performance.now() - this.#switchedAt < HOLD_MS) return false;
    if (this.#topology === "sfu") return this.#peers.size === 0;
    return !this.#handsBack();
  }

  #endSwitch(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
    this.#switching = false;
  }

  /** In mode `sfu`: whether a direct connection is still needed. */
  #holdsPeer(remote: Remote): boolean {
    const peer = this.#peers.get(remote.person.id);
    const sinceMs = performance.now() - this.#switchedAt;
    if (!this.#switching || !peer || sinceMs >= MAX_HOLD_MS) return false;
    const taken = this.pathOf(remote) !== "direct";
    // A documented client begins anew with the server, and lets the direct connection go at once.
    return remote.v2 ? peer.connected && (sinceMs < HOLD_MS || !taken) : !taken;
  }

  /** Back in p2p: whether the server path is still needed, for us or for the others. */
  #handsBack(): boolean {
    const { all } = this.#options.roster;
    if (!this.#switching || all.length === 0) return false;
    if (all.some(({ person }) => !this.#peers.get(person.id)?.connected)) return true;
    return this.#untold.size > 0 || performance.now() - this.#connectedAt < SETTLE_MS;
  }

  // --- pieces ------------------------------------------------------------------------------------------

  #sendTracks(): void {
    const { audio, video, screen, screenAudio } = this.#tracks;
    for (const peer of this.#peers.values()) peer.setTracks(audio, video);
    const bySfu = this.#topology === "sfu" || this.#handsBack();
    this.#sfu?.setTracks(bySfu ? audio : null, bySfu ? video : null);
    this.#sfu?.setScreen(screen, screenAudio);
  }

  #makeSfu(): SfuConnection {
    return new SfuConnection(this.#options.seats, {
      sendOffer: (offer) => this.#handlers.send(offer),
      onSilent: () => this.#handlers.onSilent(),
      onChange: () => {
        this.arrange();
        this.#handlers.onChange();
      },
    });
  }

  #openPeer(remote: Remote): PeerLink {
    const peerId = remote.person.id;
    const peer = new PeerLink(
      { selfId: this.#options.selfId(), peerId, peerIsV2: remote.v2, iceServers: this.#iceServers },
      {
        send: (signal) => this.#handlers.send({ ...signal, to_user_id: peerId }),
        onState: (state) => this.#peerState(peerId, state),
        onSilent: () => this.#handlers.onSilent(),
        onChange: () => {
          this.arrange();
          this.#handlers.onChange();
        },
      },
    );
    this.#peers.set(peerId, peer);
    peer.setTracks(this.#tracks.audio, this.#tracks.video);
    peer.start();
    return peer;
  }

  #peerState(userId: number, state: "connected" | "failed"): void {
    if (this.#topology === "sfu") return;
    if (state === "connected") {
      this.#connectedAt = performance.now();
      // The server forwards until it hears this: not before sound has come by the new path.
      if (this.#switching) this.#untold.add(userId);
      else this.#tellConnected(userId);
    } else {
      this.#untold.delete(userId);
      this.#handlers.send({ type: "p2p_state", user_id: userId, state });
    }
  }

  #tellConnected(userId: number): void {
    this.#untold.delete(userId);
    this.#handlers.send({ type: "p2p_state", user_id: userId, state: "connected" });
  }

  #closePeer(userId: number): void {
    this.#untold.delete(userId);
    this.#peers.get(userId)?.close();
    this.#peers.delete(userId);
  }

  #seatOf(userId: number): Seated | null {
    return this.#sfu?.seatOf(userId, "camera") ?? null;
  }

  #isPresent(userId: number, path: Path): boolean {
    if (path === "direct") return this.#peers.get(userId)?.connected ?? false;
    return Boolean(this.#sfu?.connected) && this.#seatOf(userId) !== null;
  }
}

type StreamName = "audioStream" | "nextAudioStream" | "videoStream" | "nextVideoStream";
