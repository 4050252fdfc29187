/** The REST API, route by route, typed. Every method throws `ApiError`. */

import { ApiError, Http, type HttpDeps } from "./http";
import type {
  BlockedPerson,
  BrowserLink,
  CallInfo,
  Friend,
  FriendPage,
  FriendQuery,
  PastCallPage,
  SignedInUser,
  SignIn,
} from "./types";

export { ApiError } from "./http";
export type { CallInfo, SignedInUser } from "./types";

export class ApiClient {
  readonly #http: Http;

  constructor(deps: HttpDeps = {}) {
    this.#http = new Http(deps);
  }

  /** Called once when a request is answered with 401; true: signed in again, try once more. */
  set signInAgain(again: () => Promise<boolean>) {
    this.#http.signInAgain = again;
  }

  setToken(token: string | null): void {
    this.#http.token = token;
  }

  // --- signing in -----------------------------------------------------------------------------------

  signInTelegram(initData: string): Promise<SignIn> {
    return this.#signIn("/auth/telegram", { initData });
  }

  /** token: what stands behind `#browser=` in a link of `browserLink`; good once. */
  signInByLink(token: string): Promise<SignIn> {
    return this.#signIn("/auth/browser", { token });
  }

  async browserLink(): Promise<BrowserLink> {
    return (await this.#http.json("POST", "/auth/browser-link")) as BrowserLink;
  }

  /** From then on no token of this sign-in counts. */
  async signOut(): Promise<void> {
    await this.#http.json("POST", "/auth/logout", { signsInAgain: false });
    this.#http.token = null;
  }

  /** Whether this server lets anybody sign in by a name. */
  async devEnabled(): Promise<boolean> {
    try {
      await this.#http.json("GET", "/auth/dev", { signsInAgain: false });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** The initData of that person, signed by the server for development. */
  async devSignIn(name: string): Promise<string> {
    const answer = await this.#http.json("POST", "/auth/dev", { body: { name }, signsInAgain: false });
    return (answer as { initData: string }).initData;
  }

  /** A token for the WebSocket, a few minutes long. */
  async wsToken(): Promise<string> {
    return ((await this.#http.json("GET", "/auth/ws-token")) as { token: string }).token;
  }

  // --- oneself ----------------------------------------------------------------------------------------

  async me(): Promise<SignedInUser> {
    return (await this.#http.json("GET", "/api/me", { signsInAgain: false })) as SignedInUser;
  }

  /** The language in which the bot writes; null: Telegram's own again, from the next sign-in. */
  async chooseLanguage(code: string | null): Promise<void> {
    await this.#http.json("PATCH", "/api/me", { body: { language_code: code } });
  }

  /** All that is stored of the person. */
  exportMe(): Promise<unknown> {
    return this.#http.json("GET", "/api/me/export");
  }

  /** Deletes the person for good; from then on nobody is signed in. */
  async deleteMe(): Promise<void> {
    await this.#http.json("DELETE", "/api/me", { body: { confirm: "delete" } });
    this.#http.token = null;
  }

  // --- calls ------------------------------------------------------------------------------------------

  async createCall(call: { title: string | null; is_video_enabled: boolean }): Promise<CallInfo> {
    return (await this.#http.json("POST", "/api/calls", { body: call })) as CallInfo;
  }

  async getCall(callId: string): Promise<CallInfo> {
    return (await this.#http.json("GET", `/api/calls/${encodeURIComponent(callId)}`)) as CallInfo;
  }

  /** One's own calls, the newest first. cursor: `next_cursor` of the page before. */
  async pastCalls(cursor: string | null, signal?: AbortSignal): Promise<PastCallPage> {
    const query = cursor === null ? "" : `?${new URLSearchParams({ cursor })}`;
    return (await this.#http.json("GET", `/api/calls${query}`, { signal })) as PastCallPage;
  }

  /** A new call into which the bot calls this friend; what comes of it is told by the call's socket. */
  async callFriend(friendId: number, video: boolean): Promise<CallInfo> {
    const body = { friend_id: friendId, is_video_enabled: video };
    return (await this.#http.json("POST", "/api/calls/friend", { body })) as CallInfo;
  }

  /** Has the bot call a friend into a running call. */
  async invite(callId: string, friendId: number): Promise<void> {
    const path = `/api/calls/${encodeURIComponent(callId)}/invite`;
    await this.#http.json("POST", path, { body: { friend_id: friendId } });
  }

  /** The id of a message with the call's link, for Telegram's own picker. */
  async prepareShare(callId: string): Promise<string> {
    const answer = await this.#http.json("POST", `/api/calls/${encodeURIComponent(callId)}/share`);
    return (answer as { prepared_message_id: string }).prepared_message_id;
  }

  async joinByCode(code: string): Promise<CallInfo> {
    return (await this.#http.json("POST", "/api/calls/join_by_code", {
      body: { call_code: code },
    })) as CallInfo;
  }

  /** How it was, for somebody who was in it; the first word counts. reasons: words such as `echo`. */
  async rateCall(callId: string, stars: number, reasons: readonly string[]): Promise<void> {
    const path = `/api/calls/${encodeURIComponent(callId)}/rating`;
    await this.#http.json("POST", path, { body: { stars, reasons } });
  }

  // --- friends ----------------------------------------------------------------------------------------

  /** Who was in a call with one; the last met first. */
  async friends(
    { query, favourites, limit, offset }: FriendQuery,
    signal?: AbortSignal,
  ): Promise<FriendPage> {
    const asked = new URLSearchParams({ limit: `${limit}`, offset: `${offset}` });
    if (query) asked.set("query", query);
    if (favourites) asked.set("favourites", "true");
    return friendPage(await this.#http.json("GET", `/api/friends?${asked}`, { signal }));
  }

  async setFavourite(friendId: number, favourite: boolean): Promise<void> {
    await this.#http.json(favourite ? "PUT" : "DELETE", `/api/friends/${friendId}/favourite`);
  }

  /** Both lose each other. Who was no friend any more is no error. */
  async deleteFriends(friendIds: readonly number[]): Promise<void> {
    await this.#http.json("POST", "/api/friends/delete", { body: { friend_ids: friendIds } });
  }

  async setBlocked(userId: number, blocked: boolean): Promise<void> {
    await this.#http.json(blocked ? "PUT" : "DELETE", `/api/friends/${userId}/block`);
  }

  async blocked(signal?: AbortSignal): Promise<readonly BlockedPerson[]> {
    const answer = await this.#http.json("GET", "/api/friends/blocked", { signal });
    return (answer as { blocked: BlockedPerson[] }).blocked;
  }

  async #signIn(path: string, body: object): Promise<SignIn> {
    const answer = (await this.#http.json("POST", path, { body, signsInAgain: false })) as SignIn;
    this.#http.token = answer.access_token;
    return answer;
  }
}

/** In either shape a server may be set to: the first clients took a bare list, without names apart. */
export function friendPage(answer: unknown): FriendPage {
  if (!Array.isArray(answer)) return answer as FriendPage;
  const friends = answer.map(
    ({ display_name, ...friend }): Friend => ({
      first_name: display_name,
      last_name: null,
      is_favourite: null,
      ...friend,
    }),
  );
  return { friends, total: null };
}
