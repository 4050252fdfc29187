// The connection to one other participant. Every step is taken the moment somebody asks for it: none waits for
// the one before, and offers that cross are left to the browser.

const RESTART_AFTER_MS = 1200;

export class Connection {
  #pc;
  #send;

  // `send(type, payload)` goes to the other one; `tile` shows them; `onClosed()` when it is over.
  constructor(iceServers, devices, tile, send, onClosed) {
    this.#send = send;
    this.#pc = new RTCPeerConnection({ iceServers });
    this.#pc.ontrack = ({ track, streams }) => tile.add(track, streams[0]);
    this.#pc.onicecandidate = ({ candidate }) => candidate && send("ice_candidate", candidate.toJSON());
    this.#pc.onconnectionstatechange = () => {
      if (this.#pc.connectionState === "closed") onClosed();
    };
    this.#pc.oniceconnectionstatechange = () => this.#restartIfBroken();
    for (const stream of [devices.microphone, devices.camera]) {
      if (stream) this.add(stream.getTracks()[0], stream);
    }
  }

  add(track, stream) {
    this.#pc.addTrack(track, stream);
  }

  take(track) {
    const sender = this.senderOf(track);
    if (sender) this.#pc.removeTrack(sender);
  }

  senderOf(track) {
    return this.#pc.getSenders().find((sender) => sender.track === track);
  }

  async offer(options) {
    const offer = await this.#pc.createOffer(options);
    await this.#pc.setLocalDescription(offer);
    this.#send("offer", { type: offer.type, sdp: offer.sdp });
  }

  async offered(offer) {
    await this.#pc.setRemoteDescription(offer);
    const answer = await this.#pc.createAnswer();
    await this.#pc.setLocalDescription(answer);
    this.#send("answer", { type: answer.type, sdp: answer.sdp });
  }

  async answered(answer) {
    await this.#pc.setRemoteDescription(answer);
  }

  // Fails where there is no description of theirs yet.
  async candidate(candidate) {
    await this.#pc.addIceCandidate(candidate);
  }

  close() {
    this.#pc.close();
  }

  #restartIfBroken() {
    if (!this.#isBroken()) return;
    setTimeout(() => {
      if (this.#isBroken()) this.offer({ iceRestart: true }).catch(logged);
    }, RESTART_AFTER_MS);
  }

  #isBroken() {
    return ["failed", "disconnected"].includes(this.#pc.iceConnectionState);
  }
}

export function logged(error) {
  console.warn("a step failed", error);
}
