/**
 * A direct connection to one other participant by the documented mesh messages.
 *
 * Between two v2 clients the lower id offers one audio and one video m-line, and tracks come and go by
 * `replaceTrack`. With a documented client we offer both whatever the ids (after its own offer, where it makes
 * one), and are the polite side: crossing offers are rolled back on ours, and further m-lines of theirs are answered at any time.
 */

import type { IceServer } from "../signaling/messages.gen";
import { DirectMeter } from "./directQuality";
import type { Score } from "./score";
import { replace, toRtc } from "./sfu";

export type PeerSignal =
  | { readonly type: "offer"; readonly payload: RTCSessionDescriptionInit }
  | { readonly type: "answer"; readonly payload: RTCSessionDescriptionInit }
  | { readonly type: "ice_candidate"; readonly payload: RTCIceCandidateInit };

export interface PeerHandlers {
  send(signal: PeerSignal): void;
  onState(state: "connected" | "failed"): void;
  /** Nothing comes by the connection any more, for now at least. */
  onSilent(): void;
  /** A track has come, gone, or begun to carry media. */
  onChange(): void;
}

export interface PeerOptions {
  readonly selfId: number;
  readonly peerId: number;
  readonly peerIsV2: boolean;
  readonly iceServers: readonly IceServer[];
}

/** Documented clients restart ICE themselves too; both may. */
const RESTART_MS = 1_200;
/** A broken direct path is given up after so long; browsers wait about 15 s to say so. */
const GIVE_UP_MS = 4_000;
const VIDEO_OFFER_TRIES = 3;
const MAX_EARLY_CANDIDATES = 100;

export class PeerLink {
  readonly peerIsV2: boolean;
  readonly #pc: RTCPeerConnection;
  readonly #handlers: PeerHandlers;
  readonly #offers: boolean;
  readonly #yields: boolean;
  readonly #localStream = new MediaStream();
  #audio: RTCRtpTransceiver | null = null;
  #video: RTCRtpTransceiver | null = null;
  #tracks: { audio: MediaStreamTrack | null; video: MediaStreamTrack | null } = { audio: null, video: null };
  #early: RTCIceCandidateInit[] = [];
  #queue: Promise<void> = Promise.resolve();
  #makingOffer = false;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #giveUpTimer: ReturnType<typeof setTimeout> | undefined;
  #videoTimer: ReturnType<typeof setTimeout> | undefined;
  #streams = new Map<string, MediaStream>();
  readonly #meter = new DirectMeter();
  #closed = false;

  constructor(options: PeerOptions, handlers: PeerHandlers) {
    this.peerIsV2 = options.peerIsV2;
    this.#handlers = handlers;
    this.#offers = !options.peerIsV2 || options.selfId < options.peerId;
    this.#yields = !options.peerIsV2 && options.peerId < options.selfId;
    this.#pc = new RTCPeerConnection({ iceServers: toRtc(options.iceServers), bundlePolicy: "max-bundle" });
    this.#pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) handlers.send({ type: "ice_candidate", payload: candidate.toJSON() });
    };
    this.#pc.onconnectionstatechange = () => this.#stateChanged();
    this.#pc.ontrack = ({ track }) => {
      track.onmute = track.onunmute = track.onended = () => handlers.onChange();
      handlers.onChange();
    };
  }

  get connected(): boolean {
    return this.#pc.connectionState === "connected";
  }

  /** Tracks to send from now on. */
  setTracks(audio: MediaStreamTrack | null, video: MediaStreamTrack | null): void {
    this.#tracks = { audio, video };
    if (this.#audio) replace(this.#audio.sender, audio);
    if (this.#video) replace(this.#video.sender, video);
  }

  /** Begins, if it is on us to begin. */
  start(): void {
    // A documented client with the lower id is making its own offer now, and gets confused by a crossing one.
    if (this.#yields) this.#offerVideo(VIDEO_OFFER_TRIES);
    else if (this.#offers) this.#serially(() => this.#offer(false));
  }

  receive(signal: PeerSignal): void {
    this.#serially(async () => {
      if (signal.type === "offer") await this.#answer(signal.payload);
      else if (signal.type === "answer") await this.#answered(signal.payload);
      else await this.#candidate(signal.payload);
      // Which m-lines receive is known only now; the track's own events come before that.
      if (signal.type !== "ice_candidate") this.#handlers.onChange();
    });
  }

  get audioStream(): MediaStream | null {
    return this.#streamOf("audio");
  }

  get videoStream(): MediaStream | null {
    return this.#streamOf("video");
  }

  /** Audio packets have come. */
  get audible(): boolean {
    return this.#receiving("audio").some(({ receiver }) => !receiver.track.muted);
  }

  /** Packets of a picture have come. */
  get visible(): boolean {
    return this.#receiving("video").some(({ receiver }) => !receiver.track.muted);
  }

  get audioReceiver(): RTCRtpReceiver | null {
    return this.#newest("audio")?.receiver ?? null;
  }

  /** How it has fared since it was asked the last time. */
  async score(): Promise<Score> {
    return this.#meter.measure((await this.#pc.getStats()).values());
  }

  close(): void {
    this.#closed = true;
    this.#calm();
    clearTimeout(this.#videoTimer);
    this.#pc.onicecandidate = this.#pc.onconnectionstatechange = this.#pc.ontrack = null;
    this.#pc.close();
  }

  // --- negotiation -------------------------------------------------------------------------------------

  /** One step at a time; a step that fails leaves the next one its chance. */
  #serially(step: () => Promise<void>): void {
    this.#queue = this.#queue
      .then(() => (this.#closed ? undefined : step()))
      .catch((error: unknown) => {
        if (!this.#closed) console.warn("peer negotiation step failed", error);
      });
  }

  async #offer(iceRestart: boolean): Promise<void> {
    if (this.#pc.signalingState !== "stable") return;
    this.#audio ??= this.#add("audio");
    this.#video ??= this.#add("video");
    this.#makingOffer = true;
    try {
      await this.#pc.setLocalDescription(await this.#pc.createOffer({ iceRestart }));
    } finally {
      this.#makingOffer = false;
    }
    this.#sendDescription();
  }

  async #answer(offer: RTCSessionDescriptionInit): Promise<void> {
    const collides = this.#makingOffer || this.#pc.signalingState !== "stable";
    // Rolled back implicitly. Transceivers of the lost offer have no m-line then, and the peer's own m-lines
    // make new ones, which take over our tracks.
    await this.#pc.setRemoteDescription(offer);
    await this.#flushEarly();
    if (collides) this.#dropUnnegotiated();
    this.#adopt();
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    this.#sendDescription();
    if (this.#offers && !this.#video?.mid) this.#offerVideo(VIDEO_OFFER_TRIES);
  }

  /**
   * Offers the video m-line that theirs lacked. Not at once: a documented client may still be applying our
   * answer, and drops an offer that comes meanwhile without a word.
   */
  #offerVideo(tries: number): void {
    clearTimeout(this.#videoTimer);
    if (tries === 0) return;
    const waitMs = tries === VIDEO_OFFER_TRIES ? 1_000 : 3_000;
    this.#videoTimer = setTimeout(() => {
      this.#serially(async () => {
        if (this.#pc.signalingState === "stable" && this.#video?.mid) return;
        if (this.#pc.signalingState === "have-local-offer") {
          await this.#pc.setLocalDescription({ type: "rollback" });
        }
        await this.#offer(false);
        this.#offerVideo(tries - 1);
      });
    }, waitMs);
  }

  async #answered(answer: RTCSessionDescriptionInit): Promise<void> {
    if (this.#pc.signalingState !== "have-local-offer") return; // of an offer that was rolled back
    await this.#pc.setRemoteDescription(answer);
    await this.#flushEarly();
  }

  async #candidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.#pc.remoteDescription) await this.#pc.addIceCandidate(candidate);
    else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
  }

  async #flushEarly(): Promise<void> {
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) await this.#pc.addIceCandidate(candidate).catch(() => {});
  }

  #sendDescription(): void {
    const description = this.#pc.localDescription;
    if (!description || this.#closed || (description.type !== "offer" && description.type !== "answer"))
      return;
    this.#handlers.send({
      type: description.type,
      payload: { type: description.type, sdp: description.sdp },
    });
  }

  // --- transceivers ------------------------------------------------------------------------------------

  #add(kind: "audio" | "video"): RTCRtpTransceiver {
    const transceiver = this.#pc.addTransceiver(kind, {
      direction: "sendrecv",
      streams: [this.#localStream],
    });
    replace(transceiver.sender, this.#tracks[kind]);
    return transceiver;
  }

  #dropUnnegotiated(): void {
    for (const kind of ["audio", "video"] as const) {
      const own = kind === "audio" ? this.#audio : this.#video;
      if (!own || own.mid !== null) continue;
      const theirs = this.#pc.getTransceivers().some((each) => kindOf(each) === kind && each.mid !== null);
      if (!theirs) continue; // kept for our next offer
      own.stop();
      if (kind === "audio") this.#audio = null;
      else this.#video = null;
    }
  }

  /** Sends our tracks over m-lines that the peer has offered. */
  #adopt(): void {
    for (const transceiver of this.#pc.getTransceivers()) {
      if (transceiver.mid === null || transceiver.direction === "stopped") continue;
      const kind = kindOf(transceiver);
      const own = kind === "audio" ? this.#audio : this.#video;
      if (own) continue;
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams?.(this.#localStream);
      replace(transceiver.sender, this.#tracks[kind]);
      if (kind === "audio") this.#audio = transceiver;
      else this.#video = transceiver;
    }
  }

  #receiving(kind: "audio" | "video"): RTCRtpTransceiver[] {
    return this.#pc
      .getTransceivers()
      .filter(
        (each) =>
          kindOf(each) === kind &&
          (each.currentDirection === "sendrecv" || each.currentDirection === "recvonly"),
      );
  }

  /** A documented client makes a new m-line at each camera toggle: the last one that receives counts. */
  #newest(kind: "audio" | "video"): RTCRtpTransceiver | null {
    return this.#receiving(kind).at(-1) ?? null;
  }

  #streamOf(kind: "audio" | "video"): MediaStream | null {
    const track = this.#newest(kind)?.receiver.track;
    if (!track) return null;
    let stream = this.#streams.get(track.id);
    if (!stream) {
      stream = new MediaStream([track]);
      this.#streams.set(track.id, stream);
    }
    return stream;
  }

  // --- state -------------------------------------------------------------------------------------------

  #stateChanged(): void {
    const state = this.#pc.connectionState;
    if (state === "connected") {
      this.#calm();
      this.#handlers.onState("connected");
    } else if ((state === "disconnected" || state === "failed") && !this.#giveUpTimer) {
      this.#handlers.onSilent();
      const giveUpMs = this.peerIsV2 && state === "failed" ? 0 : GIVE_UP_MS;
      this.#giveUpTimer = setTimeout(() => this.#handlers.onState("failed"), giveUpMs);
      if (!this.peerIsV2) {
        this.#restartTimer = setTimeout(() => this.#serially(() => this.#offer(true)), RESTART_MS);
      }
    }
    this.#handlers.onChange();
  }

  #calm(): void {
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#giveUpTimer);
    this.#restartTimer = this.#giveUpTimer = undefined;
  }
}

function kindOf(transceiver: RTCRtpTransceiver): "audio" | "video" {
  return transceiver.receiver.track.kind === "audio" ? "audio" : "video";
}
