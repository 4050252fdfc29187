// What is played of somebody. Their first stream is kept for good and gets the tracks that come later, so a
// <video> goes on showing the first video track, alive or not.

export class Tile {
  #stream = null;
  #box = document.createElement("figure");
  #video = document.createElement("video");
  #audio = document.createElement("audio");

  constructor(user) {
    const name = document.createElement("figcaption");
    name.textContent = user.first_name ?? user.username ?? user.id;
    for (const [kind, element] of [
      ["video", this.#video],
      ["audio", this.#audio],
    ]) {
      element.dataset.testid = `${kind}-${user.id}`;
      Object.assign(element, { autoplay: true, playsInline: true, muted: kind === "video" });
    }
    this.#box.append(name, this.#video, this.#audio);
    document.querySelector("main").append(this.#box);
  }

  add(track, stream) {
    if (!this.#stream) {
      this.#stream = stream ?? new MediaStream([track]);
      this.#video.srcObject = this.#audio.srcObject = this.#stream;
    } else if (!this.#stream.getTracks().includes(track)) {
      this.#stream.addTrack(track);
    }
    for (const element of [this.#video, this.#audio]) element.play().catch(() => {});
  }

  remove() {
    this.#video.srcObject = this.#audio.srcObject = null;
    this.#box.remove();
  }
}
