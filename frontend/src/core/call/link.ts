/**
 * The way to the server for as long as the call lasts: opens a socket, opens the next one when it is lost, and
 * shows the resume token, so that the server takes it for the same stay.
 */

import { type ApiClient, ApiError } from "../api/client";
import { MAX_ATTEMPTS, openTimeoutMs, waitMs } from "../signaling/backoff";
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

/**
 * A token is good for five minutes. Another one is asked for in time: where packets are lost, coming back would
 * wait for a request as well.
 */
const TOKEN_KEPT_MS = 280_000;
const TOKEN_RENEWED_MS = 200_000;
const TOKEN_AGAIN_MS = 20_000;

export class ServerLink {
  readonly #api: ApiClient;
  readonly #url: string;
  readonly #handlers: LinkHandlers;
  #socket: SignalingSocket | null = null;
  #resumeToken: string | null = null;
  #attempt = 0;
  #triedAt = 0;
  #lastOpenMs: number | null = null;
  #lostAt = 0;
  #wasIn = false;
  #signedInAgain = false;
  #token: { readonly value: string; readonly atMs: number } | null = null;
  #comeBackAfterMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(api: ApiClient, url: string, handlers: LinkHandlers) {
    this.#api = api;
    this.#url = url;
    this.#handlers = handlers;
  }

  async token(): Promise<WsToken> {
    if (this.#token && performance.now() - this.#token.atMs < TOKEN_KEPT_MS)
      return { token: this.#token.value };
    return this.#newToken();
  }

  async #newToken(): Promise<WsToken> {
    const atMs = performance.now();
    this.#renewAfter(TOKEN_AGAIN_MS);
    try {
      const value = await this.#api.wsToken();
      this.#token = { value, atMs };
      this.#renewAfter(TOKEN_RENEWED_MS);
      return { token: value };
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      return { failure: refused ? "unauthorized" : "unreachable" };
    }
  }

  #renewAfter(ms: number): void {
    clearTimeout(this.#renewTimer);
    if (!this.#closed) this.#renewTimer = setTimeout(() => void this.#newToken(), ms);
  }

  /** token: asked for earlier, while there was time. */
  async open(token: Promise<WsToken> = this.token()): Promise<void> {
    this.#triedAt = performance.now();
    const answer = await token;
    if (this.#closed) return;
    if ("failure" in answer) {
      if (answer.failure === "unauthorized") this.#fail("unauthorized");
      else this.#retry();
      return;
    }
    const timeoutMs = openTimeoutMs(this.#lastOpenMs, performance.now() - this.#lostAt);
    this.#socket = new SignalingSocket(this.#url, answer.token, this.#resumeToken, timeoutMs, {
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
    clearTimeout(this.#renewTimer);
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
    const openMs = this.#socket?.openedAfterMs ?? null;
    if (openMs !== null) {
      this.#lastOpenMs = openMs;
      this.#lostAt = performance.now();
    }
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
    const tookMs = performance.now() - this.#triedAt;
    const pauseMs = this.#comeBackAfterMs ?? waitMs(this.#attempt, tookMs, Math.random());
    this.#comeBackAfterMs = null;
    this.#attempt += 1;
    if (this.#wasIn) this.#handlers.onLost(this.#attempt);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.open(), pauseMs);
  }

  #fail(failure: Failure): void {
    this.#handlers.onFailed(failure);
  }
}
