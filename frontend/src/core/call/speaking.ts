/** Who speaks, by loudness: on at once, off after a moment, so that a frame does not flicker. */

export const SPEAKING_LEVEL = 0.02;
export const HOLD_MS = 500;

/** Pure: levels (0 to 1) and the time go in, the speakers come out. */
export class SpeakingDetector {
  #heardAt = new Map<number, number>();

  /** Returns the ids that speak now. */
  update(levels: ReadonlyMap<number, number>, nowMs: number): ReadonlySet<number> {
    for (const [id, level] of levels) {
      if (level >= SPEAKING_LEVEL) this.#heardAt.set(id, nowMs);
    }
    for (const [id, heardAt] of this.#heardAt) {
      if (!levels.has(id) || nowMs - heardAt > HOLD_MS) this.#heardAt.delete(id);
    }
    return new Set(this.#heardAt.keys());
  }
}

/** Loudness of a received track, as the browser measured it while decoding. */
export function receivedLevel(receiver: RTCRtpReceiver | null): number {
  return receiver?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
}

/** Loudness of the own microphone. The context has to be made in a tap, or it stays silent. */
export class LocalLevel {
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #track: MediaStreamTrack | null = null;
  #samples = new Float32Array(0);

  /** From a tap. */
  unlock(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  level(track: MediaStreamTrack | null): number {
    if (!this.#context || !track?.enabled) return 0;
    if (track !== this.#track) this.#watch(this.#context, track);
    if (!this.#analyser) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }

  close(): void {
    this.#source?.disconnect();
    void this.#context?.close();
    this.#context = this.#analyser = this.#source = this.#track = null;
  }

  #watch(context: AudioContext, track: MediaStreamTrack): void {
    this.#source?.disconnect();
    this.#track = track;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }
}
