/** How a call has ended, from the server's word and from what was asked of it here. */

import type { Phase } from "./state";

export class Ending {
  #askedHere = false;

  /** The server was told to end the call for everybody. */
  asked(): void {
    this.#askedHere = true;
  }

  /** It would not: whoever ends the call later is somebody else. */
  refused(): void {
    this.#askedHere = false;
  }

  /** reason: as in `call_ended`, one of its words or a text to show. */
  phaseOf(reason: string): Phase {
    if (reason === "ended") return { kind: "ended", reason: this.#askedHere ? "ended_here" : "ended" };
    if (reason === "expired") return { kind: "ended", reason };
    return { kind: "ended", reason: "other", text: reason };
  }
}
