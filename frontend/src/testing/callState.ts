import type { CallState, Person } from "../core/call/state";

export const person = (id: number, first_name: string): Person => ({
  id,
  first_name,
  last_name: null,
  username: null,
  photo_url: null,
});

/** A call that Anna hosts, alone and silent; `change` says what is otherwise. */
export const callState = (change: Partial<CallState> = {}): CallState => ({
  phase: { kind: "in_call" },
  topology: "p2p",
  startedAt: null,
  microphone: "off",
  camera: "off",
  screen: "off",
  role: "host",
  hand: false,
  locked: false,
  chat: [],
  reactions: [],
  knocks: [],
  notice: null,
  rings: [],
  tiles: [],
  ...change,
});
