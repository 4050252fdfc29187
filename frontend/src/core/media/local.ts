/**
 * The own microphone and camera. Asks for a device only when told to (by a tap), one request at a time: on
 * Android a second prompt dismisses the first. Muting and topology switches never ask.
 */

import type { CameraState, MicrophoneState } from "../call/state";
import { audioConstraints, videoConstraints } from "./constraints";

/** A camera that is off is let go after so long, so that turning it on again soon does not prompt. */
const RELEASE_CAMERA_MS = 10_000;

type Refusal = "refused" | "missing";

export class LocalMedia {
  microphone: MicrophoneState = "off";
  camera: CameraState = "off";
  #audio: MediaStreamTrack | null = null;
  #video: MediaStreamTrack | null = null;
  #queue: Promise<void> = Promise.resolve();
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** What is to be sent: the microphone's track, which a mute only silences. */
  get audioTrack(): MediaStreamTrack | null {
    return this.#audio;
  }

  /** The camera's track while it is on. */
  get videoTrack(): MediaStreamTrack | null {
    return this.camera === "on" ? this.#video : null;
  }

  /** From a tap: one request, one prompt, for what is wanted and not there yet. */
  turnOn(wanted: { microphone: boolean; camera: boolean }): Promise<void> {
    return this.#serially(async () => {
      if (wanted.camera) clearTimeout(this.#releaseTimer);
      const audio = wanted.microphone && !isLive(this.#audio);
      const video = wanted.camera && !isLive(this.#video);
      if (audio || video) await this.#request(audio, video);
      if (wanted.microphone && isLive(this.#audio)) this.#setMicrophone(true);
      if (wanted.camera && isLive(this.#video)) this.#setCamera(true);
      this.#onChange();
    });
  }

  muteMicrophone(): void {
    if (this.microphone === "on") this.#setMicrophone(false);
    this.#onChange();
  }

  turnOffCamera(): void {
    if (this.camera === "on") this.#setCamera(false);
    clearTimeout(this.#releaseTimer);
    this.#releaseTimer = setTimeout(() => {
      this.#video?.stop();
      this.#video = null;
    }, RELEASE_CAMERA_MS);
    this.#onChange();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#releaseTimer);
    this.#audio?.stop();
    this.#video?.stop();
    this.#audio = this.#video = null;
    this.microphone = this.camera = "off";
  }

  #serially(action: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(() => (this.#closed ? undefined : action()));
    return this.#queue;
  }

  async #request(audio: boolean, video: boolean): Promise<void> {
    if (audio) this.microphone = "asking";
    if (video) this.camera = "asking";
    this.#onChange();
    try {
      this.#keep(await getMedia(audio, video));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === "missing" && audio && video) {
        // One of the two is not there. No prompt was shown for what does not exist: ask for the other alone.
        this.camera = "missing";
        await this.#request(true, false);
        return;
      }
      if (audio) this.microphone = refusal;
      if (video) this.camera = refusal;
    }
  }

  #keep(stream: MediaStream): void {
    if (this.#closed) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    for (const track of stream.getTracks()) {
      track.onended = () => this.#lost(track);
      if (track.kind === "audio") this.#audio = track;
      else this.#video = track;
    }
  }

  /** A device was unplugged, or taken by a phone call. */
  #lost(track: MediaStreamTrack): void {
    if (track === this.#audio) {
      this.#audio = null;
      this.microphone = "missing";
    } else if (track === this.#video) {
      this.#video = null;
      this.camera = "missing";
    } else return;
    this.#onChange();
  }

  #setMicrophone(on: boolean): void {
    if (this.#audio) this.#audio.enabled = on;
    this.microphone = on ? "on" : "off";
  }

  #setCamera(on: boolean): void {
    if (this.#video) this.#video.enabled = on;
    this.camera = on ? "on" : "off";
  }
}

function isLive(track: MediaStreamTrack | null): track is MediaStreamTrack {
  return track?.readyState === "live";
}

async function getMedia(audio: boolean, video: boolean): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no media devices", "NotFoundError");
  return navigator.mediaDevices.getUserMedia({
    audio: audio ? audioConstraints() : false,
    video: video ? videoConstraints() : false,
  });
}

function refusalOf(error: unknown): Refusal {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "refused" : "missing";
}
