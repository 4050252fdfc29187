/** Switches a sender's encodings on and off, one change after the other: the newest wish wins. */

/** Of one wish: an engine that refuses, or takes it and does otherwise, is left in peace. */
const MAX_TRIES = 3;

export class Encoder {
  readonly #sender: RTCRtpSender;
  #wanted = true;
  #switching = false;
  #tries = 0;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  /** Resolves when it is done, or cannot be: the next wish tries again. */
  async want(active: boolean): Promise<void> {
    this.#wanted = active;
    this.#tries = 0;
    if (this.#switching) return;
    this.#switching = true;
    try {
      while (this.#tries < MAX_TRIES) {
        this.#tries += 1;
        const parameters = this.#sender.getParameters();
        const encodings = parameters.encodings ?? [];
        if (encodings.every((encoding) => encoding.active === this.#wanted)) return;
        for (const encoding of encodings) encoding.active = this.#wanted;
        await this.#sender.setParameters(parameters).catch(() => {});
      }
    } finally {
      this.#switching = false;
    }
  }
}
