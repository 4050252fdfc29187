/** A setting that the server has to know: told one word at a time, and what was said in between not at all. */

export class LastWord<Word, Answer> {
  readonly #tell: (word: Word) => Promise<Answer>;
  #latest = 0;
  #telling: Promise<unknown> = Promise.resolve();

  /** tell: throws nothing; what comes of it is its answer. */
  constructor(tell: (word: Word) => Promise<Answer>) {
    this.#tell = tell;
  }

  /** What came of it; null: something else was said since. */
  async say(word: Word): Promise<Answer | null> {
    this.#latest += 1;
    const mine = this.#latest;
    const before = this.#telling;
    const told = before.then(() => (mine === this.#latest ? this.#tell(word) : null));
    this.#telling = told.catch(() => null); // of a bug, which whoever said it hears
    const answer = await told;
    return mine === this.#latest ? answer : null;
  }
}
