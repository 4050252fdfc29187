/** Who is signed in. One small store: subscribe, read, act. */

import { type ApiClient, ApiError, type SignedInUser } from "../api/client";
import { ownerOf } from "./linkToken";

export type SessionState =
  | { readonly kind: "starting" }
  /** Outside Telegram, and this server lets people in by a name. */
  | { readonly kind: "dev_sign_in" }
  /** Outside Telegram, and there is no other way in. */
  | { readonly kind: "outside" }
  | { readonly kind: "signed_in"; readonly user: SignedInUser }
  /** The link that was opened signs in somebody else than `user`, who is signed in here: `followLink`, `leaveLink`. */
  | { readonly kind: "other_link"; readonly user: SignedInUser }
  /** The link that should go on in this browser was used before, or is too old. */
  | { readonly kind: "stale_link" }
  /** By a tap. The next sign-in takes one too. */
  | { readonly kind: "signed_out" }
  /** The person has deleted their data. Signing in again makes somebody new, so it takes a tap. */
  | { readonly kind: "deleted" }
  /** `init_data`: Telegram's data was refused. `network`: nobody answered. `unavailable`: the server is in trouble. */
  | { readonly kind: "failed"; readonly failure: "init_data" | "network" | "unavailable" };

/** Used, too old, cut off on its way: no answer of these gets better. */
const NO_LINK: ReadonlySet<number> = new Set([400, 401, 422]);

export class Session {
  #state: SessionState = { kind: "starting" };
  #initData: string | null;
  #linkToken: string | null;
  #starting: Promise<void> | null = null;
  #renewing: Promise<boolean> | null = null;
  readonly #listeners = new Set<() => void>();

  /** linkToken: of a link that goes on in a browser. */
  constructor(
    private readonly api: ApiClient,
    initData: string | null,
    linkToken: string | null = null,
  ) {
    this.#initData = initData;
    this.#linkToken = linkToken;
    api.signInAgain = () => this.#renewed();
  }

  getState = (): SessionState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Signs in by what there is: a link, Telegram's data, the cookie of an earlier visit. Several calls share a try. */
  start(): Promise<void> {
    return this.#alone(async () => {
      const renewed = this.#renewing && (await this.#renewing);
      if (!renewed) await this.#start();
    });
  }

  /** Signs in by the link, in the place of who is signed in here. */
  followLink(): Promise<void> {
    return this.#alone(() => this.#follow());
  }

  /** Who is signed in here stays, and the link is forgotten. */
  leaveLink = (): void => {
    if (this.#state.kind !== "other_link") return;
    this.#linkToken = null;
    this.#set({ kind: "signed_in", user: this.#state.user });
  };

  /** By a name, where the server allows it. Throws `ApiError`. */
  async signInByName(name: string): Promise<void> {
    const initData = await this.api.devSignIn(name);
    const { user } = await this.api.signInTelegram(initData);
    this.#initData = initData;
    this.#set({ kind: "signed_in", user });
  }

  /** On this device; what this sign-in has opened is closed. Throws `ApiError`. */
  async signOut(): Promise<void> {
    await this.#renewing;
    await this.api.signOut();
    this.#initData = null; // It would sign the person in again.
    this.#set({ kind: "signed_out" });
  }

  /** Everything of the person is gone, here and there. Throws `ApiError`. */
  async deleteMe(): Promise<void> {
    await this.#renewing;
    await this.api.deleteMe();
    this.#set({ kind: "deleted" });
  }

  #alone(work: () => Promise<void>): Promise<void> {
    this.#starting ??= work().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#state.kind !== "starting") this.#set({ kind: "starting" });
    try {
      if (this.#linkToken) {
        this.#set(await this.#toldByLink(this.#linkToken));
        return;
      }
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

  /**
   * Who is signed in here already is not replaced unasked: whoever sends somebody a link of their own would have
   * that person go on in the sender's name, and see what they do there.
   */
  async #toldByLink(token: string): Promise<SessionState> {
    const present = await this.#byCookie();
    if (!present || ownerOf(token) === present.id) return this.#byLink(token);
    return { kind: "other_link", user: present };
  }

  async #follow(): Promise<void> {
    if (this.#state.kind !== "other_link" || !this.#linkToken) return;
    try {
      this.#set(await this.#byLink(this.#linkToken));
    } catch (error) {
      this.#set({ kind: "failed", failure: failureOf(error) });
    }
  }

  /** A link is good once: also one that was followed a second time, by a way back, finds its cookie. */
  async #byLink(token: string): Promise<SessionState> {
    try {
      const { user } = await this.api.signInByLink(token);
      this.#linkToken = null;
      return { kind: "signed_in", user };
    } catch (error) {
      if (!(error instanceof ApiError) || !NO_LINK.has(error.status)) throw error;
      this.#linkToken = null;
      const user = await this.#byCookie();
      return user && user.id === ownerOf(token) ? { kind: "signed_in", user } : { kind: "stale_link" };
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

  /** Of all requests that are refused at once, one signs in, and none beside a sign-in that is under way. */
  async #renewed(): Promise<boolean> {
    if (this.#starting) {
      await this.#starting;
      return this.#state.kind === "signed_in";
    }
    this.#renewing ??= this.#signInAgain().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #signInAgain(): Promise<boolean> {
    if (this.#state.kind === "deleted" || this.#state.kind === "signed_out") return false;
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
