// @vitest-environment jsdom
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RemoteAudio } from "./RemoteAudio";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const streamOf = (id: string) => ({ id }) as MediaStream;
const voice = (stream: MediaStream | null, next: MediaStream | null) => (
  <RemoteAudio id="7" stream={stream} next={next} unlocked={0} onBlocked={() => {}} />
);
const muted = () => [...document.querySelectorAll("audio")].map((audio) => audio.muted);
const named = () => document.querySelectorAll('[data-testid="audio-7"]').length;

test("the next path is played muted", () => {
  render(voice(streamOf("direct"), streamOf("server")));
  expect(muted()).toEqual([false, true]);
  expect(named()).toBe(1);
});

test("the path that is left is heard for a moment more, by the same elements", () => {
  const [direct, server] = [streamOf("direct"), streamOf("server")];
  const page = render(voice(direct, server));
  const elements = new Set(document.querySelectorAll("audio"));
  page.rerender(voice(server, null));
  expect(muted()).toEqual([false, false]);
  expect(new Set(document.querySelectorAll("audio"))).toEqual(elements);
  expect(named()).toBe(1);
  act(() => vi.advanceTimersByTime(100));
  expect(muted()).toEqual([false]);
});

test("who has gone is silent at once", () => {
  const page = render(voice(streamOf("direct"), null));
  page.rerender(voice(null, null));
  expect(document.querySelectorAll("audio")).toHaveLength(1);
});
