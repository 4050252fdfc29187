/** Who is signed in. One small store: subscribe, read, act. */

import { type ApiClient, ApiError, type SignedInUser } from "../api/client";

export type SessionState =
  | { readonly kind: "starting" }
  /** Outside Telegram, and this server lets people in by a name. */
  | { readonly kind: "dev_sign_in" }
  /** Outside Telegram, and there is no other way in. */
  | { readonly kind: "outside" }
  | { readonly kind: "signed_in"; readonly user: SignedInUser }
  /** `init_data`: Telegram's data was refused. `network`: nobody answered. `unavailable`: the server is in trouble. */
  | { readonly kind: "failed"; readonly failure: "init_data" | "network" | "unavailable" };

export class Session {
  #state: SessionState = { kind: "starting" };
  #initData: string | null;
  #starting: Promise<void> | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly api: ApiClient,
    initData: string | null,
  ) {
    this.#initData = initData;
    api.signInAgain = () => this.#signInAgain();
  }

  getState = (): SessionState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Signs in by what there is: Telegram's data, else the cookie of an earlier visit. Several calls share one try. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** By a name, where the server allows it. Throws `ApiError`. */
  async signInByName(name: string): Promise<void> {
    const initData = await this.api.devSignIn(name);
    const { user } = await this.api.signInTelegram(initData);
    this.#initData = initData;
    this.#set({ kind: "signed_in", user });
  }

  async #start(): Promise<void> {
    if (this.#state.kind === "failed") this.#set({ kind: "starting" });
    try {
      if (this.#initData) {
        const { user } = await this.api.signInTelegram(this.#initData);
        this.#set({ kind: "signed_in", user });
        return;
      }
      const user = await this.#byCookie();
      if (user) this.#set({ kind: "signed_in", user });
      else this.#set({ kind: (await this.api.devEnabled()) ? "dev_sign_in" : "outside" });
    } catch (error) {
      this.#set({ kind: "failed", failure: failureOf(error) });
    }
  }

  async #byCookie(): Promise<SignedInUser | null> {
    try {
      return await this.api.me();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  }

  async #signInAgain(): Promise<boolean> {
    if (!this.#initData) {
      this.api.setToken(null);
      this.#set({ kind: (await this.api.devEnabled().catch(() => false)) ? "dev_sign_in" : "outside" });
      return false;
    }
    try {
      const { user } = await this.api.signInTelegram(this.#initData);
      this.#set({ kind: "signed_in", user });
      return true;
    } catch {
      return false;
    }
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

function failureOf(error: unknown): "init_data" | "network" | "unavailable" {
  if (!(error instanceof ApiError) || error.status === 0) return "network";
  return error.status === 400 || error.status === 401 ? "init_data" : "unavailable";
}
