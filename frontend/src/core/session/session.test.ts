import { expect, test, vi } from "vitest";
import { ApiClient } from "../api/client";
import { Session } from "./session";

const ANNA = {
  id: 1,
  telegram_user_id: 7,
  username: null,
  first_name: "Anna",
  last_name: null,
  photo_url: null,
};

type Answer = [number, unknown] | "nobody";
type Answers = Record<string, Answer | Promise<Answer>>;

/** A session whose server answers so to each request; what is not named is a 404. */
function sessionOn(answers: Answers, initData: string | null, linkToken: string | null = null) {
  const asked: string[] = [];
  const fetch = vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => {
    const what = `${init?.method} ${input}`;
    asked.push(what);
    const answer = (await answers[what]) ?? [404, { detail: "Not Found" }];
    if (answer === "nobody") throw new TypeError("nobody answers");
    return new Response(JSON.stringify(answer[1]), { status: answer[0] });
  });
  const api = new ApiClient({ fetch });
  return { api, session: new Session(api, initData, linkToken), asked, answers };
}

const signedIn = (name: string): [number, unknown] => [
  200,
  { user: { ...ANNA, first_name: name }, access_token: `token of ${name}`, expires_in: 60 },
];

/** As the server makes them: a JWT whose `sub` is the person's id. */
const linkOf = (id: number) => `e30.${btoa(JSON.stringify({ sub: `${id}`, aud: "browser" }))}.c2ln`;
const BORIS = { ...ANNA, id: 2, first_name: "Boris" };
const byLink = (asked: string[]) => asked.filter((each) => each === "POST /auth/browser").length;

test("a link signs in who is nobody here yet, and is used once", async () => {
  const answers: Answers = { "POST /auth/browser": signedIn("Anna"), "GET /api/me": [401, {}] };
  const { session, asked } = sessionOn(answers, null, linkOf(1));
  await session.start();
  expect(session.getState()).toMatchObject({ kind: "signed_in", user: { first_name: "Anna" } });
  await session.start();
  expect(byLink(asked)).toBe(1);
});

test("a link of the person who is signed in here asks nothing", async () => {
  const answers: Answers = { "POST /auth/browser": signedIn("Anna"), "GET /api/me": [200, ANNA] };
  const { session, asked } = sessionOn(answers, null, linkOf(1));
  await session.start();
  expect(session.getState()).toMatchObject({ kind: "signed_in" });
  expect(byLink(asked)).toBe(1);
});

test.each([
  ["of somebody else", linkOf(1)],
  ["that nobody can read", "abc"],
])("a link %s does not take the place of who is signed in here", async (_which, token) => {
  const answers: Answers = { "POST /auth/browser": signedIn("Anna"), "GET /api/me": [200, BORIS] };
  const { session, asked } = sessionOn(answers, null, token);
  await session.start();
  expect(session.getState()).toEqual({ kind: "other_link", user: BORIS });
  session.leaveLink();
  expect(session.getState()).toEqual({ kind: "signed_in", user: BORIS });
  await session.followLink();
  await session.start();
  expect(session.getState()).toEqual({ kind: "signed_in", user: BORIS });
  expect(byLink(asked)).toBe(0);
});

test("it does when they say so, once", async () => {
  const answers: Answers = { "POST /auth/browser": signedIn("Anna"), "GET /api/me": [200, BORIS] };
  const { session, asked } = sessionOn(answers, null, linkOf(1));
  await session.start();
  await Promise.all([session.followLink(), session.followLink()]);
  expect(session.getState()).toMatchObject({ kind: "signed_in", user: { first_name: "Anna" } });
  session.leaveLink();
  expect(session.getState()).toMatchObject({ user: { first_name: "Anna" } });
  expect(byLink(asked)).toBe(1);
});

test("a link of somebody else that is of no use is told, and so is that nobody answers", async () => {
  const answers: Answers = { "POST /auth/browser": "nobody", "GET /api/me": [200, BORIS] };
  const { session } = sessionOn(answers, null, linkOf(1));
  await session.start();
  await session.followLink();
  expect(session.getState()).toEqual({ kind: "failed", failure: "network" });
  answers["POST /auth/browser"] = [401, { detail: "Used" }];
  await session.start();
  expect(session.getState()).toEqual({ kind: "other_link", user: BORIS });
  await session.followLink();
  expect(session.getState()).toEqual({ kind: "stale_link" });
});

test("a link that was used before finds the cookie that it has left", async () => {
  const used: Answers = { "POST /auth/browser": [401, { detail: "Used" }], "GET /api/me": [200, ANNA] };
  const { session } = sessionOn(used, null, linkOf(1));
  await session.start();
  expect(session.getState()).toMatchObject({ kind: "signed_in" });
});

test("an old link in a browser that knows nobody is told", async () => {
  const answers: Answers = { "POST /auth/browser": [401, {}], "GET /api/me": [401, {}] };
  const { session } = sessionOn(answers, null, "abc");
  await session.start();
  expect(session.getState()).toEqual({ kind: "stale_link" });
});

test("a link is kept while nobody answers", async () => {
  const unanswered: Answers = { "POST /auth/browser": "nobody", "GET /api/me": [401, {}] };
  const { session, answers } = sessionOn(unanswered, null, linkOf(1));
  await session.start();
  expect(session.getState()).toEqual({ kind: "failed", failure: "network" });
  answers["POST /auth/browser"] = signedIn("Anna");
  await session.start();
  expect(session.getState()).toMatchObject({ kind: "signed_in" });
});

test("who has deleted their data is signed in again by a tap alone, as somebody new", async () => {
  const answers: Answers = {
    "POST /auth/telegram": signedIn("Anna"),
    "DELETE /api/me": [200, {}],
  };
  const { session, asked } = sessionOn(answers, "signed by Telegram");
  await session.start();
  await session.deleteMe();
  expect(session.getState()).toEqual({ kind: "deleted" });
  expect(asked.filter((each) => each === "POST /auth/telegram")).toHaveLength(1);
  await session.start();
  expect(session.getState()).toMatchObject({ kind: "signed_in" });
});

test("a deleted person is not signed in by a request that comes late", async () => {
  const answers: Answers = {
    "POST /auth/telegram": signedIn("Anna"),
    "DELETE /api/me": [200, {}],
    "GET /auth/ws-token": [401, {}],
  };
  const { api, session, asked } = sessionOn(answers, "signed by Telegram");
  await session.start();
  await session.deleteMe();
  await expect(api.wsToken()).rejects.toMatchObject({ status: 401 });
  expect(session.getState()).toEqual({ kind: "deleted" });
  expect(asked.filter((each) => each === "POST /auth/telegram")).toHaveLength(1);
});

const signIns = (asked: string[]) => asked.filter((each) => each === "POST /auth/telegram").length;

/** Refused as long as the server has not signed in this often. */
const refusedUntil = (asked: string[], often: number) => (): [number, unknown] =>
  signIns(asked) >= often ? [200, { token: "t", friends: [], total: 0 }] : [401, {}];

test("requests that are refused at once sign in once", async () => {
  const { api, session, asked, answers } = sessionOn({ "POST /auth/telegram": signedIn("Anna") }, "signed");
  await session.start();
  Object.defineProperty(answers, "GET /auth/ws-token", { get: refusedUntil(asked, 2) });
  expect(await Promise.all([api.wsToken(), api.wsToken(), api.wsToken()])).toEqual(["t", "t", "t"]);
  expect(signIns(asked)).toBe(2);
});

test("a request that is refused while the sign-in is under way waits for it, and makes no other", async () => {
  const { api, session, asked, answers } = sessionOn({ "POST /auth/telegram": signedIn("Anna") }, "signed");
  Object.defineProperty(answers, "GET /auth/ws-token", { get: refusedUntil(asked, 1) });
  const early = api.wsToken();
  const refused = expect(api.setFavourite(2, true)).rejects.toMatchObject({ status: 404 });
  const started = session.start();
  expect(await early).toBe("t");
  await Promise.all([started, refused]);
  expect(signIns(asked)).toBe(1);
});

/** Signed in; a request is refused, and the sign-in that follows waits until `answered`. */
async function renewing() {
  const { api, session, asked, answers } = sessionOn({ "POST /auth/telegram": signedIn("Anna") }, "signed");
  await session.start();
  let answered = () => {};
  answers["POST /auth/telegram"] = new Promise((resolve) => {
    answered = () => resolve(signedIn("Anna"));
  });
  Object.defineProperty(answers, "GET /auth/ws-token", { get: refusedUntil(asked, 2) });
  const token = api.wsToken();
  await vi.waitFor(() => expect(signIns(asked)).toBe(2));
  return { session, asked, answers, token, answered };
}

test("starting while a refused request signs in is the same sign-in", async () => {
  const { session, asked, token, answered } = await renewing();
  const started = session.start();
  answered();
  await started;
  expect(await token).toBe("t");
  expect(session.getState()).toMatchObject({ kind: "signed_in" });
  expect(signIns(asked)).toBe(2);
});

test.each([
  ["DELETE /api/me", (session: Session) => session.deleteMe(), "deleted"],
  ["POST /auth/logout", (session: Session) => session.signOut(), "signed_out"],
] as const)("a sign-in under way is not brought back by %s", async (request, leave, kind) => {
  const { session, asked, answers, answered } = await renewing();
  answers[request] = [200, {}];
  const left = leave(session);
  await Promise.resolve();
  expect(asked).not.toContain(request);
  answered();
  await left;
  expect(session.getState()).toEqual({ kind });
});

test("who has signed out is nobody here until they sign in, whatever signed them in before", async () => {
  const answers: Answers = {
    "POST /auth/dev": [200, { initData: "signed for development" }],
    "POST /auth/telegram": signedIn("Anna"),
    "POST /auth/logout": [200, {}],
    "GET /api/me": [401, {}],
    "GET /auth/dev": [200, {}],
    "GET /auth/ws-token": [401, {}],
  };
  const { api, session, asked } = sessionOn(answers, null);
  await session.signInByName("Anna");
  await session.signOut();
  expect(session.getState()).toEqual({ kind: "signed_out" });
  await expect(api.wsToken()).rejects.toMatchObject({ status: 401 });
  expect(session.getState()).toEqual({ kind: "signed_out" });
  await session.start();
  expect(session.getState()).toEqual({ kind: "dev_sign_in" });
  expect(signIns(asked)).toBe(1);
});
