import { afterEach, expect, test, vi } from "vitest";
import { allowedAlready } from "./permission";

afterEach(() => vi.unstubAllGlobals());

function browser(states: Record<string, string>): void {
  const query = async ({ name }: { name: string }) => {
    const state = states[name];
    if (!state) throw new TypeError(`${name} is unknown`);
    return { state };
  };
  vi.stubGlobal("navigator", { permissions: { query } });
}

const both = { microphone: true, camera: true };
const voice = { microphone: true, camera: false };

test("all that is wanted has to be granted", async () => {
  browser({ microphone: "granted", camera: "prompt" });
  expect(await allowedAlready(voice)).toBe(true);
  expect(await allowedAlready(both)).toBe(false);
});

test("what is not wanted needs nothing", async () => {
  browser({});
  expect(await allowedAlready({ microphone: false, camera: false })).toBe(true);
});

test("a browser that does not know is taken for one that asks", async () => {
  browser({});
  expect(await allowedAlready(voice)).toBe(false);
  vi.stubGlobal("navigator", {});
  expect(await allowedAlready(voice)).toBe(false);
});
