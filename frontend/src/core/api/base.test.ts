import { expect, test } from "vitest";
import { basesOf, socketUrl } from "./base";

const PAGE = { origin: "https://app.example.org" };

test("without settings all of it is on the page's own origin", () => {
  const bases = basesOf(undefined, "", PAGE);
  expect(bases).toEqual({ api: "", ws: "wss://app.example.org" });
  expect(socketUrl("/ws/check", bases)).toBe("wss://app.example.org/ws/check");
  expect(basesOf("", undefined, { origin: "http://localhost:8080" }).ws).toBe("ws://localhost:8080");
});

test("sockets go where the API is", () => {
  const https = basesOf(" https://api.example.org/ ", undefined, PAGE);
  expect(https).toEqual({ api: "https://api.example.org", ws: "wss://api.example.org" });
  const below = basesOf("http://localhost:9000/calls/", undefined, PAGE);
  expect(below).toEqual({ api: "http://localhost:9000/calls", ws: "ws://localhost:9000/calls" });
});

test("sockets may be somewhere else", () => {
  expect(basesOf(undefined, "wss://ws.example.org", PAGE)).toEqual({ api: "", ws: "wss://ws.example.org" });
});

test.each(["api.example.org", "ftp://api.example.org", "javascript:0"])("%s is no address", (wrong) => {
  expect(() => basesOf(wrong, undefined, PAGE)).toThrow();
});
