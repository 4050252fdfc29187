import { expect, test } from "vitest";
import { PATIENCE_MS, SETTLE_MS, type Sound, WARM_MS, Warmth } from "./warmth";

const receiver = () => ({}) as RTCRtpReceiver;
const sounding = (sound: Sound) => new Warmth(async () => sound);

test("a path is ready when enough was decoded since the switch", async () => {
  let decoded = 5_000;
  const warmth = new Warmth(async () => ({ decoded, altered: 0 }));
  const one = receiver();
  await warmth.look(7, one, 0);
  decoded += WARM_MS - 1;
  await warmth.look(7, one, 40);
  expect(warmth.isReady(7, 40)).toBe(false);
  decoded += 1;
  await warmth.look(7, one, 80);
  expect(warmth.isReady(7, 80)).toBe(true);
  warmth.reset();
  expect(warmth.isReady(7, 90)).toBe(false);
});

test("a break begins it anew, for a while", async () => {
  let sound = { decoded: 0, altered: 1_000 };
  const warmth = new Warmth(async () => sound);
  const one = receiver();
  await warmth.look(7, one, 0);
  for (let at = 40; at < PATIENCE_MS; at += 40) {
    // Something is missing every 160 ms.
    sound = { decoded: at, altered: 1_000 + 20 * Math.floor(at / 160) };
    await warmth.look(7, one, at);
    expect(warmth.isReady(7, at)).toBe(false);
  }
  expect(warmth.isReady(7, PATIENCE_MS)).toBe(true);
});

test("a path that has got even is ready at once", async () => {
  let sound = { decoded: 0, altered: 0 };
  const warmth = new Warmth(async () => sound);
  const one = receiver();
  await warmth.look(7, one, 0);
  sound = { decoded: 150, altered: 50 };
  await warmth.look(7, one, 160);
  sound = { decoded: 300, altered: 54 };
  await warmth.look(7, one, 320);
  expect(warmth.isReady(7, 320)).toBe(false);
  sound = { decoded: 350, altered: 54 };
  await warmth.look(7, one, 360);
  expect(warmth.isReady(7, 360)).toBe(true);
});

test("a path that stays silent is taken after a while", async () => {
  const warmth = sounding({ decoded: 0, altered: 0 });
  await warmth.look(7, receiver(), 1_000);
  expect(warmth.isReady(7, 1_000 + SETTLE_MS - 1)).toBe(false);
  expect(warmth.isReady(7, 1_000 + SETTLE_MS)).toBe(true);
});

test("another seat begins anew", async () => {
  let decoded = 0;
  const warmth = new Warmth(async () => ({ decoded, altered: 0 }));
  await warmth.look(7, receiver(), 0);
  decoded = 1_000;
  await warmth.look(7, receiver(), 40);
  expect(warmth.isReady(7, 40)).toBe(false);
});
