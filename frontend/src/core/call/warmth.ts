/**
 * Whether a path that the room has just taken plays already: 200 ms of sound decoded on it without a break.
 * Packets alone are not enough: the first ones wait in the jitter buffer. Nor is any sound: a young jitter
 * buffer has yet to find its length, by stretching and making up; the old path has one that has.
 */

/** So much decoded sound is more than a lone packet, and less than a word. */
export const WARM_MS = 200;
/** Less than that goes unheard. */
const BREAK_MS = 5;
/** After so long a path with breaks is taken: the old one is not sent for ever. */
export const PATIENCE_MS = 1_200;
/** After so long a path that is there is taken though silent: its sender may have no microphone. */
export const SETTLE_MS = 2_000;

/** Opus counts at 48 kHz (RFC 7587, 4.1). */
const SAMPLES_A_MS = 48;

/** In all, in milliseconds. */
export interface Sound {
  readonly decoded: number;
  /** What the receiver made up, for what had not come, cut out or put in, to come sooner or later. */
  readonly altered: number;
}

interface Course {
  readonly receiver: RTCRtpReceiver;
  readonly sinceMs: number;
  readonly first: Sound;
  /** When it was broken for the last time. */
  broken: Sound;
  state: "cold" | "uneven" | "warm";
}

export class Warmth {
  readonly #sound: (receiver: RTCRtpReceiver) => Promise<Sound>;
  #courses = new Map<number, Course>();

  constructor(sound: (receiver: RTCRtpReceiver) => Promise<Sound> = soundOf) {
    this.#sound = sound;
  }

  /** A switch begins: nothing that was decoded before counts. */
  reset(): void {
    this.#courses.clear();
  }

  forget(userId: number): void {
    this.#courses.delete(userId);
  }

  isReady(userId: number, nowMs: number): boolean {
    const course = this.#courses.get(userId);
    if (course === undefined) return false;
    const waitedMs = nowMs - course.sinceMs;
    if (course.state === "uneven") return waitedMs >= PATIENCE_MS;
    return course.state === "warm" || waitedMs >= SETTLE_MS;
  }

  /** To be called every few tens of milliseconds while a switch goes on. */
  async look(userId: number, receiver: RTCRtpReceiver, nowMs: number): Promise<void> {
    const before = this.#courses.get(userId);
    if (before?.state === "warm" && before.receiver === receiver) return;
    const sound = await this.#sound(receiver);
    const course = this.#courses.get(userId);
    if (course?.receiver !== receiver) {
      this.#courses.set(userId, { receiver, sinceMs: nowMs, first: sound, broken: sound, state: "cold" });
      return;
    }
    if (sound.altered - course.broken.altered > BREAK_MS) course.broken = sound;
    if (sound.decoded - course.broken.decoded >= WARM_MS) course.state = "warm";
    else if (sound.decoded - course.first.decoded >= WARM_MS) course.state = "uneven";
  }
}

/** What has left the jitter buffer; where a browser does not count that, all but what was made up. */
async function soundOf(receiver: RTCRtpReceiver): Promise<Sound> {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    const madeUp: number = report.concealedSamples ?? 0;
    const decoded: number = report.jitterBufferEmittedCount ?? (report.totalSamplesReceived ?? 0) - madeUp;
    const stretched: number =
      (report.removedSamplesForAcceleration ?? 0) + (report.insertedSamplesForDeceleration ?? 0);
    return { decoded: decoded / SAMPLES_A_MS, altered: (madeUp + stretched) / SAMPLES_A_MS };
  }
  return { decoded: 0, altered: 0 };
}
