import { expect, test } from "vitest";
import type { Remote } from "./roster";
import { type Shown, Tiles } from "./tiles";

const stream = () => ({ getTracks: () => [] }) as unknown as MediaStream;
const remote = (changes: Partial<Remote> = {}): Remote => ({
  person: { id: 7, username: null, first_name: "Anna", last_name: null, photo_url: null },
  index: 1,
  v2: true,
  audio: true,
  video: true,
  screen: false,
  role: "participant",
  hand: false,
  ...changes,
});
const shown = (changes: Partial<Shown> = {}): Shown => ({
  path: "server",
  audioStream: stream(),
  nextAudioStream: null,
  videoStream: stream(),
  nextVideoStream: null,
  seatVideo: "on",
  speaking: false,
  weak: null,
  ...changes,
});

test("a tile is the same object until something of it changes", () => {
  const tiles = new Tiles();
  const [who, what] = [remote(), shown()];
  const first = tiles.remote(who, what);
  expect(tiles.remote(who, what)).toBe(first);
  expect(tiles.remote(who, { ...what, speaking: true })).not.toBe(first);
});

test("a camera that its owner says is off is not shown, though its last picture is there", () => {
  const tile = new Tiles().remote(remote({ video: false }), shown());
  expect([tile.video, tile.videoStream]).toEqual([false, null]);
});

test("by the server a picture is shown while its seat is on", () => {
  expect(new Tiles().remote(remote(), shown({ seatVideo: "paused" })).video).toBe(false);
  expect(new Tiles().remote(remote(), shown({ path: "direct", seatVideo: null })).video).toBe(true);
});

test("a documented client is seen when its picture comes: it says nothing of it", () => {
  const documented = remote({ v2: false, video: false });
  expect(new Tiles().remote(documented, shown({ path: "direct", seatVideo: null })).video).toBe(true);
  expect(new Tiles().remote(documented, shown({ seatVideo: null, videoStream: null })).video).toBe(false);
  expect(new Tiles().remote(documented, shown()).video).toBe(true);
  expect(new Tiles().remote(documented, shown({ seatVideo: "off" })).video).toBe(false);
});

test("without a path a tile is connecting and silent", () => {
  const tile = new Tiles().remote(remote(), shown({ path: null }));
  expect([tile.connecting, tile.audioStream]).toEqual([true, null]);
});

test("a shared screen is a tile of its own beside its owner's", () => {
  const tiles = new Tiles();
  const person = tiles.remote(remote(), shown());
  const screen = tiles.screen(remote({ screen: true }), null);
  expect(screen).toMatchObject({ source: "screen", connecting: true, video: false });
  expect(screen.key).not.toBe(person.key);
});
