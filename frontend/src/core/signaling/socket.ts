/** One WebSocket of a call: typed messages in and out, and a watch over its silence. Coming back is the caller's. */

import type { ClientMessage, Error as ErrorMessage, ServerMessage } from "./messages.gen";

export interface SocketHandlers {
  onMessage(message: ServerMessage): void;
  /** Once, however it ended. error: the code of the last `error` message. */
  onClose(code: number, error: ErrorMessage["code"] | null): void;
}

/** So many ping intervals without any message mean that the connection is gone. */
const SILENT_INTERVALS = 2.5;
/** So soon a connection that is there answers, also over a bad network. */
const PROBE_MS = 3_000;
const LOST = 1006;

export class SignalingSocket {
  readonly #socket: WebSocket;
  readonly #handlers: SocketHandlers;
  readonly #begunAt = performance.now();
  #lastError: ErrorMessage["code"] | null = null;
  #heardAt = performance.now();
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #done = false;
  /** How long it took to open; null until then. */
  openedAfterMs: number | null = null;

  /** resumeToken: of the connection that this one follows. */
  constructor(
    url: string,
    token: string,
    resumeToken: string | null,
    openTimeoutMs: number,
    handlers: SocketHandlers,
  ) {
    this.#handlers = handlers;
    const resume = resumeToken === null ? [] : [`resume.${resumeToken}`];
    this.#socket = new WebSocket(url, ["telcall.v2", `token.${token}`, ...resume]);
    this.#openTimer = setTimeout(() => this.#finish(LOST), openTimeoutMs);
    this.#socket.onopen = () => {
      clearTimeout(this.#openTimer);
      this.openedAfterMs = performance.now() - this.#begunAt;
    };
    this.#socket.onmessage = (event) => this.#receive(event.data);
    this.#socket.onclose = (event) => this.#finish(event.code);
  }

  /** Messages before the socket is open or after it is closed are dropped, which is false: the next session
   * starts anew. */
  send(message: ClientMessage): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Keeps the connection alive; the server says how often. */
  pingEvery(intervalS: number): void {
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => {
      if (performance.now() - this.#heardAt > SILENT_INTERVALS * intervalS * 1_000) this.#finish(LOST);
      else this.send({ type: "ping", t: performance.now() });
    }, intervalS * 1_000);
  }

  /**
   * To be called when something else looks lost: a browser tells a change of networks late or never, and an own
   * address that is gone shows in nothing but silence.
   */
  probe(): void {
    if (this.#probeTimer !== undefined || this.#socket.readyState !== WebSocket.OPEN) return;
    const askedAt = performance.now();
    this.send({ type: "ping", t: askedAt });
    this.#probeTimer = setTimeout(() => {
      this.#probeTimer = undefined;
      if (this.#heardAt <= askedAt) this.#finish(LOST);
    }, PROBE_MS);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#done = true;
    this.#free();
  }

  #receive(data: unknown): void {
    this.#heardAt = performance.now();
    const message = parseMessage(data);
    if (!message || this.#done) return;
    if (message.type === "error") this.#lastError = message.code ?? null;
    this.#handlers.onMessage(message);
  }

  #finish(code: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#free();
    this.#handlers.onClose(code, this.#lastError);
  }

  #free(): void {
    clearTimeout(this.#openTimer);
    clearInterval(this.#pingTimer);
    clearTimeout(this.#probeTimer);
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
  }
}

/** A message of the server; null for what is none. Unknown types are passed on: the receiver ignores them. */
export function parseMessage<Message = ServerMessage>(data: unknown): Message | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as Message) : null;
  } catch {
    return null;
  }
}
