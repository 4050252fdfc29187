import { expect, test } from "vitest";
import type { ServerMessage, User } from "../signaling/messages.gen";
import { Floor, REACTION_MS } from "./floor";

const user = (id: number): User => ({
  id,
  username: null,
  first_name: `p${id}`,
  last_name: null,
  photo_url: null,
});
const people = (id: number) => (id === 2 ? user(2) : undefined);
const welcome = {
  type: "welcome",
  self: { user: user(1), role: "participant" },
  locked: false,
  resumed: false,
} as ServerMessage;

function floor(): {
  state: () => Floor["state"];
  hear: (message: ServerMessage) => string | null;
  it: Floor;
} {
  const it = new Floor();
  const hear = (message: ServerMessage) => it.receive(message, people, 1_000);
  hear(welcome);
  return { it, hear, state: () => it.state };
}

test("chat is kept with its author, and a line that comes again after a resume is not", () => {
  const { hear, state } = floor();
  const line = { type: "chat", user_id: 2, text: "hello", at: "2026-01-01T00:00:00Z" } as const;
  hear(line);
  hear(line);
  hear({ ...line, user_id: 1 });
  expect(state().chat.map(({ person, self, text }) => [person.id, self, text])).toEqual([
    [2, false, "hello"],
    [1, true, "hello"],
  ]);
});

test("somebody who is not here says nothing", () => {
  const { hear, state } = floor();
  hear({ type: "chat", user_id: 9, text: "boo", at: "2026-01-01T00:00:00Z" });
  hear({ type: "reaction", user_id: 9, emoji: "👍" });
  expect([state().chat, state().reactions]).toEqual([[], []]);
});

test("a reaction is shown for a while", () => {
  const { it, hear, state } = floor();
  hear({ type: "reaction", user_id: 2, emoji: "👍" });
  expect(it.expire(1_000 + REACTION_MS - 1)).toBe(false);
  expect(state().reactions).toHaveLength(1);
  expect(it.expire(1_000 + REACTION_MS)).toBe(true);
  expect(state().reactions).toEqual([]);
});

test("who knocks is known until they do not any more", () => {
  const { hear, state } = floor();
  hear({ type: "knock", user: user(5), waiting: true });
  hear({ type: "knock", user: user(5), waiting: true });
  hear({ type: "knock", user: user(6), waiting: true });
  expect(state().knocks.map(({ id }) => id)).toEqual([5, 6]);
  hear({ type: "knock", user: user(5), waiting: false });
  expect(state().knocks.map(({ id }) => id)).toEqual([6]);
});

test("what a host does to us is an order and told once; what they do to others is none", () => {
  const { hear, state } = floor();
  expect(hear({ type: "moderation", action: "mute", user_id: 2, by: 3 })).toBeNull();
  expect(state().notice).toBeNull();
  expect(hear({ type: "moderation", action: "mute", user_id: 1, by: 3 })).toBe("mute");
  expect(hear({ type: "moderation", action: "stop_video", user_id: 1, by: 3 })).toBe("stop_video");
  hear({ type: "moderation", action: "make_host", user_id: 1, by: null });
  expect(state()).toMatchObject({ role: "host", notice: { kind: "made_host" } });
});

test("a lock is seen by everybody", () => {
  const { hear, state } = floor();
  hear({ type: "moderation", action: "lock", user_id: null, by: 3 });
  expect(state().locked).toBe(true);
  hear({ type: "moderation", action: "unlock", user_id: null, by: 3 });
  expect(state().locked).toBe(false);
});
