// The call: what comes by the WebSocket, each message worked off by itself as soon as it is there, and what the
// person does. Of everybody there is one connection, which the lower user id offers.

import { Connection, logged } from "./connection.js";
import { Devices } from "./devices.js";
import { Tile } from "./tile.js";

export class Call {
  #self;
  #iceServers;
  #show;
  #socket;
  #devices;
  #peers = new Map(); // user id -> { connection, tile }

  // `show(name, value)` tells the page. `delayMs`: how long the microphone's prompt stays open.
  constructor({ self, token, callId, iceServers, delayMs, show }) {
    this.#self = self;
    this.#iceServers = iceServers;
    this.#show = show;
    this.#devices = new Devices(delayMs, (older, newer) => this.#changeOver(older, newer));
    this.#devices.needMicrophone().catch(logged);
    this.#socket = new WebSocket(`ws://${location.host}/ws/calls/${callId}`, ["token", `token.${token}`]);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data)).catch(logged);
    this.#socket.onclose = ({ code }) => {
      show("closeCode", code);
      this.#dropAll();
    };
  }

  leave() {
    this.#socket.close();
    this.#dropAll();
  }

  toggleMicrophone() {
    this.#devices.toggleMicrophone();
  }

  // Taken off and put on again it is a further m-line each time.
  async toggleCamera() {
    if (this.#devices.camera) {
      const track = this.#devices.closeCamera();
      for (const { connection } of this.#peers.values()) connection.take(track);
    } else {
      const track = await this.#devices.openCamera();
      for (const { connection } of this.#peers.values()) connection.add(track, this.#devices.camera);
    }
    this.#show("camera", this.#devices.camera ? "on" : "off");
    for (const { connection } of this.#peers.values()) connection.offer().catch(logged);
  }

  async #receive(message) {
    switch (message.type) {
      case "call_metadata":
        this.#show("phase", "in_call");
        return;
      case "participants_snapshot":
        for (const user of message.participants) this.#meet(user).catch(logged);
        return;
      case "user_joined":
        await this.#meet(message.user);
        return;
      case "user_left":
        this.#drop(message.user.id);
        return;
      case "offer":
        await this.#devices.needMicrophone();
        await this.#peerOf(message.from_user).connection.offered(message.payload);
        return;
      case "answer":
        await this.#peers.get(message.from_user.id)?.connection.answered(message.payload);
        return;
      case "ice_candidate":
        await this.#peers.get(message.from_user.id)?.connection.candidate(message.payload);
        return;
      case "error":
        this.#show("error", message.detail);
        return;
      case "call_ended":
        this.#show("phase", "ended");
        this.leave();
        return;
      default:
        throw new Error(`a documented client was told ${message.type}`);
    }
  }

  async #meet(user) {
    await this.#devices.needMicrophone();
    if (this.#peers.has(user.id)) return;
    const { connection } = this.#peerOf(user);
    if (this.#self.id < user.id) await connection.offer();
  }

  #peerOf(user) {
    let peer = this.#peers.get(user.id);
    if (!peer) {
      const tile = new Tile(user);
      const send = (type, payload) => this.#send({ type, to_user_id: user.id, payload });
      const onClosed = () => this.#drop(user.id);
      peer = { tile, connection: new Connection(this.#iceServers, this.#devices, tile, send, onClosed) };
      this.#peers.set(user.id, peer);
    }
    return peer;
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  // The microphone came once more while connections had it already. They go over to the newer track without
  // waiting; where two do, the older one is taken away from the first before the newer is in its place, and
  // nothing is offered there from then on.
  #changeOver(older, newer) {
    const having = [...this.#peers.values()].filter(({ connection }) => connection.senderOf(older));
    for (const { connection } of having) connection.senderOf(older).replaceTrack(newer).catch(logged);
    if (having.length > 1) having[0].connection.take(older);
  }

  #drop(id) {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#peers.delete(id);
    peer.connection.close();
    peer.tile.remove();
  }

  #dropAll() {
    for (const id of [...this.#peers.keys()]) this.#drop(id);
  }
}
