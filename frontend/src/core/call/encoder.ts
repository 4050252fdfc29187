/** Switches a sender's encodings on and off, one change after the other: the newest wish wins. */

const MAX_FAILURES = 3;

export class Encoder {
  readonly #sender: RTCRtpSender;
  #wanted = true;
  #switching = false;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  /** Resolves when it is done, or cannot be: the next wish tries again. */
  async want(active: boolean): Promise<void> {
    this.#wanted = active;
    if (this.#switching) return;
    this.#switching = true;
    try {
      for (let failures = 0; failures < MAX_FAILURES; ) {
        const parameters = this.#sender.getParameters();
        const encodings = parameters.encodings ?? [];
        if (encodings.every((encoding) => encoding.active === this.#wanted)) return;
        for (const encoding of encodings) encoding.active = this.#wanted;
        try {
          await this.#sender.setParameters(parameters);
        } catch {
          failures += 1;
        }
      }
    } finally {
      this.#switching = false;
    }
  }
}
