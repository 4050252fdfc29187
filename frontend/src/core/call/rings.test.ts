import { expect, test } from "vitest";
import type { ServerMessage, User } from "../signaling/messages.gen";
import { Rings } from "./rings";

const user = (id: number): User => ({
  id,
  username: null,
  first_name: `p${id}`,
  last_name: null,
  photo_url: null,
});
const ring = (id: number, state: "ringing" | "declined" | "missed" | "unreachable"): ServerMessage => ({
  type: "ring",
  user_id: id,
  state,
  user: user(id),
});
const told = (rings: Rings) => rings.all.map(({ person, state }) => `${person.first_name} ${state}`);

test("who is called keeps their place while the state changes", () => {
  const rings = new Rings();
  for (const message of [ring(2, "ringing"), ring(3, "ringing"), ring(2, "declined")]) rings.receive(message);
  expect(told(rings)).toEqual(["p2 declined", "p3 ringing"]);
});

test("who comes is called no more", () => {
  const rings = new Rings();
  rings.receive(ring(2, "ringing"));
  rings.receive({ type: "user_joined", user: user(2) } as ServerMessage);
  expect(rings.all).toEqual([]);
});

test("a new connection is told anew what still holds", () => {
  const rings = new Rings();
  rings.receive(ring(2, "missed"));
  rings.receive({ type: "welcome" } as ServerMessage);
  expect(rings.all).toEqual([]);
});

test("what was seen is gone, and nothing changes where nobody is called", () => {
  const rings = new Rings();
  const before = rings.all;
  rings.dismiss(2);
  expect(rings.all).toBe(before);
  rings.receive(ring(2, "unreachable"));
  rings.dismiss(2);
  expect(rings.all).toEqual([]);
});

test("what was seen does not come back with the connection, only by another ring", () => {
  const rings = new Rings();
  rings.receive(ring(2, "missed"));
  rings.dismiss(2);
  for (const message of [{ type: "welcome" } as ServerMessage, ring(2, "missed")]) rings.receive(message);
  expect(rings.all).toEqual([]);
  rings.receive(ring(2, "ringing"));
  rings.receive(ring(2, "missed"));
  expect(told(rings)).toEqual(["p2 missed"]);
});
