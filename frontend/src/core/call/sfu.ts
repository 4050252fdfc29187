/**
 * The one connection to the SFU: own tracks up, seats down. We always offer, the server always answers; who
 * sits where comes by `seats`, never by SDP.
 */

import type { IceServer, LayersWanted, SeatOffer, Seats, SfuOffer } from "../signaling/messages.gen";
import { Encoder } from "./encoder";
import type { Source } from "./state";

export interface SfuHandlers {
  sendOffer(offer: SfuOffer): void;
  /** The connection's state, or a seat's track, has changed. */
  onChange(): void;
  /** Nothing comes by the connection any more. */
  onSilent(): void;
}

export interface SeatCounts {
  /** With video. */
  readonly full: number;
  readonly audioOnly: number;
}

/** Phones decode six videos; five more voices are as many as anybody can follow. */
export function seatCounts(width: number): SeatCounts {
  return { full: width < 768 ? 6 : 12, audioOnly: 5 };
}

export const VIDEO_MAX_BPS = 1_200_000;
const SCREEN_MAX_BPS = 1_500_000;
const DISCONNECTED_MS = 2_000;
const RESTART_EVERY_MS = 4_000;

interface SeatMedia {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver | null;
  readonly audioStream: MediaStream;
  readonly videoStream: MediaStream | null;
}

interface ScreenMedia {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver;
  readonly encoder: Encoder;
}

/** What a participant's seat plays. */
export interface Seated {
  readonly audioReceiver: RTCRtpReceiver;
  readonly audioStream: MediaStream;
  /** Audio packets have come on this seat. */
  readonly audible: boolean;
  readonly videoStream: MediaStream | null;
  /** Packets of a picture have come, and it is not paused. */
  readonly visible: boolean;
  readonly video: "on" | "paused" | "off";
}

export class SfuConnection {
  readonly #pc: RTCPeerConnection;
  readonly #handlers: SfuHandlers;
  readonly #microphone: RTCRtpTransceiver;
  readonly #camera: RTCRtpTransceiver;
  readonly #cameraEncoder: Encoder;
  readonly #seats: readonly SeatMedia[];
  #offerId = 0;
  #revision = -1;
  /** By user and source: a screen has a seat of its own beside its owner's camera. */
  #sitters = new Map<string, { seat: number; video: "on" | "paused" | "off" }>();
  #screen: ScreenMedia | null = null;
  #screenTracks: { video: MediaStreamTrack | null; audio: MediaStreamTrack | null } = {
    video: null,
    audio: null,
  };
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #offerAgain = false;
  #offering = false;
  #closed = false;

  /** Costs a phone some time: make it while the user answers the permission prompt. */
  constructor(counts: SeatCounts, handlers: SfuHandlers) {
    this.#handlers = handlers;
    this.#pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#microphone = this.#pc.addTransceiver("audio", { direction: "sendonly" });
    this.#camera = this.#pc.addTransceiver("video", {
      direction: "sendonly",
      sendEncodings: [{ maxBitrate: VIDEO_MAX_BPS }],
    });
    preferVp8(this.#camera);
    this.#cameraEncoder = new Encoder(this.#camera.sender);
    this.#seats = Array.from({ length: counts.full + counts.audioOnly }, (_, seat) =>
      this.#makeSeat(seat < counts.full),
    );
    this.#pc.onconnectionstatechange = () => this.#stateChanged();
  }

  get connected(): boolean {
    return this.#pc.connectionState === "connected";
  }

  /** Makes the first offer. */
  start(iceServers: readonly IceServer[]): void {
    this.#pc.setConfiguration({ iceServers: toRtc(iceServers), bundlePolicy: "max-bundle" });
    this.#attempt(this.#offer(false));
  }

  /** An answer to an older offer is ignored. */
  answered(offerId: number, sdp: string): void {
    if (this.#closed || offerId !== this.#offerId || this.#pc.signalingState !== "have-local-offer") return;
    this.#attempt(this.#accept(sdp));
  }

  /** Tracks to send from now on; null stops. No SDP. */
  setTracks(audio: MediaStreamTrack | null, video: MediaStreamTrack | null): void {
    replace(this.#microphone.sender, audio);
    replace(this.#camera.sender, video);
  }

  /** The own screen and its sound; null stops. Both need an offer, because m-lines come and go. */
  setScreen(video: MediaStreamTrack | null, audio: MediaStreamTrack | null): void {
    this.#screenTracks = { video, audio };
    if (!this.#closed && this.#arrangeScreen()) this.#offerSoon();
  }

  /** Whether anybody is shown an own picture: what nobody is need not be encoded. */
  setLayers({ source, max_layer }: LayersWanted): void {
    const encoder = source === "camera" ? this.#cameraEncoder : this.#screen?.encoder;
    void encoder?.want(max_layer !== "off");
  }

  /** The socket is another one: an answer that was on its way is lost. */
  socketReplaced(): void {
    if (this.#pc.signalingState === "have-local-offer") this.#attempt(this.#restart());
  }

  /** False for an older revision. */
  setSeats(message: Seats): boolean {
    if (message.revision <= this.#revision) return false;
    this.#revision = message.revision;
    this.#sitters = new Map();
    for (const seat of message.seats) {
      if (seat.user_id !== null)
        this.#sitters.set(sitterKey(seat.user_id, seat.source), { seat: seat.seat, video: seat.video });
    }
    return true;
  }

  seatOf(userId: number, source: Source): Seated | null {
    const sitter = this.#sitters.get(sitterKey(userId, source));
    const seat = sitter && this.#seats[sitter.seat];
    if (!sitter || !seat) return null;
    return {
      audioReceiver: seat.audio.receiver,
      audioStream: seat.audioStream,
      audible: !seat.audio.receiver.track.muted,
      videoStream: seat.videoStream,
      visible: sitter.video === "on" && seat.video !== null && !seat.video.receiver.track.muted,
      video: sitter.video,
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  #makeSeat(full: boolean): SeatMedia {
    const audio = this.#pc.addTransceiver("audio", { direction: "recvonly" });
    const video = full ? this.#pc.addTransceiver("video", { direction: "recvonly" }) : null;
    if (video) preferVp8(video);
    for (const transceiver of [audio, video]) {
      const track = transceiver?.receiver.track;
      if (track) track.onunmute = track.onmute = () => this.#handlers.onChange();
    }
    return {
      audio,
      video,
      audioStream: new MediaStream([audio.receiver.track]),
      videoStream: video && new MediaStream([video.receiver.track]),
    };
  }

  #makeScreen(): ScreenMedia {
    const video = this.#pc.addTransceiver("video", {
      direction: "sendonly",
      sendEncodings: [{ maxBitrate: SCREEN_MAX_BPS }],
    });
    preferVp8(video);
    const audio = this.#pc.addTransceiver("audio", { direction: "sendonly" });
    return { video, audio, encoder: new Encoder(video.sender) };
  }

  /** True where an offer is needed. */
  #arrangeScreen(): boolean {
    const { video, audio } = this.#screenTracks;
    // The server has refused the m-lines of a share that was over: the next one has its own.
    if (this.#screen?.video.direction === "stopped") this.#screen = null;
    if (!video && !this.#screen) return false;
    this.#screen ??= this.#makeScreen();
    const direction = video ? "sendonly" : "inactive";
    const turned = this.#screen.video.mid === null || this.#screen.video.direction !== direction;
    if (this.#screen.video.direction !== direction) {
      this.#screen.video.direction = this.#screen.audio.direction = direction;
    }
    replace(this.#screen.video.sender, video);
    replace(this.#screen.audio.sender, audio);
    return turned;
  }

  /** When the answer to the offer before has come. */
  #offerSoon(): void {
    const free = this.#offerId > 0 && !this.#offering && this.#pc.signalingState === "stable";
    if (free) this.#attempt(this.#offer(false));
    else this.#offerAgain = true;
  }

  async #accept(sdp: string): Promise<void> {
    await this.#pc.setRemoteDescription({ type: "answer", sdp });
    if (this.#closed || (!this.#arrangeScreen() && !this.#offerAgain)) return;
    this.#offerAgain = false;
    await this.#offer(false);
  }

  async #offer(iceRestart: boolean): Promise<void> {
    this.#offering = true;
    try {
      await this.#makeOffer(iceRestart);
    } finally {
      this.#offering = false;
    }
  }

  async #makeOffer(iceRestart: boolean): Promise<void> {
    const offer = await this.#pc.createOffer({ iceRestart });
    if (this.#closed) return;
    await this.#pc.setLocalDescription(offer);
    if (this.#closed) return;
    this.#offerId += 1;
    const tracks: SfuOffer["tracks"] = {};
    if (this.#microphone.mid !== null) tracks[this.#microphone.mid] = "microphone";
    if (this.#camera.mid !== null) tracks[this.#camera.mid] = "camera";
    for (const transceiver of this.#screen ? [this.#screen.video, this.#screen.audio] : []) {
      if (transceiver.mid !== null && transceiver.direction === "sendonly")
        tracks[transceiver.mid] = "screen";
    }
    this.#handlers.sendOffer({
      type: "sfu_offer",
      offer_id: this.#offerId,
      payload: { type: "offer", sdp: offer.sdp ?? "" },
      tracks,
      seats: this.#seats.map(seatOffer),
    });
  }

  #stateChanged(): void {
    clearTimeout(this.#restartTimer);
    const state = this.#pc.connectionState;
    if (state === "failed") this.#restartIn(0);
    else if (state === "disconnected") this.#restartIn(DISCONNECTED_MS);
    if (state === "failed" || state === "disconnected") this.#handlers.onSilent();
    this.#handlers.onChange();
  }

  #restartIn(delayMs: number): void {
    this.#restartTimer = setTimeout(() => {
      if (this.#closed || this.connected) return;
      this.#attempt(this.#restart());
      this.#restartIn(RESTART_EVERY_MS);
    }, delayMs);
  }

  /** A step that fails is seen in the console; the next restart is the way out. */
  #attempt(step: Promise<void>): void {
    step.catch((error: unknown) => {
      if (!this.#closed) console.warn("sfu negotiation step failed", error);
    });
  }

  async #restart(): Promise<void> {
    if (this.#pc.signalingState === "have-local-offer") {
      await this.#pc.setLocalDescription({ type: "rollback" });
    }
    await this.#offer(true);
  }
}

function sitterKey(userId: number, source: Source): string {
  return `${userId}/${source}`;
}

function seatOffer(seat: SeatMedia, index: number): SeatOffer {
  return { seat: index, audio_mid: seat.audio.mid ?? "", video_mid: seat.video?.mid ?? null };
}

/** Only VP8 is agreed on; without the others the offer is a third as long. */
function preferVp8(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const vp8 = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp8");
  if (vp8.length > 0 && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(vp8);
}

export function toRtc(servers: readonly IceServer[]): RTCIceServer[] {
  return servers.map(({ urls, username, credential }) => ({
    urls,
    ...(username ? { username } : {}),
    ...(credential ? { credential } : {}),
  }));
}

/** `replaceTrack` fails only on a stopped transceiver, and then there is nothing left to send. */
export function replace(sender: RTCRtpSender, track: MediaStreamTrack | null): void {
  if (sender.track !== track) sender.replaceTrack(track).catch(() => {});
}
