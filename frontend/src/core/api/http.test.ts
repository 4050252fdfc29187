import { expect, test, vi } from "vitest";
import { Http } from "./http";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

/** Requests are answered in this order; a function is called with the request's signal. */
function httpOf(...answers: (Response | ((signal: AbortSignal) => Promise<Response>))[]) {
  const asked: { address: string; authorization: string | undefined }[] = [];
  const fetch = vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => {
    const headers = init?.headers as Record<string, string>;
    asked.push({ address: String(input), authorization: headers.Authorization });
    const next = answers[asked.length - 1];
    if (!next || !init?.signal) throw new Error("nothing more is answered");
    return typeof next === "function" ? next(init.signal) : next;
  });
  return { http: new Http({ fetch, baseUrl: "https://api.example.org" }), asked };
}

test("what the server asks to wait comes with the refusal", async () => {
  const { http, asked } = httpOf(answer(429, { detail: "Too many" }, { "Retry-After": "17" }));
  await expect(http.json("GET", "/api/me")).rejects.toMatchObject({
    status: 429,
    detail: "Too many",
    retryAfterS: 17,
  });
  expect(asked[0]?.address).toBe("https://api.example.org/api/me");
});

test("a sign-in that has run out is renewed once, and the request made again with it", async () => {
  const { http, asked } = httpOf(answer(401, {}), answer(200, { id: 1 }), answer(401, {}), answer(401, {}));
  http.token = "old";
  http.signInAgain = vi.fn(async () => {
    http.token = "new";
    return true;
  });
  expect(await http.json("GET", "/api/friends")).toEqual({ id: 1 });
  expect(asked.map(({ authorization }) => authorization)).toEqual(["Bearer old", "Bearer new"]);
  await expect(http.json("GET", "/api/friends")).rejects.toMatchObject({ status: 401 });
  expect(http.signInAgain).toHaveBeenCalledTimes(2);
});

test("a request that was on its way with the old token asks for no other sign-in", async () => {
  const late = async () => {
    http.token = "new";
    return answer(401, {});
  };
  const { http, asked } = httpOf(late, answer(200, { id: 1 }));
  http.token = "old";
  http.signInAgain = vi.fn(async () => true);
  expect(await http.json("GET", "/api/friends")).toEqual({ id: 1 });
  expect(asked[1]?.authorization).toBe("Bearer new");
  expect(http.signInAgain).not.toHaveBeenCalled();
});

test("where a 401 is the answer nobody is signed in again", async () => {
  const { http } = httpOf(answer(401, {}));
  http.signInAgain = vi.fn(async () => true);
  await expect(http.json("GET", "/api/me", { signsInAgain: false })).rejects.toMatchObject({ status: 401 });
  expect(http.signInAgain).not.toHaveBeenCalled();
});

test("who does not want to know any more ends the request", async () => {
  const { http } = httpOf(
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("gone", "AbortError")));
      }),
  );
  const controller = new AbortController();
  const asked = http.json("GET", "/api/friends", { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ status: 0 });
});

test("a page of a proxy instead of JSON is a refusal like others", async () => {
  const { http } = httpOf(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  await expect(http.json("GET", "/api/me")).rejects.toMatchObject({ status: 502, detail: "Bad Gateway" });
});

test("a page of a proxy that calls itself a success is none", async () => {
  const { http } = httpOf(new Response("<html>", { status: 200 }), new Response("", { status: 200 }));
  await expect(http.json("DELETE", "/api/me")).rejects.toMatchObject({ status: 0, detail: "network" });
  await expect(http.json("DELETE", "/api/me")).rejects.toMatchObject({ status: 0, detail: "network" });
});

test("an answer that breaks off in its middle is none", async () => {
  const { http } = httpOf(async (signal) => {
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode('{"id":'));
        signal.addEventListener("abort", () => stream.error(new DOMException("gone", "AbortError")));
      },
    });
    return new Response(body, { status: 200 });
  });
  const controller = new AbortController();
  const asked = http.json("GET", "/api/me", { signal: controller.signal });
  await Promise.resolve();
  controller.abort();
  await expect(asked).rejects.toMatchObject({ status: 0, detail: "network" });
});

test.each([204, 205])("a %i has rightly nothing to say", async (status) => {
  const { http } = httpOf(new Response(null, { status }));
  expect(await http.json("PUT", "/api/friends/2/block")).toBeNull();
});
