import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SignalingSocket } from "./socket";

/** What a page has of a socket. */
class Line {
  static readonly OPEN = 1;
  readyState = Line.OPEN;
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  static last: Line;

  constructor() {
    Line.last = this;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data).type);
  }

  close(): void {
    this.readyState = 3;
  }
}

const closed = vi.fn();

function open(): SignalingSocket {
  const socket = new SignalingSocket("ws://server/", "token", null, 2_000, {
    onMessage: () => {},
    onClose: closed,
  });
  Line.last.onopen?.();
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  closed.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a probe that is not answered ends the socket", () => {
  open().probe();
  expect(Line.last.sent).toEqual(["ping"]);
  vi.advanceTimersByTime(10_000);
  expect(closed).toHaveBeenCalledExactlyOnceWith(1006, null);
});

test("a probe that is answered does not", () => {
  const socket = open();
  socket.probe();
  socket.probe();
  expect(Line.last.sent).toEqual(["ping"]);
  vi.advanceTimersByTime(200);
  Line.last.onmessage?.({ data: '{"type":"pong","t":0}' });
  vi.advanceTimersByTime(10_000);
  expect(closed).not.toHaveBeenCalled();
  socket.probe();
  expect(Line.last.sent).toEqual(["ping", "ping"]);
});

test("nothing is told of a probe after the end", () => {
  const socket = open();
  socket.probe();
  socket.close();
  vi.advanceTimersByTime(10_000);
  expect(closed).not.toHaveBeenCalled();
});

test("a socket that does not open in time is given up, one that opens says how long it took", () => {
  const socket = new SignalingSocket("ws://server/", "token", null, 2_000, {
    onMessage: () => {},
    onClose: closed,
  });
  vi.advanceTimersByTime(1_999);
  expect([closed.mock.calls.length, socket.openedAfterMs]).toEqual([0, null]);
  vi.advanceTimersByTime(1);
  expect(closed).toHaveBeenCalledExactlyOnceWith(1006, null);
  expect(open().openedAfterMs).toBe(0);
});
