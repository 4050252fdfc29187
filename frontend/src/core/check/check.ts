/** The check as a whole: every way in turn, and what is known so far. No React. */

import type { IceServer } from "../signaling/messages.gen";
import { DIRECT, type Path, pathsOf } from "./paths";
import type { PathResult, Probed } from "./probe";
import type { CheckTrack } from "./track";

export type CheckState =
  | { readonly kind: "idle" }
  | {
      readonly kind: "running" | "done";
      /** Whether the microphone is what was sent; null while it is asked for. */
      readonly microphone: boolean | null;
      readonly paths: readonly Path[];
      /** Of the first of `paths`; the next one is tried now. */
      readonly results: readonly PathResult[];
    };

export interface CheckDeps {
  openTrack(): Promise<CheckTrack>;
  /** A token for the socket. */
  token(): Promise<string>;
  probe(token: string, path: Path, track: MediaStreamTrack, signal: AbortSignal): Promise<Probed>;
}

/** After one of these the other ways have no chance: the server does not talk to us. */
const HOPELESS: readonly (string | null)[] = ["rate_limited", "unauthorized", "unreachable"];

export class ConnectionCheck {
  #state: CheckState = { kind: "idle" };
  #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #deps: CheckDeps;

  constructor(deps: CheckDeps) {
    this.#deps = deps;
  }

  readonly getState = (): CheckState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** While one runs: nothing. */
  async run(): Promise<void> {
    if (this.#state.kind === "running") return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#set({ kind: "running", microphone: null, paths: [DIRECT], results: [] });
    let sent: CheckTrack | null = null;
    try {
      sent = await this.#deps.openTrack();
      await this.#runWith(sent, abort.signal);
    } catch (error) {
      console.warn("there is nothing to send for a check", error);
    } finally {
      sent?.stop();
      if (this.#abort === abort && this.getState().kind === "running") this.#set({ kind: "idle" });
    }
  }

  /** The page is left: everything ends. */
  readonly stop = (): void => {
    this.#abort.abort();
    this.#set({ kind: "idle" });
  };

  async #runWith(sent: CheckTrack, signal: AbortSignal): Promise<void> {
    const { microphone } = sent;
    const results: PathResult[] = [];
    let paths: readonly Path[] = [DIRECT];
    for (let at = 0; at < paths.length; at += 1) {
      if (signal.aborted) return;
      this.#set({ kind: "running", microphone, paths, results: [...results] });
      const { result, iceServers } = await this.#probe(paths[at] as Path, sent.track, signal);
      if (signal.aborted) return;
      results.push(result);
      if (HOPELESS.includes(result.failure)) break;
      if (at === 0) paths = pathsOf(iceServers);
    }
    this.#set({ kind: "done", microphone, paths: results.map((result) => result.path), results });
  }

  async #probe(path: Path, track: MediaStreamTrack, signal: AbortSignal): Promise<Probed> {
    try {
      return await this.#deps.probe(await this.#deps.token(), path, track, signal);
    } catch {
      return { result: unreached(path), iceServers: [] as IceServer[] };
    }
  }

  #set(state: CheckState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function unreached(path: Path): PathResult {
  const numbers = {
    rttMs: null,
    lossUp: null,
    lossDown: null,
    jitterUpMs: null,
    jitterDownMs: null,
    kbpsUp: 0,
    kbpsDown: 0,
  };
  return { path, failure: "unreachable", connectedAfterMs: null, numbers };
}
