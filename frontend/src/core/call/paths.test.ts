import { expect, test } from "vitest";
import { pathOf, SETTLE_MS } from "./paths";

const none = { present: false, delivering: false };
const silent = { present: true, delivering: false };
const audible = { present: true, delivering: true };

test("the room's path is taken as soon as it delivers", () => {
  expect(pathOf("sfu", audible, audible, 0)).toBe("server");
  expect(pathOf("p2p", audible, audible, 0)).toBe("direct");
});

test("the old path is played until the new one delivers", () => {
  expect(pathOf("sfu", audible, silent, 500)).toBe("direct");
  expect(pathOf("p2p", silent, audible, 500)).toBe("server");
});

test("a new path on which nobody speaks is taken after a while", () => {
  expect(pathOf("sfu", audible, silent, SETTLE_MS)).toBe("server");
});

test("what is there is played when the room's path is not", () => {
  expect(pathOf("sfu", audible, none, 60_000)).toBe("direct");
  expect(pathOf("p2p", none, none, 0)).toBeNull();
  expect(pathOf("p2p", silent, none, 0)).toBe("direct");
});
