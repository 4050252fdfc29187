import { expect, test } from "vitest";
import { pathOf } from "./paths";

const none = { present: false, delivering: false };
const silent = { present: true, delivering: false };
const audible = { present: true, delivering: true };

test("the room's path is taken as soon as it is ready", () => {
  expect(pathOf("sfu", audible, audible, true)).toBe("server");
  expect(pathOf("p2p", audible, audible, true)).toBe("direct");
});

test("the old path is played until the new one is ready, though packets have come by it", () => {
  expect(pathOf("sfu", audible, audible, false)).toBe("direct");
  expect(pathOf("p2p", audible, audible, false)).toBe("server");
});

test("a new path is not waited for when the old one is silent or gone", () => {
  expect(pathOf("sfu", silent, silent, false)).toBe("server");
  expect(pathOf("sfu", { present: false, delivering: true }, silent, false)).toBe("server");
});

test("what is there is played when the room's path is not", () => {
  expect(pathOf("sfu", audible, none, true)).toBe("direct");
  expect(pathOf("p2p", none, none, true)).toBeNull();
  expect(pathOf("p2p", silent, none, false)).toBe("direct");
});
