/**
 * The way to the server for as long as the call lasts: opens a socket, opens the next one when it is lost, and
 * shows the resume token, so that the server takes it for the same stay.
 */

import { type ApiClient, ApiError } from "../api/client";
import { backoffMs, MAX_ATTEMPTS } from "../signaling/backoff";
import { closingOf } from "../signaling/closing";
import type { ClientMessage, Error as ErrorMessage, ServerMessage } from "../signaling/messages.gen";
import { SignalingSocket } from "../signaling/socket";
import type { Failure } from "./state";

export interface LinkHandlers {
  onMessage(message: ServerMessage): void;
  /** The socket is lost; another one is on its way. attempt: from 1. */
  onLost(attempt: number): void;
  /** There will be no other one. */
  onFailed(failure: Failure): void;
}

/** A socket's token, or why there is none: a value, because nobody may be waiting for it yet. */
export type WsToken = { readonly token: string } | { readonly failure: "unauthorized" | "unreachable" };

/** Shorter than the server's: a token is good for five minutes. Coming back is quicker without a request. */
const TOKEN_KEPT_MS = 200_000;

export class ServerLink {
  readonly #api: ApiClient;
  readonly #url: string;
  readonly #handlers: LinkHandlers;
  #socket: SignalingSocket | null = null;
  #resumeToken: string | null = null;
  #attempt = 0;
  #wasIn = false;
  #signedInAgain = false;
  #token: { readonly value: string; readonly atMs: number } | null = null;
  #comeBackAfterMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(api: ApiClient, url: string, handlers: LinkHandlers) {
    this.#api = api;
    this.#url = url;
    this.#handlers = handlers;
  }

  async token(): Promise<WsToken> {
    const atMs = performance.now();
    if (this.#token && atMs - this.#token.atMs < TOKEN_KEPT_MS) return { token: this.#token.value };
    try {
      const value = await this.#api.wsToken();
      this.#token = { value, atMs };
      return { token: value };
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      return { failure: refused ? "unauthorized" : "unreachable" };
    }
  }

  /** token: asked for earlier, while there was time. */
  async open(token: Promise<WsToken> = this.token()): Promise<void> {
    const answer = await token;
    if (this.#closed) return;
    if ("failure" in answer) {
      if (answer.failure === "unauthorized") this.#fail("unauthorized");
      else this.#retry();
      return;
    }
    this.#socket = new SignalingSocket(this.#url, answer.token, this.#resumeToken, {
      onMessage: (message) => this.#receive(message),
      onClose: (code, error) => this.#lost(code, error),
    });
  }

  /** False: dropped, because there is no socket now. */
  send(message: ClientMessage): boolean {
    return this.#socket?.send(message) ?? false;
  }

  /** Something of the network looks lost: the socket may be too, and not know. */
  probe(): void {
    this.#socket?.probe();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  #receive(message: ServerMessage): void {
    if (message.type === "welcome") {
      this.#resumeToken = message.resume_token;
      this.#socket?.pingEvery(message.ping_interval_s);
    } else if (message.type === "resume_token") {
      this.#resumeToken = message.resume_token;
    } else if (message.type === "reconnect") {
      this.#comeBackAfterMs = message.after_ms;
    } else if (message.type === "participants_snapshot") {
      this.#attempt = 0;
      this.#wasIn = true;
      this.#signedInAgain = false;
    }
    this.#handlers.onMessage(message);
  }

  #lost(code: number, error: ErrorMessage["code"] | null): void {
    this.#socket = null;
    const closing = closingOf(code, error);
    if (closing.kind === "retry" && closing.fresh) this.#token = null;
    if (closing.kind === "failed") {
      this.#fail(closing.failure);
    } else if (closing.fresh && this.#signedInAgain) {
      this.#fail("unauthorized");
    } else {
      this.#signedInAgain = closing.fresh;
      this.#retry();
    }
  }

  #retry(): void {
    if (this.#attempt >= MAX_ATTEMPTS) {
      this.#fail(this.#wasIn ? "connection_lost" : "unavailable");
      return;
    }
    const waitMs = this.#comeBackAfterMs ?? backoffMs(this.#attempt, Math.random());
    this.#comeBackAfterMs = null;
    this.#attempt += 1;
    if (this.#wasIn) this.#handlers.onLost(this.#attempt);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.open(), waitMs);
  }

  #fail(failure: Failure): void {
    this.#handlers.onFailed(failure);
  }
}
