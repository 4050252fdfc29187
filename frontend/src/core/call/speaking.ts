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

interface Tap {
  readonly source: MediaStreamAudioSourceNode;
  readonly analyser: AnalyserNode;
}

/**
 * Loudness of tracks, own and received alike: the server's packets carry no level, so it is measured here. One
 * context for all, made in a tap, or it stays silent.
 */
export class LevelMeter {
  #context: AudioContext | null = null;
  #taps = new Map<MediaStreamTrack, Tap>();
  readonly #samples = new Float32Array(512);

  /** From a tap. */
  unlock(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  /** Levels (0 to 1) of the tracks given now; those of an earlier time are let go. */
  measure(tracks: ReadonlyMap<number, MediaStreamTrack>): Map<number, number> {
    const wanted = new Set(tracks.values());
    for (const [track, tap] of this.#taps) {
      if (wanted.has(track)) continue;
      tap.source.disconnect();
      this.#taps.delete(track);
    }
    return new Map([...tracks].map(([id, track]) => [id, this.#level(track)]));
  }

  close(): void {
    this.measure(new Map());
    void this.#context?.close();
    this.#context = null;
  }

  #level(track: MediaStreamTrack): number {
    const context = this.#context;
    if (!context || !track.enabled) return 0;
    let tap = this.#taps.get(track);
    if (!tap) {
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const analyser = context.createAnalyser();
      analyser.fftSize = this.#samples.length;
      source.connect(analyser);
      tap = { source, analyser };
      this.#taps.set(track, tap);
    }
    tap.analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}
