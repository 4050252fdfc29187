import { describe, expect, test } from "vitest";
import { parseCallId, routeOfStartParam } from "./parse";

const ID = "Abc123_-XyZ45678";

describe("a call id is found in", () => {
  test.each([
    ID,
    `  ${ID}\n`,
    `https://t.me/some_bot?startapp=${ID}`,
    `t.me/some_bot?startapp=${ID}`,
    `https://example.org/call/${ID}`,
    `https://example.org/call/${ID}/`,
    `http://localhost:8080/call-created/${ID}?join_url=x`,
    `https://example.org/?call_id=${ID}`,
    `https://example.org/?callId=${ID}`,
    `https://example.org/#${ID}`,
    `https://example.org/#/call/${ID}`,
  ])("%s", (text) => expect(parseCallId(text)).toBe(ID));
});

describe("no call id is found in", () => {
  test.each([
    "",
    "   ",
    "short",
    "two words",
    "https://example.org/",
    "https://t.me/bot?startapp=a b",
    "привет!",
  ])("%s", (text) => expect(parseCallId(text)).toBeNull());
});

test("a start parameter leads to a call, a new one, or home", () => {
  expect(routeOfStartParam(ID)).toEqual({ kind: "call", callId: ID });
  expect(routeOfStartParam("new")).toEqual({ kind: "new" });
  expect(routeOfStartParam("u_12345")).toEqual({ kind: "call_back", userId: 12_345 });
  for (const reserved of [null, "", "check", "u_", "u_0", "u_x1", "u_12345678901234", "!"]) {
    expect(routeOfStartParam(reserved)).toEqual({ kind: "home" });
  }
});
