// The own microphone and camera. Nobody remembers that the microphone was asked for already: several who need
// it at once get several streams, and the last one that comes is the one that counts.

const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Devices {
  microphone = null;
  camera = null;
  #answered;
  #onReplaced;

  // `delayMs`: how long the person looks at the permission prompt; their answer goes for all who ask.
  constructor(delayMs, onReplaced) {
    this.#answered = new Promise((resolve) => setTimeout(resolve, delayMs));
    this.#onReplaced = onReplaced;
  }

  async needMicrophone() {
    if (this.microphone) return;
    await this.#answered;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: UNPROCESSED });
    const older = this.microphone;
    this.microphone = stream;
    if (!older) return;
    this.#onReplaced(older.getAudioTracks()[0], stream.getAudioTracks()[0]);
  }

  async openCamera() {
    this.camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
    return this.camera.getVideoTracks()[0];
  }

  closeCamera() {
    const [track] = this.camera.getVideoTracks();
    track.stop();
    this.camera = null;
    return track;
  }

  toggleMicrophone() {
    const [track] = this.microphone.getAudioTracks();
    track.enabled = !track.enabled;
  }
}
