/**
 * Whether a path that the room has just taken plays already: 200 ms of sound decoded on it since then. Packets
 * alone are not enough: the first ones wait in the jitter buffer.
 */

/** So much decoded sound is more than a lone packet, and less than a word. */
export const WARM_MS = 200;
/** After so long a path that is there is taken though silent: its sender may have no microphone. */
export const SETTLE_MS = 2_000;

interface Course {
  readonly receiver: RTCRtpReceiver;
  readonly sinceMs: number;
  readonly decodedMs: number;
  warm: boolean;
}

export class Warmth {
  readonly #decoded: (receiver: RTCRtpReceiver) => Promise<number>;
  #courses = new Map<number, Course>();

  /** decoded: milliseconds of sound that a receiver has decoded in all. */
  constructor(decoded: (receiver: RTCRtpReceiver) => Promise<number> = decodedMs) {
    this.#decoded = decoded;
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
    return course !== undefined && (course.warm || nowMs - course.sinceMs >= SETTLE_MS);
  }

  /** To be called every few tens of milliseconds while a switch goes on. */
  async look(userId: number, receiver: RTCRtpReceiver, nowMs: number): Promise<void> {
    const before = this.#courses.get(userId);
    if (before?.warm && before.receiver === receiver) return;
    const decoded = await this.#decoded(receiver);
    const course = this.#courses.get(userId);
    if (course?.receiver === receiver) course.warm ||= decoded - course.decodedMs >= WARM_MS;
    else this.#courses.set(userId, { receiver, sinceMs: nowMs, decodedMs: decoded, warm: false });
  }
}

/** What has left the jitter buffer; where a browser does not count that, all but what was made up. */
async function decodedMs(receiver: RTCRtpReceiver): Promise<number> {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    const samples: number =
      report.jitterBufferEmittedCount ?? (report.totalSamplesReceived ?? 0) - (report.concealedSamples ?? 0);
    return samples / 48; // Opus counts at 48 kHz (RFC 7587, 4.1)
  }
  return 0;
}
