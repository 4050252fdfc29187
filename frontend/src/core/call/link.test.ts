import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ApiClient, ApiError } from "../api/client";
import { ServerLink } from "./link";

/** What a page has of a socket; it opens when the test says so. */
class Line {
  static readonly OPEN = 1;
  static all: Line[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    Line.all.push(this);
  }

  open(): void {
    this.readyState = Line.OPEN;
    this.onopen?.();
  }

  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  send(data: string): void {
    const { type, t } = JSON.parse(data);
    if (type === "ping") this.hear({ type: "pong", t });
  }

  close(): void {
    this.readyState = 3;
  }
}

const wsToken = vi.fn();
const failed = vi.fn();

function newLink(): ServerLink {
  const handlers = { onMessage: () => {}, onLost: () => {}, onFailed: failed };
  return new ServerLink({ wsToken } as unknown as ApiClient, "ws://server/", handlers);
}

function last(): Line {
  const line = Line.all.at(-1);
  if (!line) throw new Error("no socket was opened");
  return line;
}

/** A link that is in its call. */
async function inCall(): Promise<ServerLink> {
  const link = newLink();
  await link.open();
  last().open();
  last().hear({ type: "welcome", resume_token: "first", ping_interval_s: 20 });
  last().hear({ type: "participants_snapshot" });
  return link;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  Line.all = [];
  let count = 0;
  wsToken.mockReset().mockImplementation(async () => `token${++count}`);
  failed.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a lost socket is followed by one that resumes, without a request", async () => {
  const link = await inCall();
  last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(0);
  expect(Line.all).toHaveLength(2);
  expect(last().protocols).toEqual(["telcall.v2", "token.token1", "resume.first"]);
  expect(wsToken).toHaveBeenCalledOnce();
  link.close();
});

test("while packets are lost, sockets are tried one soon after the other", async () => {
  const link = await inCall();
  last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(8_000);
  expect(Line.all.length).toBeGreaterThanOrEqual(6);
  link.close();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(Line.all.length).toBeLessThanOrEqual(7);
});

test("a token for coming back is there however long the call is, also after a failure", async () => {
  const link = await inCall();
  wsToken.mockRejectedValueOnce(new ApiError(0, "offline"));
  await vi.advanceTimersByTimeAsync(3_600_000);
  const asked = wsToken.mock.calls.length;
  expect(asked).toBeGreaterThan(12);
  expect(asked).toBeLessThan(22);
  last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(0);
  expect(wsToken.mock.calls.length).toBe(asked);
  expect(last().protocols[1]).toBe(`token.token${asked - 1}`);
  link.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(wsToken.mock.calls.length).toBe(asked);
  expect(failed).not.toHaveBeenCalled();
});
