import { expect, test } from "vitest";
import { SETTLE_MS, WARM_MS, Warmth } from "./warmth";

const receiver = () => ({}) as RTCRtpReceiver;

test("a path is ready when enough was decoded since the switch", async () => {
  let decoded = 5_000;
  const warmth = new Warmth(async () => decoded);
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

test("a path that stays silent is taken after a while", async () => {
  const warmth = new Warmth(async () => 0);
  await warmth.look(7, receiver(), 1_000);
  expect(warmth.isReady(7, 1_000 + SETTLE_MS - 1)).toBe(false);
  expect(warmth.isReady(7, 1_000 + SETTLE_MS)).toBe(true);
});

test("another seat begins anew", async () => {
  let decoded = 0;
  const warmth = new Warmth(async () => decoded);
  await warmth.look(7, receiver(), 0);
  decoded = 1_000;
  await warmth.look(7, receiver(), 40);
  expect(warmth.isReady(7, 40)).toBe(false);
});
