/** The own shared screen and its sound. Asked for by a tap, each time anew. */

import type { ScreenState } from "../call/state";

export class ScreenShare {
  state: ScreenState = canShare() ? "off" : "unsupported";
  #stream: MediaStream | null = null;
  #closed = false;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get videoTrack(): MediaStreamTrack | null {
    return this.#stream?.getVideoTracks()[0] ?? null;
  }

  /** Null where the browser or the person shares no sound. */
  get audioTrack(): MediaStreamTrack | null {
    return this.#stream?.getAudioTracks()[0] ?? null;
  }

  async start(): Promise<void> {
    if (this.state !== "off") return;
    this.#become("asking", null);
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 }, audio: true });
      if (this.#closed) for (const track of stream.getTracks()) track.stop();
      else this.#started(stream);
    } catch {
      // Dismissed, or not allowed: nothing is shared, which the button shows.
      this.#become("off", null);
    }
  }

  stop(): void {
    if (this.state !== "on") return;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#become("off", null);
  }

  close(): void {
    this.#closed = true;
    this.stop();
  }

  #started(stream: MediaStream): void {
    const [video] = stream.getVideoTracks();
    if (video) {
      video.contentHint = "detail"; // letters stay sharp, frames may wait
      video.onended = () => this.stop(); // by the browser's own button
    }
    this.#become("on", stream);
  }

  #become(state: ScreenState, stream: MediaStream | null): void {
    this.state = state;
    this.#stream = stream;
    if (!this.#closed) this.#onChange();
  }
}

/** Phones have none, and a frame may be denied it. */
function canShare(): boolean {
  if (typeof navigator === "undefined" || !navigator.mediaDevices) return false;
  if (!("getDisplayMedia" in navigator.mediaDevices)) return false;
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return policy?.allowsFeature("display-capture") ?? true;
}
