import { expect, test } from "vitest";
import { Roster } from "./roster";

const v2 = (id: number, video = false) => ({
  id,
  username: null,
  first_name: `p${id}`,
  last_name: null,
  photo_url: null,
  media: { audio: true, video, screen: false },
  role: "participant" as const,
  hand: false,
  protocol: "telcall.v2" as const,
});
const documented = (id: number) => ({
  id,
  username: `u${id}`,
  first_name: null,
  last_name: null,
  photo_url: null,
});

test("places follow the order of joining and are kept", () => {
  const roster = new Roster();
  roster.reset([v2(5), v2(3)]);
  roster.join(v2(9));
  roster.leave(5);
  expect(roster.all.map(({ person, index }) => [person.id, index])).toEqual([
    [3, 2],
    [9, 3],
  ]);
});

test("media state is the v2 client's word", () => {
  const roster = new Roster();
  roster.reset([v2(5, true)]);
  roster.mediaChanged({ type: "media_state", user_id: 5, audio: false, video: false, screen: false });
  expect(roster.get(5)).toMatchObject({ audio: false, video: false });
});

test("a documented client counts as audible", () => {
  const roster = new Roster();
  roster.join(documented(7));
  expect(roster.get(7)).toMatchObject({ v2: false, audio: true, video: false });
});

test("who comes back to the call finds the others in their places", () => {
  const roster = new Roster();
  roster.reset([v2(5), v2(3)]);
  expect(roster.reset([v2(3), v2(9)])).toEqual([5]);
  expect(roster.all.map(({ person, index }) => [person.id, index])).toEqual([
    [3, 2],
    [9, 3],
  ]);
});

test("hands and roles are the server's word", () => {
  const roster = new Roster();
  roster.reset([v2(5)]);
  roster.handChanged(5, true);
  roster.madeHost(5);
  expect(roster.get(5)).toMatchObject({ hand: true, role: "host" });
});

test("news of somebody who is not there change nothing", () => {
  const roster = new Roster();
  roster.mediaChanged({ type: "media_state", user_id: 1, audio: true, video: true, screen: false });
  expect(roster.all).toEqual([]);
});
