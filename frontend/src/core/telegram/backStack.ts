/** Telegram's one back button, for all that can be gone back from: what has come last goes first. */

export interface BackButton {
  show(): void;
  hide(): void;
}

export class BackStack {
  readonly #button: BackButton;
  readonly #open: { readonly onBack: () => void }[] = [];

  constructor(button: BackButton) {
    this.#button = button;
  }

  /** Lays something on top; the returned function takes it away, wherever it is by then. */
  push(onBack: () => void): () => void {
    const entry = { onBack };
    this.#open.push(entry);
    this.#button.show();
    return () => {
      const index = this.#open.indexOf(entry);
      if (index < 0) return;
      this.#open.splice(index, 1);
      if (this.#open.length === 0) this.#button.hide();
    };
  }

  /** The button was tapped. */
  press = (): void => {
    this.#open.at(-1)?.onBack();
  };
}
